"""Python's search for cycles, kept away from many values that hold none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_nothing() -> Iterator[None]:
    """Nobody looks for cycles while the block runs; afterwards it is as before.

    The search looks at every value there is: beside a cloud of 10,000 hosts each costs 0.1 s of a processor, and comes
    the oftener, the more is made.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def stays() -> None:
    """Whatever there is now is never looked through again: a snapshot that was read lies there until the program ends.

    Values go all the same when nobody has them any more; only cycles that were left before stay, for ever.
    """
    gc.freeze()
