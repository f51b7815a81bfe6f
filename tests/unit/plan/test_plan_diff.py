from __future__ import annotations

from dataclasses import replace

from liftlock.plan.diff import diff
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan
from tests.unit.plan.sample import by_hand, differences, sample, stages, stop


def moved(old: Plan, new: Plan) -> tuple[str, ...]:
    """The difference without its first line, which must be the fingerprints."""
    first, *rest = diff(old, new)
    assert first == f"~ fingerprint: #{short(fingerprint(old))} → #{short(fingerprint(new))}"
    return tuple(rest)


def test_the_same_plan_made_later_differs_in_nothing() -> None:
    assert diff(sample(), sample(made_at=2.0)) == ()


def test_steps_are_compared_by_content() -> None:
    first, second = stages()
    changed = replace(
        first, lanes=(stop("ctl", "nova-api", "nova-conductor", "nova-novncproxy"), first.lanes[1])
    )
    assert moved(sample(), sample(stages=(changed, second))) == (
        "- stage 1 “stop the control services”: stop nova-scheduler on ctl",
        "+ stage 1 “stop the control services”: stop nova-novncproxy on ctl",
    )


def test_the_same_steps_in_other_lanes_are_a_difference() -> None:
    first, second = stages()
    changed = replace(first, lanes=(tuple(step for lane in first.lanes for step in lane),))
    assert moved(sample(), sample(stages=(changed, second))) == (
        "~ stage 1 “stop the control services”: the same steps in other lanes",
    )


def test_stages_come_and_go_by_name() -> None:
    first, second = stages()
    third = replace(second, name="soak")
    assert moved(sample(), sample(stages=(first, third, second))) == ("+ stage 2 “soak”",)
    assert moved(sample(), sample(stages=(second,))) == ("- stage 1 “stop the control services”",)


def test_gates_facts_and_words_are_compared() -> None:
    first, second = stages()
    changed = replace(
        second,
        gate="",
        leaves={"database/nova/revision": "C"},
        expects={},
        at_once=2,
        undo="free",
        lossless=True,
    )
    facts = {"database/nova/revision": "A2", "new": "1"}
    new = sample(stages=(first, changed), facts=facts, backup="", fine_print=sample().fine_print[:1])
    at = "stage 2 “migrate the databases”"
    assert moved(sample(), new) == (
        "~ backup: before-2026.1 → none",
        f"~ {at}: gate: migrate → none",
        f"~ {at}: lanes at once: 4 → 2",
        f"~ {at}: lossless: no → yes",
        f"~ {at}: undo: free",
        f"- {at}: expects host/ctl/stopped: yes",
        f"~ {at}: leaves database/nova/revision: B → C",
        "~ fact database/nova/revision: A → A2",
        "- fact host/ctl/release: 2025.1-x",
        "+ fact new: 1",
        f"- fine print: {sample().fine_print[1]}",
    )


def test_what_green_gets_and_what_is_typed_by_hand_are_compared() -> None:
    old, new = sample(differences=differences(), by_hand=by_hand()), sample(by_hand=by_hand()[:1])
    assert moved(old, new) == (
        "- green: /etc/nova/nova.conf line 3: host = blue → host = green",
        "- green: /etc/nova/nova.conf line 9: host = blue → host = green",
        "- green: /etc/nova/nova.conf line 12: password = … → password = …",
        "- green: /etc/nova/nova.conf [DEFAULT] wait: nothing → wait = 5",
        "- by hand on blue (ssh root@10.0.0.2): systemctl enable --now nova-conductor",
    )
    assert moved(new, old) == tuple(line.replace("- ", "+ ", 1) for line in moved(old, new))


def test_a_difference_in_words_alone_has_no_fingerprint_line() -> None:
    assert diff(sample(), sample(fine_print=())) == tuple(f"- fine print: {s}" for s in sample().fine_print)
