"""The status document at every kind of moment of recorded runs, compared whole.

To accept a change: `LIFTLOCK_ACCEPT=1 pytest tests/golden`, and read the diff.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.status.moments import MOMENTS, NAMES, document_of
from tests.golden.status.recording import load

from liftlock.engine.gates import GatePolicy
from liftlock.flow.records.status import document
from liftlock.ports.journal import Event

DOCUMENTS = Path(__file__).parent / "documents"


@pytest.mark.parametrize("name", NAMES)
def test_the_status_of_a_recorded_run_reads_as_it_did(name: str) -> None:
    now = json.dumps(document_of(name), indent=1, ensure_ascii=False) + "\n"
    golden = DOCUMENTS / f"{name}.json"
    if os.environ.get("LIFTLOCK_ACCEPT"):
        DOCUMENTS.mkdir(exist_ok=True)
        golden.write_text(now)
    assert now == golden.read_text()


def test_every_document_has_a_moment() -> None:
    assert {path.stem for path in DOCUMENTS.iterdir()} == set(NAMES)


@pytest.mark.parametrize(
    ("name", "command"), [("failed_step", "`liftlock resume`, or "), ("not_undone", "`liftlock rollback`")]
)
def test_a_step_that_failed_without_a_hint_still_leads_to_a_command(name: str, command: str) -> None:
    run, lines = load(MOMENTS[name].recording)[0], MOMENTS[name].lines()
    bare = [
        replace(line, detail={**line.detail, "next": ""}) if line.event is Event.FAILED else line
        for line in lines
    ]
    found = document(run, bare, bare[-1].at, "", gates=GatePolicy())
    assert found["next"].startswith(f"remove the cause; then {command}")
