"""The workaround lets nova start beside computes that are too old, and hides the ones that will fail."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.surveyed_options import TRUE


@check(
    "Is nova's guard against old computes switched off?",
    when="`[workarounds] disable_compute_service_check_for_ffu` is true on a host",
    says=(RISK,),
)
def version_guard_off(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding with all hosts."""
    name = "disable_compute_service_check_for_ffu"
    hosts = [h.name for h in cloud.hosts if (h.option("nova", "workarounds", name) or "").lower() in TRUE]
    if hosts:
        named = some(hosts)
        yield risk(
            "nova",
            f"nova: its guard against computes that are too old is switched off on {named}",
            f"remove `{name}` from [workarounds] once all computes are new enough, and restart nova",
            f"nova.conf on {named}: [workarounds] {name} = true",
        )
