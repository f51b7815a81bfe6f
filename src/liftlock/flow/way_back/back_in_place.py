"""back in place: what a restore of an upgrade in place is arranged from. Changes nothing itself."""

from __future__ import annotations

import time
from collections.abc import Mapping

from liftlock.cloud.facts import release_fact
from liftlock.cloud.model import Cloud
from liftlock.flow.site import Site
from liftlock.plan.model import Lift, Plan
from liftlock.steps.releases import SwitchRelease
from liftlock.strategies.order import Order


def order_of_before(
    site: Site,
    cloud: Cloud,
    lift: Lift,
    upgrade: Plan,
    *,
    runs: frozenset[tuple[str, str]],
    agents: Mapping[str, tuple[str, ...]],
) -> Order:
    """The control hosts with the very release that ran before the upgrade, and what ran there and reported.

    Not the release that liftlock would install for that series today: it may have another one by now, or none; what
    ran lies on the hosts. Control hosts may run two releases: the upgrade may have been cut while it switched them.
    """
    made_at = site.hands.clock.now()
    return Order(
        cloud=cloud,
        lift=lift,
        mark=time.strftime("%Y%m%dt%H%M%S", time.gmtime(made_at)),
        made_at=made_at,
        target_release=release_before(upgrade),
        options_now={},
        runs=runs,
        greens=(),
        agents=agents,
    )


def release_before(upgrade: Plan) -> str:
    """What the control hosts ran when the upgrade was planned: one release, else there was no plan."""
    switches = (s for _, s in upgrade.steps() if isinstance(s, SwitchRelease))
    return next(upgrade.facts.get(release_fact(s.host), s.release_before) for s in switches)
