"""What simulated releases say about the simulated cloud."""

from __future__ import annotations

from pathlib import PurePosixPath

from liftlock.cloud.answers import FAILURE, FINE, WARNING, UpgradeAnswer, UpgradeResult
from liftlock.knowledge.catalogue import releases
from liftlock.sim.cloud import Life
from liftlock.sim.faults import Kind
from liftlock.sim.world import series_of

_WARNS = {"nova": "hw_machine_type unset", "neutron": "OVN support for BM provisioning over IPv6 check"}
"""Service -> what it warns about on a healthy tiny cloud (docs/measured.md)."""
_FAILS = UpgradeResult(
    "Older than N-1 computes", FAILURE, "There are computes older than the target supports."
)
_ERROR = 255
_SECONDS = 4.0  # docs/measured.md: nearly all of it Python starting


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
        version = releases()[series_of(release)].versions.get(service, "")
        self._life.cloud.clock.sleep(_SECONDS)
        if self._life.cloud.strikes(Kind.UPGRADE_CHECK_FAILS, host, service):
            return UpgradeAnswer(service, host, version, FAILURE, (_FAILS,))
        if not self._life.cloud.database_answers():
            said = "(2003, \"Can't connect to MySQL server on 'db1'\")"
            return UpgradeAnswer(service, host, version, _ERROR, said=said)
        code = WARNING if service in _WARNS else FINE
        result = UpgradeResult(_WARNS.get(service, "Policy File JSON to YAML Migration"), code)
        return UpgradeAnswer(service, host, version, code, (result,))
