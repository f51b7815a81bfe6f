"""All ports of a simulated cloud, collected."""

from __future__ import annotations

from liftlock.ports.hands import Hands
from liftlock.sim.api import SimApi, SimBalancer, SimBroker
from liftlock.sim.cloud import Life
from liftlock.sim.configuration import SimConfiguration
from liftlock.sim.databases import SimDatabases
from liftlock.sim.decisions import SimDecisions
from liftlock.sim.deployer import SimDeployer
from liftlock.sim.hosts import SimHosts, SimServices
from liftlock.sim.keys import SimKeys
from liftlock.sim.lease import SimLeases
from liftlock.sim.likeness import SimLikeness
from liftlock.sim.provisioner import SimProvisioner
from liftlock.sim.traffic import SimTraffic
from liftlock.sim.upgrade_checks import SimUpgradeChecks


def hands_of(life: Life) -> Hands:
    """Hands that act on the cloud of `life` for as long as that lasts."""
    return Hands(
        hosts=SimHosts(life),
        services=SimServices(life),
        deployer=SimDeployer(life),
        configuration=SimConfiguration(life),
        databases=SimDatabases(life),
        broker=SimBroker(life),
        balancer=SimBalancer(life),
        api=SimApi(life),
        clock=life.cloud.clock,
        traffic=SimTraffic(life),
        likeness=SimLikeness(life),
        provisioner=SimProvisioner(life),
        keys=SimKeys(life),
        lease=SimLeases(life),
        upgrade_checks=SimUpgradeChecks(life),
        decisions=SimDecisions(life),
    )
