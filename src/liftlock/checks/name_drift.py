"""A worker that takes its name from the host makes a second record after its host was renamed, or refuses to start."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Would every compute still go by its name after a restart?",
    when="a host with nova-compute calls itself otherwise than its record does, and no option says its name",
    says=(RISK,),
)
def name_drift(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Compares what the host calls itself now with the record nova has of it."""
    records = {a.host for a in cloud.agents if a.kind == "nova-compute"}
    by_label = {name.partition(".")[0]: name for name in records}
    for host in cloud.hosts:
        if not (host.hostname and host.active("nova-compute") and host.options):
            continue
        said = host.option("nova", "DEFAULT", "host") or host.hostname
        known = by_label.get(host.name.partition(".")[0]) or by_label.get(said.partition(".")[0])
        if known and said not in records:
            yield risk(
                host.name,
                f"{host.name}: nova-compute would call itself {said} after a restart, and its record is {known}",
                f"set `[DEFAULT] host = {known}` in nova.conf on {host.name}, or give the host its old name back",
                f"hostname on {host.name}: {host.hostname}; [DEFAULT] host: "
                f"{host.option('nova', 'DEFAULT', 'host') or 'not set'}; nova's record: {known}",
            )
