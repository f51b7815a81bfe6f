"""Everything that may be done to a cloud, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from liftlock.ports.api import CloudApi
from liftlock.ports.balancer import Balancer
from liftlock.ports.broker import Broker
from liftlock.ports.clock import Clock
from liftlock.ports.configuration import Configuration
from liftlock.ports.databases import Databases
from liftlock.ports.decisions import Decisions
from liftlock.ports.deployer import Deployer
from liftlock.ports.hosts import Hosts
from liftlock.ports.keys import Keys
from liftlock.ports.lease import Lease
from liftlock.ports.likeness import Likeness
from liftlock.ports.provisioner import Provisioner
from liftlock.ports.services import Services
from liftlock.ports.traffic import Traffic
from liftlock.ports.upgrade_checks import UpgradeChecks


@dataclass(frozen=True, slots=True)
class Hands:
    """The ports a step or a survey acts through; real drivers or the simulator."""

    hosts: Hosts
    services: Services
    deployer: Deployer
    configuration: Configuration
    databases: Databases
    broker: Broker
    balancer: Balancer
    api: CloudApi
    traffic: Traffic
    likeness: Likeness
    provisioner: Provisioner
    keys: Keys
    lease: Lease
    upgrade_checks: UpgradeChecks
    decisions: Decisions
    clock: Clock

    def at(self, clock: Clock) -> Hands:
        """The same hands by another clock."""
        return replace(self, clock=clock)
