"""The tool that changes the engine and sees who notices: what it changes, where it puts it, and whom it believes."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import pytest
from tools.mutants import (
    Fate,
    Mutant,
    Tried,
    function_of,
    kept_up,
    mutants_of,
    put_in,
    report,
    statements_of,
    try_all,
)

pytest_plugins = ["pytester"]
TEXT = """
class Door:
    def __init__(self, age):
        self.age = age

    @property
    def open(self):
        return self.age >= 18


def sign(age, young="no"):
    match age:
        case 99:
            return "surely"
    if Door(age).open:
        return "yes"
    return young
"""


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("liftlock.engine.door")
    module.__file__ = "<door>"  # what measures coverage looks for every file that it is told of
    exec(TEXT, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def changed(diff: str) -> Mutant:
    return next(mutant for mutant in mutants_of("door", TEXT) if mutant.diff == diff)


OLDER = "-    return self.age >= 18\n+    return self.age > 18"
NEVER = '-def sign(age, young="no"):\n+def sign(age, young="XXnoXX"):'


def test_properties_and_what_stands_in_a_head_are_changed_and_capitals_are_not() -> None:
    found = {mutant.diff for mutant in mutants_of("door", TEXT)}
    assert {OLDER, NEVER} <= found
    assert not [diff for diff in found if "YES" in diff]


def test_a_change_is_judged_by_who_runs_its_statement() -> None:
    lines = statements_of(TEXT)
    assert lines[8] == range(8, 9)
    assert lines[11] == range(11, 18), "what stands in a function's head shows wherever the function is run"
    assert lines[12] == range(12, 13), "and what stands in the head of a match does not depend on its cases"


@pytest.mark.parametrize(("diff", "age", "said"), [(OLDER, 18, "no"), (NEVER, 7, "XXnoXX")])
def test_a_change_is_put_where_it_belongs(door: ModuleType, diff: str, age: int, said: str) -> None:
    assert door.sign(18) == "yes"
    put_in(changed(diff), door)
    assert door.sign(age) == said
    assert function_of("Door.open", door) is door.Door.open.fget


class Asks:
    """A plugin that tries one change by the tests of those numbers."""

    def __init__(self, mutant: Mutant, *judges: int) -> None:
        self.work = mutant, list(judges), list[int]()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        (self.tried,) = try_all([self.work], session.items, jobs=1)
        return True


def test_who_notices_is_named_and_nothing_is_changed_for_anybody_else(
    door: ModuleType, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        """
        from sys import modules
        sign = modules["liftlock.engine.door"].sign

        def test_blind():
            assert sign(30) == "yes"

        def test_sharp():
            assert sign(18) == "yes"
        """
    )

    def tried(*judges: int) -> Tried:
        asks = Asks(changed(OLDER), *judges)
        pytester.inline_run(plugins=[asks])
        return asks.tried

    noticed = tried(0, 1)
    assert (noticed.fate, noticed.test.rpartition("::")[2]) == (Fate.KILLED, "test_sharp")
    assert tried(0).fate is Fate.SURVIVED
    assert tried().fate is Fate.UNREACHED
    assert door.sign(18) == "yes"


def test_an_explanation_stays_with_its_change_and_goes_when_a_test_notices() -> None:
    one = changed(OLDER)
    known = report(
        [Tried(one, Fate.SURVIVED), Tried(changed(NEVER), Fate.KILLED, "t")], ["a"], {}, again=False
    )
    assert [(row["killed"], row["survived"]) for row in known["modules"]] == [(1, 1)]
    known["survivors"][0]["why"] = "nobody is exactly 18"
    again = report([Tried(one, Fate.SURVIVED)], ["a"], known, again=True)
    assert [row["why"] for row in again["survivors"]] == ["nobody is exactly 18"]
    assert again["modules"] == known["modules"]
    noticed = report([Tried(one, Fate.KILLED, "test_exactly_18")], ["b"], again, again=True)
    assert [(row["killed"], row["survived"], row["judges"]) for row in noticed["modules"]] == [
        (2, 0, ["a", "b"])
    ]
    assert (noticed["survivors"], noticed["noticed since"][0]["test"]) == ([], "test_exactly_18")


def test_of_a_module_that_was_written_further_what_is_as_before_stays_known_and_what_is_gone_does_not() -> (
    None
):
    now = list(mutants_of("door", TEXT))
    stays, new = changed(OLDER), changed(NEVER)
    gone = replace(stays, diff="-    return self.age\n+    return None")
    known = report(
        [Tried(replace(stays, line=3), Fate.SURVIVED), Tried(gone, Fate.SURVIVED)], ["a"], {}, again=False
    )
    found = kept_up([Tried(new, Fate.TIMEOUT)], ["b"], known, now)
    assert [(row["diff"], row["line"]) for row in found["survivors"]] == [(OLDER, stays.line)]
    assert [row["diff"] for row in found["timeouts"]] == [NEVER]
    (counts,) = found["modules"]
    assert (counts["mutants"], counts["killed"]) == (len(now), len(now) - 2)
    assert (counts["timeouts"], counts["survived"], counts["unreached"]) == (1, 1, 0)
    assert counts["judges"] == ["a", "b"]
