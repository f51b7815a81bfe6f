from __future__ import annotations

import gc
import weakref

import pytest

from liftlock.collecting import collecting_nothing, stays


@pytest.mark.parametrize("before", [True, False])
def test_nobody_looks_for_cycles_meanwhile_and_afterwards_it_is_as_before(before: bool) -> None:
    was = gc.isenabled()
    (gc.enable if before else gc.disable)()
    try:
        with pytest.raises(KeyError):
            fail_inside()
        assert gc.isenabled() is before
    finally:
        (gc.enable if was else gc.disable)()


def fail_inside() -> None:
    with collecting_nothing():
        assert not gc.isenabled()
        with collecting_nothing():
            pass
        assert not gc.isenabled()
        raise KeyError


def test_what_stays_is_not_looked_through_and_goes_when_nobody_has_it() -> None:
    class Value:
        pass

    value = Value()
    seen = weakref.ref(value)
    try:
        stays()
        assert not any(one is value for one in gc.get_objects())
        del value
        assert seen() is None
    finally:
        gc.unfreeze()
