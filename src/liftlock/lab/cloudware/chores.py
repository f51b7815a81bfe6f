"""Does many things side by side, each after those it needs, and tells how long each took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter

Say = Callable[[str], None]
"""Where a line for the person who waits goes."""


@dataclass(frozen=True, slots=True)
class Chore:
    """One thing to do; it may be done again at any time without harm."""

    name: str
    do: Callable[[], str]
    """Does it and returns what was done, in a few words; empty when it was so already."""
    after: tuple[str, ...] = ()
    """Names of chores that must be done before."""
    heavy: bool = False
    """Whether it keeps a processor busy: only a few of these run at a time."""


def do_all(chores: Iterable[Chore], say: Say, *, heavy_at_once: int = 3) -> None:
    """Do every chore, in an order that respects `after`.

    When one fails the others that are running end, no further one is begun, and its error is raised.
    Raises KeyError if one needs a chore that is not among them.
    """
    by_name = {chore.name: chore for chore in chores}
    if unknown := {need for chore in by_name.values() for need in chore.after} - by_name.keys():
        raise KeyError(*sorted(unknown))
    order = TopologicalSorter({name: chore.after for name, chore in by_name.items()})
    order.prepare()
    slots = threading.Semaphore(heavy_at_once)
    with ThreadPoolExecutor(max_workers=max(4, len(by_name))) as pool:
        running: dict[Future[None], str] = {}
        while order.is_active():
            for name in order.get_ready():
                running[pool.submit(_do, by_name[name], slots, say)] = name
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                name = running.pop(future)
                future.result()
                order.done(name)


def _do(chore: Chore, slots: threading.Semaphore, say: Say) -> None:
    if chore.heavy:
        with slots:
            _timed(chore, say)
    else:
        _timed(chore, say)


def _timed(chore: Chore, say: Say) -> None:
    started = time.monotonic()
    did = chore.do()
    if did:
        say(f"{time.monotonic() - started:6.1f} s  {chore.name}: {did}")
