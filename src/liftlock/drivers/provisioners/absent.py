"""For clouds whose hosts nobody makes: those that are upgraded in place."""

from __future__ import annotations

from typing import NoReturn

from liftlock.errors import BadInput
from liftlock.ports.provisioner import HostOrder


class NoProvisioner:
    """Keeps the `Provisioner` port by refusing."""

    def exists(self, name: str) -> bool:
        """Not as far as anybody can tell."""
        return False

    def running(self, name: str) -> bool:
        """Not as far as anybody can tell."""
        return False

    def create(self, order: HostOrder) -> None:
        """Refuses."""
        self._refuse(order.name)

    def renew(self, order: HostOrder) -> None:
        """Refuses."""
        self._refuse(order.name)

    def power_on(self, name: str) -> None:
        """Refuses."""
        self._refuse(name)

    def power_off(self, name: str) -> None:
        """Refuses."""
        self._refuse(name)

    def destroy(self, name: str) -> None:
        """Refuses."""
        self._refuse(name)

    def _refuse(self, name: str) -> NoReturn:
        raise BadInput(
            f"nobody can make or remove the host {name}: the cloud file declares no provisioner",
            hint="declare `provisioner` (docs/cloud.yaml.example)",
        )
