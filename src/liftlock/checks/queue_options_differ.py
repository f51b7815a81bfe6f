"""Who declares a queue in another shape than it has is refused by the broker, whichever colour was first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.cloud.versions import series_of_cloud, series_of_host
from liftlock.knowledge.catalogue import Series, services
from liftlock.knowledge.hop import edits_for
from liftlock.knowledge.queues import QUEUE_OPTIONS, SECTION, queue_defaults, read_options
from liftlock.knowledge.service import Handover


@check(
    "Do all hosts of a service ask for the same kind of queues, now and with the new release?",
    when="hosts of a service ask for other queues than others do; the hop would change what they ask for (blocker)",
    says=(BLOCKER, RISK),
)
def queue_options_differ(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """A finding per service and option: a risk where hosts differ now, a blocker where the hop would change it."""
    usual = {h.name: queue_defaults(next(iter(series_of_host(h)), "")) for h in cloud.hosts}
    before, after = queue_defaults(series_of_cloud(cloud) or ""), queue_defaults(target.id)
    for service in cloud.services:
        yield from _between_hosts(cloud, service, usual)
        if before and after and _shares_queues(service):
            known: dict[str, str] = {}
            for host in cloud.hosts_with(Role.CONTROL):
                known.update(read_options(host.queue_options.get(service, "")))
            yield from _by_the_hop(
                service, {**before, **known}, {**after, **known, **_rewritten(service, target)}
            )


def _shares_queues(service: str) -> bool:
    """Whether both colours of the service declare the same queues on one virtual host."""
    known = services().get(service)
    return known is not None and any(p.topics and p.handover is not Handover.OWN_VHOST for p in known.parts)


def _between_hosts(cloud: Cloud, service: str, usual: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    asked = {
        host.name: {
            **usual[host.name],
            **read_options(host.queue_options.get(service, "")),
        }
        for host in cloud.hosts
        if host.reachable and service in host.configuration
    }
    for option in QUEUE_OPTIONS:
        values: dict[str, list[str]] = {}
        for name, options in asked.items():
            # Of a release that nobody has looked at, only what is set is known.
            if option in options:
                values.setdefault(options[option], []).append(name)
        if len(values) > 1:
            told = "; ".join(f"{value} on {', '.join(names)}" for value, names in sorted(values.items()))
            yield risk(
                service,
                f"{service} does not ask for the same queues everywhere: {option} is {told}",
                f"set {option} to one value in [{SECTION}] of {service} on all of these hosts",
                f"[{SECTION}] {option} in the files of {service}, or its release's own value: {told}",
            )


def _rewritten(service: str, target: Series) -> Mapping[str, str]:
    """What the hop itself sets in green's configuration."""
    return {
        e.option: e.value.lower()
        for e in edits_for(target.id)
        if e.section == SECTION and e.path.startswith(f"/etc/{service}/") and e.value is not None
    }


def _by_the_hop(service: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Finding]:
    for option in QUEUE_OPTIONS:
        old, new = before.get(option, ""), after.get(option, "")
        if old != new:
            yield blocker(
                service,
                f"{service}: {option} is {old} now and will be {new}: the broker refuses one of the colours",
                f"set {option} = {old} in [{SECTION}] of {service} on every host, and restart it there",
                f"[{SECTION}] in the files of {service}, and the values both releases have by themselves",
            )
