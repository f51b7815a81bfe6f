"""guarding: what is watched while a run is under way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from pathlib import Path
from time import time

from liftlock.cloud.file import ErrorBudget
from liftlock.engine.desk import Guard
from liftlock.engine.state import RunState, StepStatus
from liftlock.guards.duty import Budget, Duty, Look, Watched, on_duty
from liftlock.plan.model import Plan
from liftlock.plan.reason import Reason
from liftlock.ports.hands import Hands
from liftlock.probes.tail import Tail
from liftlock.steps.services import StartOnGreen
from liftlock.steps.traffic import ArmBalancer, SendTraffic


def guards_of(hands: Hands, plan: Plan, budget: ErrorBudget | None) -> Iterator[Guard]:
    """Every guard there is; failed requests are counted only where the plan keeps blue ready, and so promises none."""
    counted = None
    if budget and keeps_blue_ready(plan):
        counted = Budget(
            failures_in(budget.probes),
            partial(silence_in, budget.probes),
            budget.failed_requests,
            rollback=budget.then == "rollback",
        )
    for look in on_duty(Duty(hands, counted)):
        yield _named(look)


def keeps_blue_ready(plan: Plan) -> bool:
    """Whether requests can go to blue and to green, so that a failed one is worth stopping for."""
    return any(isinstance(step, ArmBalancer) for _, step in plan.steps())


def uncounted(plan: Plan, budget: ErrorBudget | None) -> str:
    """Why failed requests do not stop the run although a prober was named; empty if they do, or none was."""
    if budget is None or keeps_blue_ready(plan):
        return ""
    return (
        f"failed requests do not stop this run: its plan ({plan.strategy.replace('_', ' ')}) takes APIs away by "
        f"itself; `liftlock report --probes {budget.probes}` counts them afterwards"
    )


def watched(state: RunState) -> Watched:
    """What of the run guards look at: only what was done, and not undone since."""
    servers: dict[str, tuple[str, ...]] = {}
    cut: set[str] = set()
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for ref, step in state.plan.steps():
        if state.steps[ref].status is not StepStatus.DONE:
            continue
        if isinstance(step, ArmBalancer):
            servers[step.service] = tuple(server.name for server in step.servers)
        elif isinstance(step, SendTraffic) and step.percent_green:
            cut.add(step.service)
        elif isinstance(step, StartOnGreen):
            parts[step.host].append(step.part)
    return Watched(
        state.going_since,
        {service: names for service, names in servers.items() if service in cut},
        {host: tuple(names) for host, names in parts.items()},
    )


def failures_in(folder: Path) -> Callable[[float], tuple[str, ...]]:
    """Failed requests that a prober logs in `folder`, a sentence each; none before it began."""
    tail = Tail(folder / "requests.jsonl")

    def failed_since(since: float) -> tuple[str, ...]:
        return tuple(f"{e.service} {e.verb}: {e.outcome}" for e in tail.failures() if e.ended >= since)

    return failed_since


def silence_in(folder: Path) -> float:
    """Seconds since a prober logged in `folder`; infinite if none did."""
    try:
        return time() - (folder / "requests.jsonl").stat().st_mtime
    except OSError:
        return inf


def _named(look: Look) -> Guard:
    def guard(state: RunState) -> Reason | None:
        return look(watched(state))

    guard.__name__ = getattr(look, "__name__", "guard")
    return guard
