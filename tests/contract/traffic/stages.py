"""One service behind a balancer that keeps the `Traffic` port: simulated, or a pair of real HAProxy nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from liftlock.ports.by_hand import ByHand
from liftlock.ports.traffic import Server, Traffic
from liftlock.sim.cloud import Life, SimCloud
from liftlock.sim.console import SimConsole
from liftlock.sim.faults import Fault, Kind
from liftlock.sim.traffic import SimTraffic
from liftlock.sim.world import SimHost, SimUnit
from tests.contract.traffic.rig import rig, wait_for

SERVICE, OTHER = "nova", "keystone"


@dataclass
class Stage:
    """Both colours run; green is not armed."""

    traffic: Traffic
    hurried: Traffic
    """The same balancer, by a liftlock that does not wait long for health checks."""
    green: tuple[Server, ...]
    blue: tuple[Server, ...]
    """Where blue's are, once they are out of the balancer."""
    kill: Callable[[str], None]
    """The servers of a colour die; returns when every node saw it."""
    revive: Callable[[str], None]
    away: Callable[[], str]
    """A balancer node goes away; its name."""
    back: Callable[[], None]
    traces: Callable[[], object]
    """What every change leaves a trace in."""
    type: Callable[[ByHand], list[str]]
    """A person types it on every node; what the look shows then, node by node."""

    def until(self, condition: Callable[[], bool], what: str) -> None:
        wait_for(condition, what)


@contextmanager
def simulated() -> Iterator[Stage]:
    cloud = SimCloud.tiny()
    unit = "nova-api"
    cloud.hosts["ctl-green"] = SimHost("ctl-green", (), units={unit: SimUnit(active=True)})
    port = SimTraffic(Life(cloud))
    homes = {"green": "ctl-green", "blue": "ctl-blue"}
    away = Fault(Kind.HOST_UNREACHABLE, "lb1")
    console = SimConsole(cloud)

    def stand(colour: str, *, active: bool) -> None:
        cloud.hosts[homes[colour]].units[unit].active = active

    def leave() -> str:
        cloud.break_down(away)
        return "lb1"

    yield Stage(
        port,
        port,
        (Server("ctl-green", "10.0.0.3", 8774),),
        (Server("ctl-blue", "10.0.0.2", 8774),),
        kill=lambda colour: stand(colour, active=False),
        revive=lambda colour: stand(colour, active=True),
        away=leave,
        back=lambda: cloud.heal(away),
        traces=lambda: list(cloud.changes),
        type=lambda page: [[console.type("lb1", line) for line in (*page.commands, page.look)][-1]],
    )


@contextmanager
def real() -> Iterator[Stage]:
    with rig() as built:
        colours = {"green": built.green[SERVICE], "blue": built.blue[SERVICE]}

        def leave() -> str:
            built.shell.away.add("lb2")
            return "lb2"

        alone = [built.traffic(nodes=(name,)) for name in built.nodes]

        def up(traffic: Traffic, colour: str) -> bool:
            share = traffic.share(SERVICE)
            return share.armed and (share.green_up if colour == "green" else share.blue_up)

        def kill(colour: str) -> None:
            colours[colour][0].kill()
            wait_for(
                lambda: not any(up(traffic, colour) for traffic in alone), f"{colour}'s death was not seen"
            )

        def type_everywhere(page: ByHand) -> list[str]:
            for name in built.nodes:
                for line in page.commands:
                    assert built.shell.run(name, line).ok
            return [built.shell.run(name, page.look).out for name in built.nodes]

        yield Stage(
            built.traffic(),
            built.traffic(patience_s=0.0),
            built.servers(SERVICE),
            tuple(backer.server for backer in built.blue[SERVICE]),
            kill=kill,
            revive=lambda colour: colours[colour][0].start(),
            away=leave,
            back=built.shell.away.clear,
            traces=lambda: [(n.worker, n.file.read_text(), n.says("show map")) for n in built.nodes.values()],
            type=type_everywhere,
        )
