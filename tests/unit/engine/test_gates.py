from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from liftlock.engine.gates import (
    GatePolicy,
    gates_ahead,
    good_until,
    longer,
    missing,
    moved,
    why_not,
    why_not_longer,
    with_filed,
)
from liftlock.engine.state import Approval, Extension
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.ports.journal import Event, Request, RequestKind
from tests.unit.engine.lines import Story, pond

OURS = fingerprint(pond())
NOW = 10_000.0
APPROVAL = Request(RequestKind.APPROVE, "finn", NOW - 10, OURS, "migrate")


def given(person: str, at: float = NOW - 10, gate: str = "migrate") -> Approval:
    return Approval(gate, person, at)


def lacks(
    gate: str,
    approvals: Sequence[Approval],
    now: float,
    policy: GatePolicy,
    extensions: Sequence[Extension] = (),
) -> str:
    state = replace(Story().begun().state(), approvals=tuple(approvals), extensions=tuple(extensions))
    return missing(gate, state, now, policy)


def test_one_person_opens_a_gate_of_which_nothing_is_said() -> None:
    assert lacks("migrate", [given("finn")], NOW, GatePolicy()) == ""
    assert lacks("migrate", [], NOW, GatePolicy()) == "it waits for one person's approval"


def test_an_approval_opens_its_own_gate_only() -> None:
    assert lacks("migrate", [given("finn", gate="finalize")], NOW, GatePolicy()) != ""


def test_an_approval_is_good_up_to_its_last_second() -> None:
    policy = GatePolicy(valid_s=10)
    assert lacks("migrate", [given("finn", NOW - 10)], NOW, policy) == ""
    assert lacks("migrate", [given("finn", NOW - 10.1)], NOW, policy) != ""


def test_four_eyes_are_different_people_whose_approvals_are_good_at_the_same_time() -> None:
    policy = GatePolicy(people={"migrate": 2})
    assert lacks("migrate", [given("finn"), given("finn")], NOW, policy) == (
        "it waits for approval by 2 different people, finn did"
    )
    assert lacks("migrate", [given("finn"), given("rosa")], NOW, policy) == ""
    assert lacks("migrate", [given("finn", 0.0), given("rosa")], NOW, policy) != ""
    three = GatePolicy(people={"migrate": 3})
    assert lacks("migrate", [given("rosa"), given("finn")], NOW, three).endswith(" people, finn, rosa did")


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
        (
            replace(APPROVAL, fingerprint=f"#{'0' * 64}"),
            f"it is for plan #{'0' * 12}, this run is of #{short(OURS)}",
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


@pytest.mark.parametrize(
    ("at", "now", "went_back_at"),
    [
        (NOW + 60, NOW, 0.0),
        (0.0, 0.0, 0.0),
        (NOW - 10, NOW, NOW - 10),
        (NOW - 7200, NOW, 0.0),
    ],
)
def test_an_approval_may_be_as_late_and_as_early_as_it_says(
    at: float, now: float, went_back_at: float
) -> None:
    state = replace(Story().begun().state(), went_back_at=went_back_at)
    assert why_not(replace(APPROVAL, at=at), state, OURS, now, GatePolicy()) == ""


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Event.FALLING_BACK, "it was given before requests and work returned to blue"),
        (Event.ROLLING_BACK, "it was given before the run went back"),
        (Event.ROLLED_BACK, "it was given before the run went back"),
        (Event.ABORTED, "it was given before the run went back"),
    ],
)
def test_what_was_approved_before_the_run_went_back_is_to_be_approved_again(event: Event, why: str) -> None:
    story = Story().begun().tell(event)
    before, after = story.now - 1.5, story.now - 0.5
    state = story.state()
    assert why_not(replace(APPROVAL, at=before), state, OURS, story.now, GatePolicy()) == why
    assert why_not(replace(APPROVAL, at=after), state, OURS, story.now, GatePolicy()) == ""


def test_gates_ahead_are_listed_to_who_names_another() -> None:
    stages = [
        replace(stage, gate=gate) for stage, gate in zip(pond().stages, ("start", "migrate"), strict=True)
    ]
    both = replace(Story().state(), plan=replace(pond(), stages=tuple(stages)))
    other = replace(APPROVAL, gate="retire")
    assert why_not(other, both, OURS, NOW, GatePolicy()).endswith("ahead: “start”, “migrate”")
    none = Story().to_the_gate().tell(Event.STAGE_BEGUN, 2).state()
    assert why_not(other, none, OURS, NOW, GatePolicy()) == "the plan has no gate “retire”; ahead: none"


# --- approvals that hold longer ---------------------------------------------------------------------------

HOUR = 3600.0
WISH = Request(RequestKind.EXTEND, "rosa", NOW, OURS, "migrate", amount=2 * HOUR)


def extended(at: float, until: float, gate: str = "migrate") -> Extension:
    return Extension(gate, "rosa", at, until)


def test_an_extension_lets_an_approval_hold_until_then_and_not_longer() -> None:
    policy, approval = GatePolicy(valid_s=100), given("finn", 1000.0)
    assert good_until(approval, (), policy) == 1100.0
    assert good_until(approval, [extended(1090.0, 1150.0)], policy) == 1150.0
    assert lacks("migrate", [approval], 1150.0, policy, [extended(1090.0, 1150.0)]) == ""
    assert lacks("migrate", [approval], 1150.1, policy, [extended(1090.0, 1150.0)]) != ""


def test_an_extension_never_shortens() -> None:
    assert good_until(given("finn", 1000.0), [extended(1010.0, 1050.0)], GatePolicy(valid_s=100)) == 1100.0


def test_an_approval_opens_its_gate_at_most_two_lives_long() -> None:
    again = [extended(1090.0, 1190.0), extended(1180.0, 1280.0)]
    assert good_until(given("finn", 1000.0), again, GatePolicy(valid_s=100)) == 1200.0


def test_an_extension_moves_what_is_in_force_at_its_own_gate() -> None:
    policy, approval = GatePolicy(valid_s=100), given("finn", 1000.0)
    assert good_until(approval, [extended(1100.0, 1150.0)], policy) == 1150.0
    assert good_until(approval, [extended(1100.1, 1150.0)], policy) == 1100.0
    assert good_until(approval, [extended(1050.0, 1150.0, "finalize")], policy) == 1100.0
    assert good_until(approval, [extended(999.0, 1150.0)], policy) == 1100.0
    assert good_until(approval, [extended(1000.0, 1150.0)], policy) == 1150.0
    assert good_until(approval, [extended(1090.0, 1150.0), extended(1150.0, 1180.0)], policy) == 1180.0


def test_one_word_keeps_four_eyes_open() -> None:
    policy = GatePolicy(valid_s=100, people={"migrate": 2})
    both = [given("finn", 1000.0), given("kim", 1060.0)]
    assert lacks("migrate", both, 1140.0, policy) == "it waits for approval by 2 different people, kim did"
    assert lacks("migrate", both, 1140.0, policy, [extended(1090.0, 1190.0)]) == ""


def test_an_approval_that_holds_longer_is_taken_after_its_own_time() -> None:
    state = replace(Story().begun().state(), extensions=(extended(NOW - 100, NOW + 1),))
    old = replace(APPROVAL, at=NOW - 7201)
    assert why_not(old, state, OURS, NOW, GatePolicy()) == ""
    assert why_not(old, state, OURS, NOW + 2, GatePolicy()).startswith("it has expired")


def test_a_good_extension_names_whose_approvals_it_moves() -> None:
    state = replace(Story().begun().state(), approvals=(given("finn", NOW - 60), given("kim", NOW - 7201)))
    assert why_not_longer(WISH, state, OURS, NOW, GatePolicy()) == ""
    assert longer(WISH) == Extension("migrate", "rosa", NOW, NOW + 2 * HOUR)
    assert moved(longer(WISH), state, GatePolicy()) == ((given("finn", NOW - 60), NOW + 2 * HOUR),)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (replace(WISH, fingerprint="0" * 64), f"it is for plan #000000000000, this run is of #{short(OURS)}"),
        (replace(WISH, gate="migrat"), "the plan has no gate “migrat”; ahead: “migrate”"),
        (replace(WISH, person=""), "it does not say who extends"),
        (replace(WISH, at=NOW + 61), "it is dated in the future"),
        (replace(WISH, amount=0.0), "it asks for 0 s; an approval holds for 2 h at a time"),
        (replace(WISH, amount=2 * HOUR + 1), "it asks for 2 h; an approval holds for 2 h at a time"),
        (replace(WISH, at=NOW + 60, amount=HOUR), "that is no longer than they hold already, or than 4 h after"),
    ],
)  # fmt: skip
def test_an_extension_that_moves_nothing_is_refused_with_the_reason(wish: Request, why: str) -> None:
    state = replace(Story().begun().state(), approvals=(given("finn", NOW - 10),))
    assert why_not_longer(wish, state, OURS, NOW, GatePolicy()).startswith(why)


def test_a_second_more_is_an_extension() -> None:
    state = replace(Story().begun().state(), approvals=(given("finn", NOW - 7200),))
    assert why_not_longer(replace(WISH, amount=1.0), state, OURS, NOW, GatePolicy()) == ""


def test_what_nobody_approved_or_what_has_expired_is_not_extended() -> None:
    state = Story().begun().state()
    why = "no approval of “migrate” is in force: approve it (again)"
    assert why_not_longer(WISH, state, OURS, NOW, GatePolicy()) == why
    expired = replace(state, approvals=(given("finn", NOW - 7200.1),))
    assert why_not_longer(WISH, expired, OURS, NOW, GatePolicy()) == why


def test_approvals_that_nobody_has_taken_yet_count_if_they_could_be_taken() -> None:
    state = Story().begun().state()
    wrong = replace(APPROVAL, gate="migrat")
    found = with_filed(state, [APPROVAL, wrong, WISH], OURS, NOW, GatePolicy())
    assert found.approvals == (Approval("migrate", "finn", NOW - 10),)
