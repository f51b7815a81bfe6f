from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.engine.gates import GatePolicy, gates_ahead, missing, why_not
from liftlock.engine.state import Approval
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.ports.journal import Event, Request, RequestKind
from tests.unit.engine.lines import Story, pond

OURS = fingerprint(pond())
NOW = 10_000.0
APPROVAL = Request(RequestKind.APPROVE, "finn", NOW - 10, OURS, "migrate")


def given(person: str, at: float = NOW - 10, gate: str = "migrate") -> Approval:
    return Approval(gate, person, at)


def test_one_person_opens_a_gate_of_which_nothing_is_said() -> None:
    assert missing("migrate", [given("finn")], NOW, GatePolicy()) == ""
    assert missing("migrate", [], NOW, GatePolicy()) == "it waits for one person's approval"


def test_an_approval_opens_its_own_gate_only() -> None:
    assert missing("migrate", [given("finn", gate="finalize")], NOW, GatePolicy()) != ""


def test_an_approval_is_good_up_to_its_last_second() -> None:
    policy = GatePolicy(valid_s=10)
    assert missing("migrate", [given("finn", NOW - 10)], NOW, policy) == ""
    assert missing("migrate", [given("finn", NOW - 10.1)], NOW, policy) != ""


def test_four_eyes_are_different_people_whose_approvals_are_good_at_the_same_time() -> None:
    policy = GatePolicy(people={"migrate": 2})
    assert missing("migrate", [given("finn"), given("finn")], NOW, policy) == (
        "it waits for approval by 2 different people, finn did"
    )
    assert missing("migrate", [given("finn"), given("rosa")], NOW, policy) == ""
    assert missing("migrate", [given("finn", 0.0), given("rosa")], NOW, policy) != ""


def test_no_policy_opens_a_gate_without_anybody() -> None:
    assert GatePolicy(people={"migrate": 0}).needed("migrate") == 1


@pytest.mark.parametrize("name", [OURS, short(OURS), f"#{short(OURS)}"])
def test_a_good_approval_is_taken(name: str) -> None:
    assert (
        why_not(replace(APPROVAL, fingerprint=name), Story().begun().state(), OURS, NOW, GatePolicy()) == ""
    )


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (
            replace(APPROVAL, fingerprint="0" * 64),
            f"it is for plan #000000000000, this run is of #{short(OURS)}",
        ),
        (replace(APPROVAL, fingerprint=""), f"it is for plan #nothing, this run is of #{short(OURS)}"),
        (
            replace(APPROVAL, fingerprint=OURS[:4]),
            f"it is for plan #{OURS[:4]}, this run is of #{short(OURS)}",
        ),
        (replace(APPROVAL, gate="migrat"), "the plan has no gate “migrat”; ahead: “migrate”"),
        (replace(APPROVAL, person=""), "it does not say who approves"),
        (replace(APPROVAL, at=NOW + 61), "it is dated in the future"),
        (replace(APPROVAL, at=-1.0), "it was given before this plan was made"),
        (replace(APPROVAL, at=NOW - 7201), "it has expired: it was given 2 h ago, and is valid for 2 h"),
    ],
)
def test_an_approval_that_can_open_nothing_is_refused_with_the_reason(request_: Request, why: str) -> None:
    assert why_not(request_, Story().begun().state(), OURS, NOW, GatePolicy()) == why


def test_a_gate_is_behind_the_run_once_its_stage_has_begun_and_ahead_again_after_an_abort() -> None:
    story = Story().to_the_gate()
    assert gates_ahead(story.state()) == ("migrate",)
    story.tell(Event.STAGE_BEGUN, 2)
    assert gates_ahead(story.state()) == ()
    assert why_not(APPROVAL, story.state(), OURS, NOW, GatePolicy()) == "gate “migrate” is behind the run"
    story.tell(Event.ABORTED, 2)
    assert gates_ahead(story.state()) == ("migrate",)
