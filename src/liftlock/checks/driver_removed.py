"""What a configuration names and the target no longer has keeps a program from starting."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.removals import removed


@check(
    "Does the configuration name drivers, filters or plug-ins that the target no longer has?",
    when="an option names one that is gone in the target (on control hosts: blocker)",
    says=(BLOCKER, RISK),
)
def driver_removed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """What is gone stands in `knowledge/hops`; one finding per option and name, with the hosts."""
    found: dict[tuple[str, str, str], list[str]] = {}
    control = {h.name for h in cloud.hosts_with(Role.CONTROL)}
    for host in cloud.hosts:
        for name, value in host.options.items():
            service, place, option = name.partition(" ")[0], name.partition(" ")[2], name.rsplit(" ", 1)[-1]
            for word in removed(target.id, service, option):
                if word in re.split(r"[,\s]+", value):
                    found.setdefault((service, place, word), []).append(host.name)
    for (service, place, word), hosts in sorted(found.items()):
        named = some(hosts)
        yield (risk if control.isdisjoint(hosts) else blocker)(
            service,
            f"{service}: {place} names {word} on {named}, which {target.id} does not have",
            removed(target.id, service, place.rsplit(" ", 1)[-1])[word],
            f"files of {service} on {named}: {place} has {word}",
        )
