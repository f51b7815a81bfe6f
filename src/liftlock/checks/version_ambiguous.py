"""Two series may write the same service version: the number alone does not tell which code a worker runs."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.nova_versions import series_that_write


@check(
    "Is it known which code every nova-compute runs, where its number is that of several series?",
    when="a live nova-compute has a version that several series write, and its host was not read",
    says=(RISK,),
)
def version_ambiguous(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per number; silent where no host was asked at all, which is a finding of its own."""
    if not cloud.hosts:
        return
    read = {name.partition(".")[0] for h in cloud.hosts if h.versions for name in (h.name, h.hostname)}
    found: dict[int, list[str]] = {}
    for agent in cloud.agents:
        if agent.kind != "nova-compute" or not agent.alive or agent.version is None:
            continue
        if agent.host.partition(".")[0] not in read and len(series_that_write(agent.version)) > 1:
            found.setdefault(agent.version, []).append(agent.host)
    for version, hosts in sorted(found.items()):
        named = some(hosts)
        either = " or ".join(series_that_write(version))
        yield risk(
            str(version),
            f"{len(hosts)} computes report service version {version}, which {either} write; nothing else was read of "
            f"them: {named}",
            "declare these hosts in the cloud file, or make them readable, and assess again",
            f"nova's records: version {version} on {named}; no installed version was read there",
        )
