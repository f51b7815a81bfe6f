"""A host that waits for a reboot runs another kernel than it will after the next power cut."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does a host wait for a reboot?",
    when="its package manager left /run/reboot-required",
    says=(ADVICE,),
)
def reboot_wanted(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding with all hosts."""
    hosts = [host.name for host in cloud.hosts if host.reboot_wanted]
    if hosts:
        named = some(hosts)
        yield advice(
            cloud.name,
            f"{cloud.name}: {len(hosts)} hosts wait for a reboot: {named}",
            "reboot them one after the other before the upgrade, so that what they boot into is known",
            f"/run/reboot-required on {named}",
        )
