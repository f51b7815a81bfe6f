"""A library that was replaced on disk, for a security fix perhaps, stays in memory until a restart."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Do programs still use libraries that were replaced on disk?",
    when="a running program has libraries in memory that are gone from the disk",
    says=(ADVICE,),
)
def libraries_replaced(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host."""
    for host in cloud.hosts:
        found = {u.name: u.replaced for u in host.units if u.active and u.replaced}
        if found:
            names = sorted({name for replaced in found.values() for name in replaced})
            yield advice(
                host.name,
                f"{host.name}: {len(found)} programs use libraries that were replaced on disk: {', '.join(names)}",
                f"on {host.name}: `systemctl restart {' '.join(sorted(found))}`; an upgrade restarts them anyway",
                f"/proc/PID/maps on {host.name}, (deleted): "
                + "; ".join(f"{unit} {' '.join(replaced)}" for unit, replaced in sorted(found.items())),
            )
