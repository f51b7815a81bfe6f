"""A pin that was left after the last upgrade keeps control plane and agents at old calls, or refuses new ones."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Is RPC pinned to a release by hand?",
    when="`[upgrade_levels]` names anything but `auto` on a host",
    says=(RISK,),
)
def rpc_pinned(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per option and value, with the hosts."""
    found: dict[tuple[str, str], list[str]] = {}
    for host in cloud.hosts:
        for name, value in host.options.items():
            if "[upgrade_levels]" in name and value.lower() != "auto":
                found.setdefault((name, value), []).append(host.name)
    for (name, value), hosts in sorted(found.items()):
        place = name.partition(" ")[2]
        named = some(hosts)
        yield risk(
            "nova",
            f"nova: RPC is pinned, {place} = {value}, on {named}",
            f"set {place} = auto there and restart nova: it then speaks what the oldest compute speaks",
            f"nova.conf on {named}: {place} = {value}",
        )
