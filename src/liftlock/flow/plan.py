"""plan: arrange a lift into stages, as data that can be read and approved. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from liftlock.checks.finding import RISK
from liftlock.cloud.adoption.path import adopt
from liftlock.cloud.model import Cloud, Role
from liftlock.collecting import collecting_nothing
from liftlock.discovery import modules_in
from liftlock.errors import BadInput, Refused
from liftlock.flow.assess import Assessment, assess
from liftlock.flow.briefing.brief import Grounds, brief, versions
from liftlock.flow.briefing.lost_bastion import manual_steps
from liftlock.flow.briefing.noting import notes_that_matter
from liftlock.flow.briefing.proven import Following
from liftlock.flow.briefing.rehearsed import Kept, fit, with_rehearsal
from liftlock.flow.briefing.shims_left import left_here
from liftlock.flow.briefing.timings import history
from liftlock.flow.configuration.adopt import along
from liftlock.flow.configuration.differences import differences
from liftlock.flow.configuration.option_facts import known
from liftlock.flow.site import Site
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.hop import Edit, Move, edits_for
from liftlock.plan.alike import listed
from liftlock.plan.brief import Way
from liftlock.plan.model import Lift, Plan, Risk
from liftlock.ports.artefacts import Artefacts
from liftlock.steps.kinds import kinds
from liftlock.strategies import control
from liftlock.strategies.order import GreenHost, Order
from liftlock.strategies.ways import NOT_ARRANGED, Nature, arranged_way, impossible_way


def plan(
    site: Site,
    target: str,
    strategy: str = "",
    environment: str = "",
    *,
    following: Following | None = None,
    shelf: Artefacts | None = None,
    rehearsal: Kept | None = None,
) -> tuple[Plan, Assessment]:
    """The plan that takes the cloud to `target`, and the assessment it rests on.

    All control hosts must run one release; it raises `BadInput` where they run several.

    `strategy` is the name of a file in `strategies/control`; by default blue/green where the cloud file declares green
    hosts, else in place. `environment` is as in `assess`; `following` holds verdicts of proofs, which blue/green obeys;
    from `shelf` the release notes are read; times and verdicts of a `rehearsal` are used while they count. Shims that
    earlier runs left, by the cloud's journal, are taken away. Raises `Refused` naming every blocker, or every migration
    that is known to abort, `BadInput` for an unknown strategy or service, and what `shelf` raises.
    """
    choice = Choice.of(strategy, green=bool(site.file.green))
    following = following or Following()
    assessment = assess(site, target, environment)
    if assessment.blockers:
        raise Refused(
            "\n".join([assessment.verdict, *listed(assessment.blockers)]),
            hint=f"remove what stands in the way, then `liftlock assess --to {assessment.target}`",
        )
    refuse_open_risks(site, assessment)
    refuse_mixed_releases(assessment.cloud)
    lift = Lift(assessment.source, assessment.target)
    hop = lift.source != lift.target
    grounds = Grounds(
        following=following,
        history=history(site, kinds()),
        notes=notes_that_matter(site, assessment.cloud, shelf, lift) if shelf and hop else None,
    )
    refuse_mixed_releases(assessment.cloud)
    left = left_here(site, lift.target, kinds())
    plain = replace(order(site, assessment.cloud, lift), left=left.shims)
    fitting = fit(site, explained(plain, choice, assessment, grounds), rehearsal) if rehearsal else None
    if fitting:
        grounds = replace(grounds, following=following.also(fitting.verdicts()))
    made = explained(obeying(plain, grounds.following), choice, assessment, grounds)
    if fitting:
        made = with_rehearsal(site, made, fitting)
    if left.unread:
        made = replace(made, fine_print=(*made.fine_print, left.unread))
    return told(site, made), assessment


@dataclass(frozen=True, slots=True)
class Choice:
    """Which strategy, and why that one."""

    strategy: str
    because: str

    @classmethod
    def of(cls, wanted: str, *, green: bool) -> Choice:
        """What the operator named, else what the cloud file allows; raises `BadInput` for a name of none."""
        if wanted:
            strategy_named(wanted)
            return cls(wanted, "named by whoever made the plan")
        if green:
            return cls("blue_green", "the cloud file declares green hosts")
        return cls("in_place", "the cloud file declares no green host, which blue/green would need")


def explained(order: Order, choice: Choice, assessment: Assessment, grounds: Grounds) -> Plan:
    """Pure: the plan, with the risks it goes on with and everything that explains it."""
    with collecting_nothing():
        made = replace(strategy_named(choice.strategy)(order), risks=risks(assessment))
        beside = tuple(ways(order, choice, made))
        why = brief(order, made, replace(grounds, findings=assessment.findings, ways=beside))
        return replace(made, brief=why)


def ways(order: Order, choice: Choice, made: Plan) -> Iterator[Way]:
    """The chosen strategy, the others as this cloud allows them, and what liftlock does not arrange."""
    yield arranged_way(nature(choice.strategy), order, made, f"chosen: {choice.because}", chosen=True)
    for name, arrange in strategies().items():
        if name == choice.strategy:
            continue
        try:
            other = arrange(order)
        except BadInput as missing:
            yield impossible_way(nature(name), order.lift, missing.what)
        else:
            how = f"possible: `liftlock plan --strategy {name}`"
            yield arranged_way(nature(name), order, other, how, chosen=False)
    yield from NOT_ARRANGED


def nature(strategy: str) -> Nature:
    """What is true of a strategy whatever the cloud."""
    found: Nature = import_module(f"{control.__name__}.{strategy}").NATURE
    return found


def risks(assessment: Assessment) -> tuple[Risk, ...]:
    """What was found and is no blocker, as it stands in a plan."""
    found = (f for f in assessment.findings if f.severity is RISK)
    return tuple(Risk(f.name, f.what, f.fix, f.accepted) for f in found)


def refuse_open_risks(site: Site, assessment: Assessment) -> None:
    """Return, unless the cloud's policy wants every risk removed or accepted before a plan is made."""
    left = assessment.open_risks
    if left and site.file.policy.open_risks == "refuse":
        raise Refused(
            "\n".join([f"{len(left)} risks are open", *listed(left)]),
            hint="remove each, or `liftlock risk accept NAME --until DAY --reason WHY`",
        )


def told(site: Site, made: Plan) -> Plan:
    """The plan with what only hands can tell: how green's configuration will differ, and what is typed by hand."""
    return replace(made, differences=differences(site.hands, made), by_hand=manual_steps(site, made))


def strategies() -> Mapping[str, Callable[[Order], Plan]]:
    """Name -> strategy that arranges an upgrade, found by file name."""
    return {
        module.__name__.rpartition(".")[2]: module.arrange
        for module in modules_in(control)
        if getattr(module, "UPGRADES", False)
    }


def strategy_named(name: str) -> Callable[[Order], Plan]:
    """The strategy of that name; raises `BadInput` if there is none."""
    known = strategies()
    if name not in known:
        raise BadInput(f"there is no strategy `{name}`", hint=f"name one of {', '.join(known)}")
    return known[name]


def order(site: Site, cloud: Cloud, lift: Lift) -> Order:
    """What a strategy needs to know to arrange `lift`."""
    made_at = site.hands.clock.now()
    return Order(
        cloud=cloud,
        lift=lift,
        mark=time.strftime("%Y%m%dt%H%M%S", time.gmtime(made_at)),
        made_at=made_at,
        target_release=site.hands.deployer.release_of(lift.target),
        options_now=options_now(site, cloud, lift),
        runs=running_parts(cloud),
        greens=tuple(
            GreenHost(g.name, g.address, g.image, g.replaces, site.file.address_of(g.replaces), g.memory_mib)
            for g in site.file.green
        ),
        agents=reporting_agents(cloud),
        adopted=adopted_options(site, cloud, lift) if site.file.green else {},
    )


def obeying(order: Order, following: Following) -> Order:
    """The same, with what the verdicts on these very versions ask for.

    Raises `BadInput` for a service not there, `Refused` where a migration is known to fail on the cloud's data.
    """
    unknown = sorted(set(following.overlap) - set(order.cloud.services))
    if unknown:
        raise BadInput(
            f"the cloud has no service {unknown[0]!r}", hint=f"it has {', '.join(order.cloud.services)}"
        )
    refuse_what_aborts(order, following)
    told = {s.name: following.verdict(s.name, *versions(order, s)) for s in order.services()}
    shims = {name: found for name, proven in told.items() if (found := following.shims_of(proven))}
    apart = frozenset(name for name, proven in told.items() if following.apart(proven))
    return replace(order, shims=shims, apart=apart)


def refuse_what_aborts(order: Order, following: Following) -> None:
    """Return, unless a proof saw a migration end with an error: whatever the strategy, it would on the cloud too."""
    found = [
        f"{service.name} cannot be migrated as its data is: {where}"
        for service in order.services()
        for told in following.verdicts(service.name, *versions(order, service))
        for where in told.aborts
    ]
    if found:
        raise Refused(
            "\n".join(dict.fromkeys(found)),
            hint="mend the data that it ends at, then prove again (`liftlock proof` on a new dump, or `liftlock "
            "rehearse`) and plan with what that says",
        )


def running_parts(cloud: Cloud) -> frozenset[tuple[str, str]]:
    """(host, part) of every unit of the control plane that runs, or would at the next boot."""
    return frozenset(
        (h.name, u.name) for h in cloud.hosts_with(Role.CONTROL) for u in h.units if u.active or u.enabled
    )


def reporting_agents(cloud: Cloud) -> Mapping[str, tuple[str, ...]]:
    """Service -> its agents that are alive and enabled."""
    found: dict[str, list[str]] = {}
    for agent in sorted(cloud.agents, key=lambda a: (a.kind, a.host)):
        if agent.alive and agent.enabled:
            found.setdefault(agent.service, []).append(f"{agent.kind}@{agent.host}")
    return {service: tuple(agents) for service, agents in found.items()}


def refuse_mixed_releases(cloud: Cloud) -> None:
    """Raise unless all control hosts run one release."""
    found = sorted({h.release for h in cloud.hosts_with(Role.CONTROL)})
    if len(found) != 1:
        raise BadInput(
            f"the control hosts run {len(found)} releases: {', '.join(r or 'none' for r in found)}",
            hint="bring them to one release first",
        )


def options_now(site: Site, cloud: Cloud, lift: Lift) -> Mapping[tuple[str, str, str, str], str]:
    """(host, path, section, option) -> value, of what the hop rewrites, where it is set."""
    found = {}
    wanted = tuple((e.path, e.section, e.option) for e in edits_for(lift.target))
    for host in cloud.hosts_with(Role.CONTROL):
        for path, section, option in (*wanted, *volume_options(site, host.name)):
            value = site.hands.configuration.value(host.name, path, section, option)
            if value is not None:
                found[host.name, path, section, option] = value
    return found


def adopted_options(site: Site, cloud: Cloud, lift: Lift) -> Mapping[str, tuple[Edit | Move, ...]]:
    """Control host -> how its own options are called in the target release, and which are gone there.

    Judged by what liftlock knows of both releases; no program is run on any host. Nothing on the way to an older one:
    its configuration comes from the backup. Raises `BadInput` for a file that its service would not read either.
    """
    known_series = list(releases())
    if known_series.index(lift.source) >= known_series.index(lift.target):
        return {}
    runs = next((host.release for host in cloud.hosts_with(Role.CONTROL) if host.release), lift.source)
    path = along(known(site, runs), known(site, site.hands.deployer.release_of(lift.target)))
    directories = [d for name in cloud.services for d in services()[name].configuration]
    found = {}
    for host in cloud.hosts_with(Role.CONTROL):
        texts = site.hands.configuration.texts(host.name, directories)
        found[host.name] = tuple(edit for file in adopt(texts, path) for edit in file.edits)
    return found


def volume_options(site: Site, host: str) -> tuple[tuple[str, str, str], ...]:
    """(path, section, option) that tell under which name a host's cinder-volume owns its volumes."""
    path = "/etc/cinder/cinder.conf"
    backends = site.hands.configuration.value(host, path, "DEFAULT", "enabled_backends") or ""
    names = [name.strip() for name in backends.split(",") if name.strip()]
    general = ((path, "DEFAULT", "enabled_backends"), (path, "DEFAULT", "host"))
    return (*general, *((path, name, "backend_host") for name in names))
