"""`liftlock pace` and `liftlock extend` as they are typed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.scenario.test_blue_green import upgraded
from tests.sites import GREEN, sim_session
from tests.unit.cli.terminal import Told, typed

from liftlock.cli.verb import person
from liftlock.drivers.journals.sql import SqlJournal
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.plan import codec
from liftlock.plan.fingerprint import fingerprint
from liftlock.ports.journal import Request, RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.steps.kinds import kinds

WHY = ("--because", "the window moved")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run that waits at the gate `finalize`, without a process."""
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    upgraded(session)
    session.journal.close()
    return tmp_path


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """Of a plan that was never run."""
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    made, _ = plan(session.site, "2026.1")
    codec.write(made, tmp_path / "plan.json")
    session.journal.close()
    return tmp_path


def book(folder: Path) -> SqlJournal:
    return SqlJournal(next(folder.rglob("journal.db")))


def filed(folder: Path, kind: RequestKind) -> list[Request]:
    journal = book(folder)
    try:
        return [request for request in journal.requests() if request.kind is kind]
    finally:
        journal.close()


def approved(folder: Path, gate: str, ago_s: float = 0.0) -> None:
    journal = book(folder)
    made = codec.loads(journal.runs()[-1].plan, kinds(), name="the plan")
    ask(journal, RequestKind.APPROVE, who="kim", at=time.time() - ago_s, plan=made, gate=gate)
    journal.close()


def line(folder: Path, *words: str) -> Told:
    return typed([words[0], "-C", "cloud.yaml", *words[1:]], folder)


def test_a_pace_is_told_before_it_is_filed_and_kept_until_the_run_is_taken_up(folder: Path) -> None:
    told = line(folder, "pace", "1", "--dry-run", *WHY)
    assert told.code == 0
    assert told.out.startswith("pace: once the run is taken up, stage 10 “finalize")
    assert "goes on with 1 lane side by side instead of 4, from the next step on" in told.out
    assert filed(folder, RequestKind.PACE) == []
    told = line(folder, "pace", "1", *WHY)
    assert (told.code, told.out.splitlines()[-1]) == (
        0,
        "asked: it is taken before the next step; `liftlock status`",
    )
    (request,) = filed(folder, RequestKind.PACE)
    assert (request.person, request.amount, request.reason) == (person(), 1.0, WHY[1])


def test_a_pace_that_is_so_already_is_not_filed(folder: Path) -> None:
    told = line(folder, "pace", "planned")
    assert (told.code, told.out) == (0, "pace: nothing: the pace is 4 lanes already, as planned\n")
    assert filed(folder, RequestKind.PACE) == []


@pytest.mark.parametrize("words", ["0", "-1", "1001", "١", "two", "1.5", ""])
def test_a_pace_that_is_no_number_of_lanes_is_refused(folder: Path, words: str) -> None:
    told = line(folder, "pace", "--", words)
    assert (told.code, told.in_three_parts) == (2, True)
    assert filed(folder, RequestKind.PACE) == []


def test_where_nothing_was_run_there_is_no_pace(fresh: Path) -> None:
    told = line(fresh, "pace", "1")
    assert told.code != 0
    assert told.in_three_parts
    assert "nothing was run on this cloud yet" in told.err


def test_an_extension_names_whose_approval_holds_for_how_long(folder: Path) -> None:
    approved(folder, "finalize", ago_s=3600.0)
    told = line(folder, "extend", "--gate", "finalize", "--for", "1h30m", *WHY)
    assert told.code == 0
    assert "kim's approval of “finalize” holds for 1 h 30 min from now on instead of " in told.out
    (request,) = filed(folder, RequestKind.EXTEND)
    assert (request.person, request.gate, request.amount) == (person(), "finalize", 5400.0)


def test_without_a_time_it_is_as_long_as_an_approval_holds(folder: Path) -> None:
    approved(folder, "finalize", ago_s=3600.0)
    assert line(folder, "extend", "--gate", "finalize", *WHY).code == 0
    assert [r.amount for r in filed(folder, RequestKind.EXTEND)] == [7200.0]


def test_a_plan_that_was_never_run_has_approvals_to_extend(fresh: Path) -> None:
    assert line(fresh, "approve", "plan.json", "--gate", "start").code == 0
    told = line(fresh, "extend", "plan.json", "--gate", "start", "--for", "2h", "--dry-run", *WHY)
    assert f"{person()}'s approval of “start” holds for 2 h from now on instead of " in told.out
    told = line(fresh, "extend", "--gate", "start", *WHY)
    assert "nothing was run on this cloud yet" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--gate", "finalize"), "an approval is not extended without a reason"),
        (("--gate", "finalise", *WHY), "has no gate “finalise”"),
        (("--gate", "start", *WHY), "gate “start” is behind the run"),
        (("--gate", "finalize", *WHY), "no approval of “finalize” is in force: approve it (again)"),
        (("--gate", "finalize", "--for", "3h", *WHY), "an approval holds for 2 h at a time"),
        (("--gate", "finalize", "--for", "soon", *WHY), "`soon` is no time: 30m, 2h, 1h30m"),
        (("--gate", "finalize", "--for", "0m", *WHY), "`0m` is no time"),
        (("--gate", "finalize", "--for", "", *WHY), "`` is no time"),
    ],
)
def test_an_extension_that_cannot_be_is_refused_with_the_reason(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    told = line(folder, "extend", *words)
    assert told.code != 0
    assert told.in_three_parts
    assert said in told.err
    assert filed(folder, RequestKind.EXTEND) == []


def test_what_was_asked_names_the_plan_that_it_is_about(folder: Path) -> None:
    line(folder, "pace", "2")
    journal = book(folder)
    made = codec.loads(journal.runs()[-1].plan, kinds(), name="the plan")
    journal.close()
    assert [r.fingerprint for r in filed(folder, RequestKind.PACE)] == [fingerprint(made)]
