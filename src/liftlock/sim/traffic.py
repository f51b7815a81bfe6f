"""A simulated balancer that shares requests between blue and green."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from liftlock.cloud.model import Role
from liftlock.errors import BadInput, Refused
from liftlock.knowledge.catalogue import services
from liftlock.ports.by_hand import ByHand
from liftlock.ports.traffic import Server, Share
from liftlock.sim.cloud import Life
from liftlock.sim.faults import Kind
from liftlock.sim.world import SimColours


class SimTraffic:
    """Keeps the `Traffic` port; a server is up while its host runs the service's API and answers.

    Where the cloud has several balancer hosts, the first is written, then the others: two changes.
    """

    def __init__(self, life: Life) -> None:
        self._life = life

    def share(self, service: str) -> Share:
        """How the balancer hosts share requests."""
        now = self._now(service)
        nodes = (now, now.elsewhere) if now.elsewhere else (now,)
        both = [one for one in nodes if one.green]
        green = both[0].green if both else ()
        return Share(
            percent_green=max(one.percent_green for one in nodes),
            green_up=self._up(service, (s.name for s in green)),
            blue_up=self._blue_up(service),
            armed=bool(both),
            open_on_green=now.unanswered.get("green", 0),
            open_on_blue=now.unanswered.get("blue", 0),
            agreed=now.elsewhere is None,
            armed_everywhere=len(both) == len(nodes),
            said=", ".join(
                [f"the first node: {_said(now)}", *(f"the others: {_said(o)}" for o in nodes[1:])]
            ),
        )

    def arm(self, service: str, green: tuple[Server, ...]) -> None:
        """One change on each node, unless the same servers are there."""
        now = self._now(service)
        if not green or {s.name for s in green} & set(now.ordinary):
            raise Refused(
                f"{service}: green needs servers of its own", hint="give them other names than blue's"
            )

        def change(node: SimColours) -> None:
            if (
                node.green
                and node.percent_green == 100
                and {s.name for s in green} <= set(self._blue(service, node))
            ):
                _settle(node)
            if node.green != green and node.percent_green:
                raise Refused(f"{service}: other servers of green get {node.percent_green}% of the requests")
            node.green = green

        self._write(service, f"arm {service}", change)

    def disarm(self, service: str) -> None:
        """One change on each node, unless it is not armed."""

        def change(node: SimColours) -> None:
            if node.percent_green:
                raise Refused(
                    f"{service}: green still gets {node.percent_green}% of the requests",
                    hint="send 0% to green first",
                )
            node.green = ()

        self._write(service, f"disarm {service}", change)

    def send(self, service: str, percent_green: int) -> None:
        """One change on each node, unless the share is that already."""
        if not 0 <= percent_green <= 100:
            raise BadInput(f"{percent_green} is not a share in percent", hint="0 to 100")
        share = self.share(service)
        if not share.armed_everywhere and percent_green:
            raise Refused(f"{service}: green is not armed", hint="arm it first")
        if not share.armed:
            return
        if percent_green and not share.green_up:
            raise Refused(f"{service}: no server of green passes its health check")
        if percent_green < 100 and not share.blue_up:
            raise Refused(f"{service}: no server of blue passes its health check")

        def change(node: SimColours) -> None:
            if node.green:
                node.percent_green = percent_green

        self._write(service, f"send {percent_green}% of {service} to green", change)

    def settle(self, service: str) -> None:
        """One change on each node, unless it is not armed."""

        def change(node: SimColours) -> None:
            if not node.green:
                return
            if node.percent_green < 100 or not self._up(service, (s.name for s in node.green)):
                raise Refused(
                    f"{service}: green does not serve all requests", hint="send 100% to green first"
                )
            _settle(node)

        self._write(service, f"settle {service}", change)

    def back_by_hand(self, services: Sequence[str]) -> ByHand:
        """Words that `SimConsole` understands: the simulated balancer is told its shares in its own tongue."""
        names = " ".join(services)
        return ByHand((f"send-to-blue {names}",), f"show-shares {names}", "every line ends with 0")

    def _write(self, service: str, what: str, change: Callable[[SimColours], None]) -> None:
        """Do the same on the first node and on the others, on each as a change where it changes something."""
        with self._life.cloud.lock:  # lanes may do the same at once: it is one change
            now = self._now(service)
            elsewhere = now.elsewhere or replace(now)
            first, others = replace(now, elsewhere=None), replace(elsewhere)
            change(first)
            if first != replace(now, elsewhere=None):
                with self._life.change(what):
                    now.elsewhere = elsewhere if len(self._nodes()) > 1 and elsewhere != first else None
                    _take(now, first)
            if now.elsewhere:
                change(others)
                with self._life.change(f"{what} on {', '.join(self._nodes()[1:])}"):
                    now.elsewhere = None

    def _nodes(self) -> tuple[str, ...]:
        return tuple(h.name for h in self._life.cloud.hosts.values() if Role.BALANCER in h.roles)

    def _now(self, service: str) -> SimColours:
        self._life.check()
        for name in self._nodes():
            self._life.reach(name)
        return self._life.cloud.colours.setdefault(service, SimColours())

    def _blue_up(self, service: str) -> bool:
        return self._up(service, self._blue(service, self._life.cloud.colours[service]))

    def _blue(self, service: str, node: SimColours) -> tuple[str, ...]:
        """Hosts of blue's servers: what the last lift left, or all that are not green's."""
        others = {s.name for s in node.green}
        api = services()[service].api()
        return node.ordinary or tuple(
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


def _settle(node: SimColours) -> None:
    node.ordinary = tuple(s.name for s in node.green)
    node.green, node.percent_green, node.unanswered = (), 0, {}


def _take(node: SimColours, other: SimColours) -> None:
    """Make a node what the other is, but for what is elsewhere."""
    node.green, node.percent_green = other.green, other.percent_green
    node.ordinary, node.unanswered = other.ordinary, other.unanswered


def _said(node: SimColours) -> str:
    return f"sends {node.percent_green}% to green" if node.green else "no green"
