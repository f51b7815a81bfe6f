"""What an approval names: a hash over everything a plan will do and the facts it relies on."""

from __future__ import annotations

from hashlib import sha256

from liftlock.collecting import collecting_nothing
from liftlock.plan.model import Plan
from liftlock.plan.plain import canonical, encode
from liftlock.plan.step import Step

SHORT = 12
"""Hex digits of a fingerprint that people read and type."""


def fingerprint(plan: Plan) -> str:
    """SHA-256, 64 hex digits, over what the plan does, to which cloud, and the facts it relies on.

    Words that only explain (why, what users feel, fine print) and the moment it was made are left out: the same
    plan made again has the same fingerprint.
    """
    with collecting_nothing():
        return digest(_covered(plan))


def _covered(plan: Plan) -> dict[str, object]:
    covered: dict[str, object] = {
        "cloud": plan.cloud,
        "verb": plan.verb,
        "strategy": plan.strategy,
        "lift": encode(plan.lift),
        "backup": plan.backup,
        "facts": encode(plan.facts),
        "stages": [
            {
                "name": stage.name,
                "gate": stage.gate,
                "at_once": stage.at_once,
                "expects": encode(stage.expects),
                "leaves": encode(stage.leaves),
                "lossless": stage.lossless,
                "lanes": encode(stage.lanes),
            }
            for stage in plan.stages
        ],
    }
    # Left out where there is none: such a plan has the fingerprint it had before plans could hold them.
    if plan.differences:
        covered["differences"] = encode(plan.differences)
    if plan.by_hand:
        covered["by_hand"] = encode(plan.by_hand)
    # What was accepted, by whom and until when; what an open risk says moves by itself.
    if accepted := [[risk.name, risk.accepted] for risk in plan.risks if risk.accepted]:
        covered["accepted risks"] = accepted
    return covered


def content_hash(step: Step) -> str:
    """SHA-256, 64 hex digits, over a step's kind and fields: it tells whether a step changed, not which one it is."""
    return digest(encode(step))


def short(whole: str) -> str:
    """The first 12 digits of a fingerprint, as shown and typed."""
    return whole[:SHORT]


def names(given: str, whole: str) -> bool:
    """Whether what a person gave (`#a1b2…`, 12 digits or more) means the fingerprint `whole`."""
    given = given.removeprefix("#")
    return len(given) >= SHORT and whole.startswith(given)


def digest(plain: object) -> str:
    """SHA-256 of the canonical JSON of a plain value, 64 hex digits."""
    return sha256(canonical(plain).encode()).hexdigest()
