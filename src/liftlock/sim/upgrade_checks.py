"""What simulated releases say about the simulated cloud."""

from __future__ import annotations

from pathlib import PurePosixPath

from liftlock.cloud.answers import FINE, WARNING, UpgradeAnswer, UpgradeResult
from liftlock.knowledge.catalogue import releases
from liftlock.sim.cloud import Life
from liftlock.sim.world import series_of

_WARNS = {"nova": "hw_machine_type unset", "neutron": "OVN support for BM provisioning over IPv6 check"}
"""Service -> what it warns about on a healthy tiny cloud (research/control-plane.md)."""


class SimUpgradeChecks:
    """Keeps the `UpgradeChecks` port: an environment is a release on the host, by the last part of its path."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def ask(self, host: str, environment: str, service: str) -> UpgradeAnswer:
        """One result for each service."""
        release = PurePosixPath(environment).name
        if release not in self._life.reach(host).releases:
            said = f"{environment}/bin/{service}-status: No such file or directory"
            return UpgradeAnswer(service, host, "", -1, said=said)
        code = WARNING if service in _WARNS else FINE
        result = UpgradeResult(_WARNS.get(service, "Policy File JSON to YAML Migration"), code)
        version = releases()[series_of(release)].versions.get(service, "")
        return UpgradeAnswer(service, host, version, code, (result,))
