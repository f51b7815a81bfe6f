"""Simulated hosts, made and removed."""

from __future__ import annotations

from liftlock.cloud.model import Role
from liftlock.errors import StepFailed
from liftlock.ports.provisioner import HostOrder
from liftlock.sim.cloud import Life
from liftlock.sim.world import SimHost

_BOOT_S = 2.7  # docs/measured.md: from order to SSH


class SimProvisioner:
    """Keeps the `Provisioner` port; what it makes is a control host."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def exists(self, name: str) -> bool:
        """Whether the host was made, running or not."""
        self._life.check()
        return name in self._life.cloud.hosts

    def running(self, name: str) -> bool:
        """Whether it is powered on."""
        return self.exists(name) and self._life.cloud.hosts[name].is_on

    def create(self, order: HostOrder) -> None:
        """Make it, power it on."""
        if not self.exists(order.name):
            with self._life.change(f"make {order.name}"):
                self._life.cloud.hosts[order.name] = _host(order)
            self._life.cloud.clock.sleep(_BOOT_S)
            return
        self._refuse_another(order)
        self.power_on(order.name)

    def renew(self, order: HostOrder) -> None:
        """Make it, anew if it is off, power it on."""
        if self.exists(order.name) and not self.running(order.name):
            self._refuse_another(order)
            self.destroy(order.name)
        self.create(order)

    def _refuse_another(self, order: HostOrder) -> None:
        made = self._life.cloud.hosts[order.name].order
        if made != order:
            raise StepFailed(
                f"{order.name} exists and was {'not made by an order' if made is None else f'made to {made}'}",
                now=f"{order.name} is as it was",
                hint=f"remove {order.name}, or give the new host another name",
            )

    def power_on(self, name: str) -> None:
        """Boot it; enabled units start with the current release."""
        host = self._host(name)
        if host.is_on:
            return
        with self._life.change(f"power on {name}"):
            host.is_on = True
            host.boot_id = f"boot-{name}-{len(self._life.cloud.changes)}"
            for unit in host.units.values():
                if unit.enabled:
                    unit.active, unit.release = True, host.current
        self._life.cloud.clock.sleep(_BOOT_S)

    def power_off(self, name: str) -> None:
        """Everything on it stops at once."""
        host = self._host(name)
        if not host.is_on:
            return
        with self._life.change(f"power off {name}"):
            host.is_on = False
            for unit in host.units.values():
                if unit.active:
                    unit.active, unit.stopped_at = False, self._life.cloud.clock.now()

    def destroy(self, name: str) -> None:
        """Remove it with its disk."""
        if self.exists(name):
            with self._life.change(f"remove {name}"):
                del self._life.cloud.hosts[name]

    def _host(self, name: str) -> SimHost:
        if not self.exists(name):
            raise StepFailed(f"the host {name} was not made", hint="order it first")
        return self._life.cloud.hosts[name]


def _host(order: HostOrder) -> SimHost:
    return SimHost(
        name=order.name,
        roles=(Role.CONTROL,),
        system="debian 13" if "trixie" in order.image else "debian 12",
        boot_id=f"boot-{order.name}-1",
        memory_mib=order.memory_mib,
        current=order.release,
        releases={order.release} if order.release else set(),
        order=order,
    )
