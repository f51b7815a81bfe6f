"""OVN's controllers and its northd must understand each other, and may have been told to insist on one version.

Seen: a controller with `ovn-match-northd-version` stopped programming flows after northd's package was updated, and
instances lost the network (LP 1940043; canonical/hotsos 719 and 763). OVN's own order is controllers first, northd
after them (OVN's documentation, "OVN Upgrades").
"""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Host
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.minimums import below


@check(
    "Do OVN's controllers fit its northd?",
    when="an ovn-controller is older than northd; or of any other version where it was told to match (blocker)",
    says=(BLOCKER, RISK),
)
def ovn_versions_differ(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per controller; where no northd is on a host of the cloud file nothing is compared."""
    northd = {h.ovn["northd"]: h.name for h in cloud.hosts if "northd" in h.ovn}
    for host in cloud.hosts:
        version = host.ovn.get("controller", "")
        others = sorted(n for n in northd if n != version) if version else []
        if others and host.ovn.get("match") == "true":
            yield blocker(
                host.name,
                f"{_differs(host, others)}, and was told to match: it takes up no change beside another version",
                f"on {host.name}: `ovs-vsctl remove open . external_ids ovn-match-northd-version`, or bring "
                f"both to one version",
                _seen(host, northd),
            )
        elif any(below(version, n) for n in others):
            yield risk(
                host.name,
                f"{_differs(host, others)}: controllers go first, northd after them",
                f"bring ovn-controller on {host.name} to {others[-1]}",
                _seen(host, northd),
            )


def _differs(host: Host, others: list[str]) -> str:
    return f"{host.name}: ovn-controller is {host.ovn['controller']}, northd {' and '.join(others)}"


def _seen(host: Host, northd: dict[str, str]) -> str:
    told = "; ".join(f"`ovn-northd --version` on {where}: {version}" for version, where in northd.items())
    return f"`ovn-controller --version` on {host.name}: {host.ovn['controller']}; {told}"
