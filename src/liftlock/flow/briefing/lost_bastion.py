"""What a person types to bring everything back to blue when liftlock and its bastion are lost."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from liftlock.cloud.file import CloudFile
from liftlock.flow.site import Site
from liftlock.plan.model import ManualStep, Plan
from liftlock.plan.step import Step
from liftlock.ports.by_hand import ByHand
from liftlock.steps.services import StartOnGreen, StopPart
from liftlock.steps.traffic import SendTraffic

Place = tuple[str, str]
"""(host, part)."""


def manual_steps(site: Site, plan: Plan) -> tuple[ManualStep, ...]:
    """In the order to type them: requests, what may not run twice, blue's work, green's work.

    Derived from what the plan's lossless stages change; empty for a plan that sends no requests to green. Asks nobody.
    """
    lanes = [lane for s in plan.stages[: plan.last_lossless_stage] for lane in s.lanes]
    sent = dict.fromkeys(step.service for lane in lanes for step in lane if isinstance(step, SendTraffic))
    if not sent:
        return ()
    stopped, started, alone = handed_over(lanes)
    services = site.hands.services
    # As a rollback does: what was handed over last goes back first.
    back = site.hands.traffic.back_by_hand(tuple(reversed(sent)))
    found = [
        _step(site.file, host, "send all requests back to blue", back) for host in site.file.balancer.hosts
    ]
    for title, places, on in (
        ("stop what may not run on both colours at a time", [p for p in started if p[1] in alone], False),
        ("start blue's workers again", stopped, True),
        (
            "a minute later, once blue's workers report: stop green's",
            [p for p in started if p[1] not in alone],
            False,
        ),
    ):
        for host, parts in _by_host(places).items():
            found.append(_step(site.file, host, title, services.by_hand(parts, on=on)))
    return tuple(found)


def handed_over(lanes: Iterable[Iterable[Step]]) -> tuple[list[Place], list[Place], set[str]]:
    """Workers stopped on blue and started on green, last first, and the parts that only one colour may run."""
    stopped: list[Place] = []
    started: list[Place] = []
    alone: set[str] = set()
    for lane in lanes:
        for step in lane:
            if isinstance(step, StopPart):
                stopped.insert(0, (step.host, step.part))
            elif isinstance(step, StartOnGreen):
                started.insert(0, (step.host, step.part))
                alone |= {step.part} if step.alone else set()
    moved = {part for _, part in stopped}
    return stopped, [place for place in started if place[1] in moved], alone


def login(file: CloudFile, host: str) -> str:
    """The command that opens a root shell on a host, by the cloud file; no key is named, as it lies on the bastion."""
    entry = next((h for h in file.hosts if h.name == host), None)
    user, port = file.access.user, file.access.port
    if entry:
        user, port = entry.user or user, entry.port or port
    address = next((g.address for g in file.green if g.name == host), file.address_of(host))
    at = f"{shlex.quote(f'{user}@{address}')}"
    where = f"-p {port} {at}" if port != 22 else at
    return f"ssh {where}" if user == "root" else f"ssh -t {where} sudo -i"


def _step(file: CloudFile, host: str, title: str, typed: ByHand) -> ManualStep:
    return ManualStep(title, host, login(file, host), typed.commands, typed.look, typed.expect)


def _by_host(places: Iterable[Place]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for host, part in places:
        if part not in found.get(host, ()):
            found[host] = (*found.get(host, ()), part)
    return found
