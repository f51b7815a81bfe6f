"""What green's hosts are, seen from a plan: their parts, agents, configuration and migrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from liftlock.errors import BadInput
from liftlock.knowledge.hop import Edit, edits_for
from liftlock.knowledge.service import Handover, Migration, Part, Service
from liftlock.plan.model import Stage
from liftlock.plan.step import Step
from liftlock.ports.likeness import Substitution
from liftlock.ports.provisioner import HostOrder
from liftlock.steps.agents import DeleteAgentRecords, RunProgram
from liftlock.steps.configuration import RewriteGreen
from liftlock.steps.green import MakeAlike, ProvisionHost
from liftlock.steps.schema import LOCK_WAIT_S, MigrateSchema
from liftlock.steps.services import AwaitListener
from liftlock.strategies import blocks
from liftlock.strategies.order import GreenHost, Order

BLUE_VHOST = "/"


def prepare(order: Order) -> Stage:
    """Make green's hosts and make them like blue's; nothing that serves is touched."""
    if not order.greens:
        raise BadInput(
            "the cloud file declares no green host",
            hint="declare `green` and `provisioner` (docs/cloud.yaml.example), or plan with `--strategy in_place`",
        )
    return Stage(
        name="make green's hosts and configure them like blue's",
        why="the new control plane is built beside the old one, from an image",
        lanes=tuple(lane(order, green) for green in order.greens),
        feels="nothing",
        undo="nothing to undo; idle hosts stay",
    )


def lane(order: Order, green: GreenHost) -> tuple[Step, ...]:
    """One host: made, made alike, rewritten where the hop and its being green need it."""
    wanted = HostOrder(green.name, green.image, (green.address,), order.target_release, green.memory_mib)
    parts = tuple(p.name for s in order.services() for h, p in order.places(s) if h.name == green.replaces)
    alike = MakeAlike(
        source=green.replaces,
        target=green.name,
        parts=parts,
        directories=blocks.configuration_directories(order),
        words=((green.replaces, green.name), (green.blue_address, green.address)),
        substitutions=substitutions(order),
    )
    adopted = order.adopted.get(green.replaces, ())
    edits = (*adopted, *edits_for(order.lift.target), *volume_edits(order, green))
    rewrite = (RewriteGreen(green.name, edits, tuple(None for _ in edits)),) if edits else ()
    return (ProvisionHost(wanted, f"image {green.image}"), alike, *rewrite)


def vhost(order: Order) -> str:
    """Virtual host of green's heat, as heat's own upgrade guide asks for.

    Named after the release: green of the next lift must not get the one that is blue's by then.
    """
    return f"heat-{order.target_release}"


def substitutions(order: Order) -> tuple[Substitution, ...]:
    """Values of which only a part changes: secrets in them stay unread."""
    if "heat" not in order.cloud.services:
        return ()
    return (
        Substitution(
            "/etc/heat/heat.conf",
            "DEFAULT",
            "transport_url",
            r"/[^/@]*$",
            f"/{vhost(order)}",
            "heat's guide: engines of two releases need virtual hosts of their own",
        ),
    )


def volume_edits(order: Order, green: GreenHost) -> Iterator[Edit]:
    """Blue's volumes belong to `<blue's host>@<backend>`: green's cinder-volume must answer to that name."""
    path = "/etc/cinder/cinder.conf"
    now = order.options_now
    backends = now.get((green.replaces, path, "DEFAULT", "enabled_backends"), "")
    owner = now.get((green.replaces, path, "DEFAULT", "host"), green.replaces)
    for backend in (b.strip() for b in backends.split(",")):
        if backend and (green.replaces, path, backend, "backend_host") not in now:
            yield Edit(
                path, backend, "backend_host", owner, "volumes and their service record keep their host name"
            )


def workers(service: Service) -> tuple[Part, ...]:
    """Parts of the control plane that are no API, callees first."""
    return tuple(p for p in service.control_parts() if not p.is_api)


def places(order: Order, service: Service) -> Iterator[tuple[str, Part]]:
    """(green host, part) for every place where blue runs the part."""
    for host, part in order.places(service):
        for green in order.greens:
            if green.replaces == host.name:
                yield green.name, part


def names(order: Order) -> Mapping[str, str]:
    """Control host of blue -> the green host that does its work; the first for one that none replaces."""
    replaced = {green.replaces: green.name for green in order.greens}
    return {host.name: replaced.get(host.name, order.greens[0].name) for host in order.control_hosts()}


def await_listeners(order: Order, service: Service, part: Part) -> Iterator[Step]:
    """Wait for green's worker before blue's is stopped, and for blue's on the way back."""
    own = part.handover is Handover.OWN_VHOST
    blue = {g.name: g.replaces for g in order.greens}
    for host, found in places(order, service):
        if found == part and part.topics:
            back = "" if own else blue[host]
            yield AwaitListener(part.name, part.topics, vhost(order) if own else BLUE_VHOST, host, back)


def migration(order: Order, service: Service, wanted: Migration) -> MigrateSchema:
    """A migration of the target release, run on a green host: blue's hosts do not have that release."""
    made = blocks.migration(order, service, wanted)
    before = wanted.phase in ("expand", "sync")
    shims = order.shims.get(service.name, ()) if before else ()
    return replace(
        made,
        host=names(order)[made.host],
        additive=before and service.name not in order.apart,
        lock_wait_s=LOCK_WAIT_S,
        shims=tuple(shim for shim in shims if shim.database in wanted.databases),
    )


def agents(order: Order, service: Service) -> tuple[str, ...]:
    """Agents that report once green works: blue's control agents under green's names, the others as they were."""
    names = {g.replaces: g.name for g in order.greens}
    found = []
    for agent in order.agents.get(service.name, ()):
        kind, _, host = agent.partition("@")
        first, at, rest = host.partition("@")
        # A volume service keeps its host name: it is the same record.
        found.append(agent if at else f"{kind}@{names.get(first, first)}{at}{rest}")
    return tuple(found)


def forget_blue(order: Order, service: Service) -> Iterator[Step]:
    """Delete the records of blue's workers; a volume service's is green's own by now."""
    hosts = {g.replaces for g in order.greens}
    gone = [a.split("@") for a in order.agents.get(service.name, ())]
    records = [(kind, rest[0]) for kind, *rest in gone if len(rest) == 1 and rest[0] in hosts]
    if not records:
        return
    if not service.forget_worker:
        yield DeleteAgentRecords(service.name, tuple(sorted({host for _, host in records})))
        return
    commands = {
        tuple(w.format(kind=kind, host=host) for w in service.forget_worker): None for kind, host in records
    }
    for number, command in enumerate(commands, start=1):
        yield RunProgram(
            host=order.greens[0].name,
            release=order.target_release,
            command=command,
            unit=f"liftlock-{order.mark}-{service.name}-forget-{number}",
            why=f"blue's {service.name} workers are gone",
        )
