"""return to blue: what a restore after `finalize` finds of both colours. Changes nothing itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from liftlock.cloud.facts import release_fact
from liftlock.cloud.model import Cloud, Host, Role
from liftlock.engine.state import RunState, Standing, state_of
from liftlock.engine.way_back import past_return
from liftlock.errors import Refused
from liftlock.flow.site import Site, backup_folder
from liftlock.knowledge.catalogue import services
from liftlock.plan import codec
from liftlock.plan.model import Lift, Plan
from liftlock.ports.journal import Journal
from liftlock.ports.traffic import Server
from liftlock.steps.backup import BackUpConfiguration
from liftlock.steps.green import MakeAlike, MakeVhost
from liftlock.steps.keys import FreezeKeyRotation, ThawKeyRotation
from liftlock.steps.kinds import kinds
from liftlock.steps.services import AwaitAgents, StartOnGreen
from liftlock.steps.traffic import ArmBalancer
from liftlock.strategies.control.restore import Green
from liftlock.strategies.order import Order


def refuse_unless_finalized(state: RunState) -> None:
    """Raise while `rollback` goes back without a loss."""
    if not past_return(state):
        raise Refused(
            "`finalize` was not begun: nothing has to be lost to go back",
            hint="`liftlock rollback`, as long as the lift is not undone; then there is nothing to put back",
        )


def was_restored(journal: Journal, upgrade: str) -> bool:
    """Whether the backup of that run was put back already, so that blue's servers are the balancer's ordinary ones.

    Raises `Refused` while a restore is half done: only its own run knows how far blue has come.
    """
    ids = [run.id for run in journal.runs()]
    for run in reversed(journal.runs()[ids.index(upgrade) + 1 :]):
        plan = codec.loads(run.plan, kinds(), name=f"the plan of {run.id}")
        state = state_of(run.id, plan, journal.lines(run.id))
        if plan.verb != "restore" or not past_return(state):
            continue
        if state.standing is not Standing.DONE:
            raise Refused(
                f"{run.id} has begun to put the backup back",
                now=state.sentence(alive=False),
                hint="go on with it: `liftlock resume`",
            )
        return True
    return False


def order_of_blue(
    site: Site, cloud: Cloud, upgrade: Plan, runs: frozenset[tuple[str, str]], backup: str
) -> Order:
    """What the way back is arranged from: blue's hosts, with what ran there before the lift.

    Raises `Refused` naming each host of blue that is missing, and what of it there is.
    """
    blue = tuple(s.host for _, s in upgrade.steps() if isinstance(s, BackUpConfiguration))
    release = next(upgrade.facts.get(release_fact(name), "") for name in blue)
    hosts = {h.name: h for h in cloud.hosts}
    missing = [name for name in blue if name not in hosts or not hosts[name].reachable]
    if missing:
        lines = [line for name in missing for line in _missing(site, name, release, backup, runs)]
        raise Refused(
            "\n".join(["hosts of blue are missing, and the backup is theirs:", *lines]),
            now="green serves; nothing was changed",
            hint="make them as it says, then the same command; the loss is listed by `liftlock restore --what-is-lost`",
        )
    made_at = site.hands.clock.now()
    return Order(
        cloud=replace(cloud, hosts=tuple(h for h in cloud.hosts if h.name in blue or not _control(h))),
        lift=Lift(upgrade.lift.target, upgrade.lift.source),
        mark=time.strftime("%Y%m%dt%H%M%S", time.gmtime(made_at)),
        made_at=made_at,
        target_release=release,
        options_now={},
        runs=runs,
        greens=(),
        agents=_agents_of_blue(upgrade),
    )


def _control(host: Host) -> bool:
    return host.has(Role.CONTROL)


def _missing(
    site: Site, name: str, release: str, backup: str, runs: frozenset[tuple[str, str]]
) -> Iterator[str]:
    """What is known of a host of blue that is not there, and what there has to be."""
    declared = next((h for h in site.file.hosts if h.name == name), None)
    where = f"does not answer at {declared.address}" if declared else "is not in the cloud file"
    parts = ", ".join(sorted(part for host, part in runs if host == name))
    yield f"  - {name} {where}; it ran {parts}"
    yield f"    its configuration and keys: {backup_folder(site.file) / backup}; its release: {release}"
    yield (
        f"    make a host {name} of the system it had, with its old address and root's key, and declare it as "
        "`roles: [control]`: its accounts and units are copied from green's host, the rest comes from the backup"
    )


def _agents_of_blue(upgrade: Plan) -> Mapping[str, tuple[str, ...]]:
    """Service -> agents that reported before the lift: what waits for green's names blue's now."""
    blue = {s.target: s.source for _, s in upgrade.steps() if isinstance(s, MakeAlike)}
    found = {}
    for _, step in upgrade.steps():
        if isinstance(step, AwaitAgents):
            found[step.service] = tuple(_renamed(agent, blue) for agent in step.agents)
    return found


def _renamed(agent: str, names: Mapping[str, str]) -> str:
    kind, _, host = agent.partition("@")
    first, at, rest = host.partition("@")
    return f"{kind}@{names.get(first, first)}{at}{rest}"


def green_of(site: Site, blue: Order, upgrade: Plan, *, on_blue: bool) -> Green:
    """What green is now; `on_blue` tells that requests go to blue already.

    Raises `Refused` when a host of blue lacks its units and nobody is left to copy them from.
    """
    runs: dict[str, tuple[str, ...]] = {}
    for _, step in upgrade.steps():
        if isinstance(step, StartOnGreen) and _there(site, step.host):
            runs[step.host] = (*runs.get(step.host, ()), step.part)
    fronts = [] if on_blue else [s.service for _, s in upgrade.steps() if isinstance(s, ArmBalancer)]
    return Green(
        runs=runs,
        # Where `settle` was cut between two nodes, blue has to be offered again: on some it is not there any more.
        armed=tuple(s for s in fronts if site.hands.traffic.share(s).armed_everywhere),
        servers={service: _servers(site, blue, service) for service in fronts},
        bare=_bare(site, blue, upgrade),
        vhosts=tuple(s.vhost for _, s in upgrade.steps() if isinstance(s, MakeVhost)),
        frozen=tuple(
            ThawKeyRotation(s.host, s.mark) for _, s in upgrade.steps() if isinstance(s, FreezeKeyRotation)
        ),
    )


def _there(site: Site, host: str) -> bool:
    return site.hands.hosts.look(host).reachable


def _servers(site: Site, blue: Order, service: str) -> tuple[Server, ...]:
    """Blue's servers of a service."""
    return tuple(
        Server(host.name, site.file.address_of(host.name), part.port or 0)
        for host, part in blue.places(services()[service])
        if part.is_api
    )


def _bare(site: Site, blue: Order, upgrade: Plan) -> Mapping[str, MakeAlike]:
    """Hosts of blue that lack units -> how they get them, turned round from how green got its own."""
    made = {s.source: s for _, s in upgrade.steps() if isinstance(s, MakeAlike)}
    found = {}
    for host in blue.control_hosts():
        wanted = {part for name, part in blue.runs if name == host.name}
        if wanted <= {unit.name for unit in host.units}:
            continue
        was = made.get(host.name)
        if was is None or not _there(site, was.target):
            raise Refused(
                f"{host.name} lacks the units of {', '.join(sorted(wanted))}, and green's host has gone too",
                now="nothing was changed",
                hint=f"give {host.name} the units it had, then the same command",
            )
        words = tuple((new, old) for old, new in was.words)
        found[host.name] = MakeAlike(was.target, was.source, was.parts, was.directories, words, ())
    return found
