"""What a release that does not run yet says about the cloud it would take over."""

from __future__ import annotations

from typing import Protocol

from liftlock.cloud.answers import UpgradeAnswer


class UpgradeChecks(Protocol):
    """Asks the upgrade checks that services bring themselves; they read configuration and databases."""

    def ask(self, host: str, environment: str, service: str) -> UpgradeAnswer:
        """What the service's check of the release in the folder `environment` on `host` answers. Changes nothing.

        A check that is not there, fails or does not end is an answer too. Raises `Unreachable`.
        """
