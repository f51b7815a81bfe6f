"""The table of verbs in the documentation is the one of the program."""

from __future__ import annotations

import re
from pathlib import Path

from liftlock.cli.verb import Verb
from liftlock.cli.verbs.colours import Finalize, Gate, Retire, Rollback
from liftlock.cli.verbs.requests import Extend, Pace
from liftlock.cli.verbs.run import Abort, Approve, Hold, Resume, RunPlan, Stopping
from liftlock.ports.journal import RequestKind

TABLE = Path(__file__).parents[2] / "docs" / "verbs.md"
VERBS: tuple[type[Verb], ...] = (
    RunPlan,
    Approve,
    Extend,
    Pace,
    Hold,
    Resume,
    Abort,
    Rollback,
    Finalize,
    Retire,
)


def rows() -> dict[str, list[str]]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TABLE.read_text().splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_each_verb_does_what_the_table_says() -> None:
    table = rows()
    assert list(table) == [verb.verb for verb in VERBS]
    for verb in VERBS:
        assert table[verb.verb][0] == (verb.__doc__ or "").strip()
        assert len(table[verb.verb]) == 3


def test_the_page_names_the_verbs_that_say_what_they_would_do_and_no_others() -> None:
    (line,) = [line for line in TABLE.read_text().splitlines() if "--dry-run" in line]
    said, _, named = line.partition("before they do it")
    assert re.findall(r"`(\w+)`", said) == [verb.verb for verb in VERBS if issubclass(verb, Stopping)]
    typed = named.partition("have the cloud's name typed")[0].rpartition(". ")[2]
    assert re.findall(r"`(\w+)`", typed) == [verb.verb for verb in VERBS if issubclass(verb, Gate)]


def test_whatever_may_be_asked_of_a_run_has_a_row() -> None:
    assert {kind.value for kind in RequestKind} <= rows().keys()
