"""Whether the cloud is still what a plan was made for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from liftlock.cloud.facts import ANY
from liftlock.plan.model import Plan, Stage


def moved(plan: Plan, facts: Mapping[str, str], reached: Collection[int] = ()) -> tuple[str, ...]:
    """One sentence for each fact that makes the plan stale; none if it may go on.

    `reached` are the numbers of the stages that are finished or begun. A fact may be what it was when the plan was
    made, or what any of these stages leaves; where one of them leaves `*`, it may be anything, even unreadable.

    >>> from liftlock.plan.model import Lift
    >>> plan = Plan("c", "upgrade", "in_place", Lift("a", "b"), 0.0, {"database/nova/revision": "A"}, ())
    >>> moved(plan, {"database/nova/revision": "B"})
    ('database/nova/revision: was A when planned, is B',)
    """
    left: dict[str, set[str]] = {}
    for number, stage in enumerate(plan.stages, start=1):
        if number in reached:
            for name, value in stage.leaves.items():
                left.setdefault(name, set()).add(value)
    found = (
        _sentence(name, planned, left.get(name, set()), facts.get(name))
        for name, planned in plan.facts.items()
    )
    return tuple(sentence for sentence in found if sentence)


def unmet(stage: Stage, facts: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence for each fact the stage expects at its start that does not hold; none if it may start."""
    return tuple(
        f"{name}: must be {wanted or 'empty'} before “{stage.name}”, {_is(facts.get(name))}"
        for name, wanted in stage.expects.items()
        if facts.get(name) != wanted and not (wanted == ANY and name in facts)
    )


def _sentence(name: str, planned: str, left: Collection[str], value: str | None) -> str:
    if ANY in left or value == planned or value in left:
        return ""
    was = f"{name}: was {planned or 'empty'} when planned"
    if left:
        was += f", {' or '.join(sorted(left))} after what has been done"
    return f"{was}, {_is(value)}"


def _is(value: str | None) -> str:
    return "cannot be read now" if value is None else f"is {value or 'empty'}"
