"""The ways to do a lift, side by side: the migration cube of step size, risk, and who feels it, servers or clients.

The cube is Rob Hirschfeld's (OpenStack Summit, April 2013); so are the names of the ways. What is said of a strategy
is read from the very plan it arranges for this cloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from liftlock.cloud.model import Role
from liftlock.knowledge.catalogue import releases
from liftlock.plan.brief import OWN_FIGURES, Outage, Way
from liftlock.plan.model import Lift, Plan
from liftlock.plan.words import duration
from liftlock.steps.services import StartPart, StopPart
from liftlock.strategies.order import Order


@dataclass(frozen=True, slots=True)
class Nature:
    """What is true of a strategy whatever the cloud."""

    kind: str
    """What the trade calls it: `blue/green`."""
    servers: str
    """What hosts and programs of the control plane go through."""


NOT_ARRANGED = (
    Way(
        name="on the fly",
        step="a few commits at a time, every day",
        risk="least each time, most often",
        servers="must bear every state between two releases",
        clients="nothing, if the servers bear it",
        verdict="not arranged: upstream tests upgrades between releases, and liftlock relies on that",
    ),
    Way(
        name="rolling",
        step="one control host after the other",
        risk="both releases on one schema, and no whole old control plane to return to",
        servers="both releases behind one front door, one host fewer at a time",
        clients="no API away, less room meanwhile",
        verdict="not arranged: what it asks of old and new code blue/green asks too, and that keeps blue whole",
    ),
)
"""What is no strategy of liftlock, said all the same: it is what an operator compares with."""


def arranged_way(nature: Nature, order: Order, plan: Plan, verdict: str, *, chosen: bool) -> Way:
    """A strategy beside the others, as it looks on this cloud."""
    stages, last = len(plan.stages), plan.last_lossless_stage
    return Way(
        name=nature.kind,
        step=f"{size(plan.lift)}, {sum(1 for _ in plan.steps())} steps in {stages} stages",
        risk=f"going back loses no write up to stage {last} of {stages}"
        if last
        else "going back loses writes",
        servers=nature.servers,
        clients=felt(tuple(outages(order, plan))),
        verdict=verdict,
        chosen=chosen,
    )


def impossible_way(nature: Nature, lift: Lift, why: str) -> Way:
    """A strategy that this cloud, as it is declared, does not allow."""
    return Way(nature.kind, size(lift), "-", nature.servers, "-", f"not possible here: {why}")


def size(lift: Lift) -> str:
    """How large a step a lift is.

    >>> size(Lift("2025.1", "2026.1")), size(Lift("2025.1", "2025.2")), size(Lift("2025.1", "2025.1"))
    ('one hop over 2 series', 'one hop to the next series', 'within the series')
    """
    order = list(releases())
    wide = order.index(lift.target) - order.index(lift.source)
    if wide <= 0:
        return "within the series" if wide == 0 else "back to an older series"
    return "one hop to the next series" if wide == 1 else f"one hop over {wide} series"


def felt(away: Iterable[Outage]) -> str:
    """What clients see, in a few words: which APIs are away, for how long."""
    found = tuple(away)
    if not found:
        return "no API away by plan"
    longest = max(o.seconds for o in found)
    many = f"{len(found)} API{'s' if len(found) > 1 else ''}"
    return f"{many} away, the longest about {duration(longest)} by {OWN_FIGURES}"


def outages(order: Order, plan: Plan) -> Iterator[Outage]:
    """Services none of whose API programs runs from the end of one stage on, until one runs again.

    Whole stages are counted: a service that is back early in a stage is away for less. So is one stage in which it
    stops everywhere before it starts.
    """
    for service in order.services():
        api = service.api()
        up = {host.name for host, part in order.places(service) if part.is_api}
        first = 0
        for number, stage in enumerate(plan.stages, start=1) if api and up else ():
            for _, step in stage.steps():
                if isinstance(step, StopPart | StartPart) and api and step.part == api.name:
                    up = up | {step.host} if isinstance(step, StartPart) else up - {step.host}
                    first = first or (0 if up else number)
            if up and first:
                yield Outage(service.name, first, number, _seconds(plan, first, number))
            first = 0 if up else first or number
        if first:
            yield Outage(service.name, first, len(plan.stages), _seconds(plan, first, len(plan.stages)))


def touched(order: Order, plan: Plan) -> tuple[str, ...]:
    """Hosts with instances on which a step does something, sorted."""
    computes = {host.name for host in order.cloud.hosts_with(Role.COMPUTE)}
    return tuple(sorted(computes & {str(getattr(step, "host", "")) for _, step in plan.steps()}))


def _seconds(plan: Plan, first: int, last: int) -> float:
    return sum(stage.seconds for stage in plan.stages[first - 1 : last])
