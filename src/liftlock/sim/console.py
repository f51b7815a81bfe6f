"""A person's root shell on simulated hosts, for what is typed by hand."""

from __future__ import annotations

import shlex

from liftlock.cloud.model import Role
from liftlock.errors import BadInput, Unreachable
from liftlock.sim.cloud import SimCloud


class SimConsole:
    """Understands what `by_hand` and `back_by_hand` of this room say, and nothing else."""

    def __init__(self, cloud: SimCloud) -> None:
        self._cloud = cloud

    def type(self, host: str, line: str) -> str:
        """Do what the line says and return what it prints; raises `BadInput` for a line no host of here knows."""
        if host not in self._cloud.hosts:
            raise Unreachable(f"{host}: no such host", hint="type it on a host of the cloud")
        match shlex.split(line):
            case ["systemctl", "enable", "--now", *units]:
                return self._switch(host, units, on=True)
            case ["systemctl", "disable", "--now", *units]:
                return self._switch(host, units, on=False)
            case ["systemctl", "is-active", *units]:
                seen = (self._cloud.hands.services.look(host, _part(unit)) for unit in units)
                return "".join(f"{'active' if unit and unit.active else 'inactive'}\n" for unit in seen)
            case ["send-to-blue", *names] if Role.BALANCER in self._cloud.hosts[host].roles:
                for name in names:
                    self._cloud.hands.traffic.send(name, 0)
                return ""
            case ["show-shares", *names] if Role.BALANCER in self._cloud.hosts[host].roles:
                traffic = self._cloud.hands.traffic
                return "".join(f"{name} {traffic.share(name).percent_green}\n" for name in names)
        raise BadInput(f"{host}: {line.partition(' ')[0]}: command not found", hint="see `sim/console`")

    def _switch(self, host: str, units: list[str], *, on: bool) -> str:
        for unit in units:
            (self._cloud.hands.services.start if on else self._cloud.hands.services.stop)(host, _part(unit))
        return ""


def _part(unit: str) -> str:
    return unit.removesuffix(".service")
