"""nova-compute finds its record by the id in its file: with another one it makes no new record, it does not start."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

LIBVIRTS = ("QEMU", "KVM")
"""Kinds of hypervisors whose driver reads the file (`nova/virt/node.py`, 31.3; others make up names of their own)."""


@check(
    "Would every nova-compute find its own record after a restart?",
    when="compute_id on a host with libvirt is another than nova's record of the host has",
    says=(RISK,),
)
def compute_id_differs(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host; silent where the file or the record was not read, and where a host has several records."""
    records: dict[str, list[str]] = {}
    for hypervisor in cloud.compute.hypervisors:
        if hypervisor.id and hypervisor.kind in LIBVIRTS:
            records.setdefault(hypervisor.host.partition(".")[0], []).append(hypervisor.id)
    for host in cloud.hosts:
        said = host.option("nova", "DEFAULT", "host") or host.hostname or host.name
        known = records.get(said.partition(".")[0], [])
        if host.compute_id and len(known) == 1 and host.compute_id != known[0]:
            yield risk(
                host.name,
                f"{host.name}: nova-compute goes by {host.compute_id} after a restart, and nova's record of it is "
                f"{known[0]}",
                f"before it is restarted: write {known[0]} into compute_id on {host.name} if the host was not "
                "reinstalled; if it was, remove the old record with its instances settled first",
                f"compute_id on {host.name}: {host.compute_id}; id of its hypervisor in nova's API: {known[0]}",
            )
