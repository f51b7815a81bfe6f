"""A simulated balancer that shares requests between blue and green."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from liftlock.cloud.model import Role
from liftlock.errors import BadInput, Refused
from liftlock.knowledge.catalogue import services
from liftlock.ports.by_hand import ByHand
from liftlock.ports.traffic import Server, Share
from liftlock.sim.cloud import Life
from liftlock.sim.faults import Kind
from liftlock.sim.world import SimColours


class SimTraffic:
    """Keeps the `Traffic` port; a server is up while its host runs the service's API and answers."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def share(self, service: str) -> Share:
        """How the one balancer shares requests."""
        now = self._now(service)
        return Share(
            percent_green=now.percent_green,
            green_up=self._up(service, (s.name for s in now.green)),
            blue_up=self._blue_up(service),
            armed=bool(now.green),
            open_on_green=now.unanswered.get("green", 0),
            open_on_blue=now.unanswered.get("blue", 0),
        )

    def arm(self, service: str, green: tuple[Server, ...]) -> None:
        """One change, unless the same servers are there."""
        now = self._now(service)
        if now.green == green:
            return
        if now.percent_green:
            raise Refused(f"{service}: other servers of green get {now.percent_green}% of the requests")
        if not green or {s.name for s in green} & set(now.ordinary):
            raise Refused(
                f"{service}: green needs servers of its own", hint="give them other names than blue's"
            )
        with self._life.change(f"arm {service}"):
            now.green = green

    def disarm(self, service: str) -> None:
        """One change, unless it is not armed."""
        now = self._now(service)
        if now.percent_green:
            raise Refused(
                f"{service}: green still gets {now.percent_green}% of the requests",
                hint="send 0% to green first",
            )
        if now.green:
            with self._life.change(f"disarm {service}"):
                now.green = ()

    def send(self, service: str, percent_green: int) -> None:
        """One change, unless the share is that already."""
        if not 0 <= percent_green <= 100:
            raise BadInput(f"{percent_green} is not a share in percent", hint="0 to 100")
        now = self._now(service)
        if not now.green:
            if percent_green:
                raise Refused(f"{service}: green is not armed", hint="arm it first")
            return
        if percent_green and not self._up(service, (s.name for s in now.green)):
            raise Refused(f"{service}: no server of green passes its health check")
        if percent_green < 100 and not self._blue_up(service):
            raise Refused(f"{service}: no server of blue passes its health check")
        with self._life.cloud.lock:  # lanes may send the same at once: it is one change
            if percent_green != now.percent_green:
                with self._life.change(f"send {percent_green}% of {service} to green"):
                    now.percent_green = percent_green

    def settle(self, service: str) -> None:
        """One change, unless it is not armed."""
        now = self._now(service)
        if not now.green:
            return
        if now.percent_green < 100 or not self._up(service, (s.name for s in now.green)):
            raise Refused(f"{service}: green does not serve all requests", hint="send 100% to green first")
        with self._life.change(f"settle {service}"):
            self._life.cloud.colours[service] = SimColours(ordinary=tuple(s.name for s in now.green))

    def back_by_hand(self, services: Sequence[str]) -> ByHand:
        """Words that `SimConsole` understands: the simulated balancer is told its shares in its own tongue."""
        names = " ".join(services)
        return ByHand((f"send-to-blue {names}",), f"show-shares {names}", "every line ends with 0")

    def _now(self, service: str) -> SimColours:
        self._life.check()
        for host in self._life.cloud.hosts.values():
            if Role.BALANCER in host.roles:
                self._life.reach(host.name)
        return self._life.cloud.colours.setdefault(service, SimColours())

    def _blue_up(self, service: str) -> bool:
        return self._up(service, self._blue(service, self._life.cloud.colours[service].green))

    def _blue(self, service: str, green: Iterable[Server]) -> tuple[str, ...]:
        """Hosts of blue's servers: what the last lift left, or all that are not green's."""
        left = self._life.cloud.colours[service].ordinary
        others = {s.name for s in green}
        api = services()[service].api()
        return left or tuple(
            host.name
            for host in self._life.cloud.hosts.values()
            if api is not None and api.name in host.units and host.name not in others
        )

    def _up(self, service: str, names: Iterable[str]) -> bool:
        cloud, api = self._life.cloud, services()[service].api()
        return api is not None and any(
            cloud.hosts[name].units[api.name].active and not cloud.strikes(Kind.HOST_UNREACHABLE, name)
            for name in names
            if name in cloud.hosts and api.name in cloud.hosts[name].units
        )
