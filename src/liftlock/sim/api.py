"""What a simulated cloud says about itself: its APIs, its broker and its balancer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from liftlock.cloud.compute import Compute
from liftlock.cloud.model import Agent, BackendServer, BalancerNode, BrokerNode, Endpoint, Role, Tenancy
from liftlock.errors import Refused, StepFailed, Unreachable
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.microversions import newest_microversions
from liftlock.knowledge.nova_versions import written_by
from liftlock.ports.api import Sample
from liftlock.sim.cloud import Life
from liftlock.sim.faults import Kind
from liftlock.sim.world import age, series_of

_CERTIFICATE_DAYS = 364.0


class SimApi:
    """Keeps the `CloudApi` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Public and internal entrance of every service that is in the catalogue."""
        self._ask_keystone()
        found = []
        for name in self._life.cloud.services:
            service = services()[name]
            api = service.api()
            if api is None or not service.catalogue_type:
                continue
            status = 200 if self._life.cloud.serves(name) else 503
            found.append(
                Endpoint(
                    name, "public", f"https://lb1:{api.port}", status, certificate_days_left=_CERTIFICATE_DAYS
                )
            )
            found.append(Endpoint(name, "internal", f"http://lb1:{api.port}", status))
        return tuple(found)

    def agents(self) -> tuple[Agent, ...]:
        """Every worker of every service whose API answers."""
        self._ask_keystone()
        now = self._life.cloud.clock.now()
        found = []
        for name in self._life.cloud.services:
            if not self._life.cloud.serves(name):
                continue
            for part in services()[name].parts:
                for host in self._life.cloud.hosts.values():
                    unit = host.units.get(part.name)
                    if not part.agent or unit is None or (unit.forgotten and not unit.active):
                        continue
                    alive = unit.active and not self._life.cloud.strikes(Kind.HOST_UNREACHABLE, host.name)
                    version = written_by(series_of(unit.release or host.current))
                    found.append(
                        Agent(
                            kind=part.agent,
                            service=name,
                            host=host.name,
                            alive=alive and unit.restarts == 0,
                            enabled=True,
                            seconds_since_report=1.0 if alive else max(60.0, now - unit.stopped_at),
                            version=version if name == "nova" else None,
                        )
                    )
        return tuple(found)

    def tenancy(self) -> Tenancy:
        """What the snapshot had."""
        self._ask_keystone()
        return self._life.cloud.tenancy

    def compute(self) -> Compute:
        """What the snapshot had, at the microversion of the code that runs."""
        self._ask_keystone()
        if not self._life.cloud.serves("nova"):
            raise Unreachable("nova does not tell its hypervisors and instances: it answers 503")
        running = self._life.cloud.series_running("nova-api")
        newest = newest_microversions().get(min(running, key=age), "") if running else ""
        return replace(self._life.cloud.compute, microversion=newest)

    def microversion(self) -> str:
        """As `compute` tells it."""
        return self.compute().microversion

    def answers(self, service: str) -> bool:
        """Whether its front door serves; every service needs keystone for that."""
        self._life.check()
        cloud = self._life.cloud
        if any(
            cloud.strikes(Kind.HOST_UNREACHABLE, h.name)
            for h in cloud.hosts.values()
            if Role.BALANCER in h.roles
        ):
            return False
        return cloud.serves(service) and (service == "keystone" or cloud.serves("keystone"))

    def _ask_keystone(self) -> None:
        if not self.answers("keystone"):
            raise Unreachable(
                "https://lb1:5000: keystone does not answer",
                now="what the APIs would say is not known",
                hint="see whether keystone-api runs, then ask again",
            )

    def sample(self, service: str, hosts: Sequence[str], requests: int) -> Sample:
        """All good when the service's API runs on all of the hosts, all failed otherwise."""
        self._ask_keystone()
        return self._sample(service, hosts, requests)

    def compare(
        self, service: str, blue: Sequence[str], green: Sequence[str], requests: int
    ) -> tuple[Sample, Sample]:
        """A colour is all good when the service's API runs on all of its hosts, all failed otherwise."""
        self._ask_keystone()
        return self._sample(service, blue, requests), self._sample(service, green, requests)

    def _sample(self, service: str, hosts: Sequence[str], requests: int) -> Sample:
        api = services()[service].api()
        units = [self._life.reach(host).units.get(api.name) for host in hosts] if api else []
        good = bool(units) and all(unit is not None and unit.active for unit in units)
        return Sample(requests, 0 if good else requests, 20.0)

    def forget_agents(self, service: str, hosts: Sequence[str]) -> None:
        """Units that do not run leave no record behind; one that runs is an error."""
        for name in hosts:
            for part in services()[service].parts:
                unit = self._life.cloud.hosts[name].units.get(part.name)
                if part.agent and unit and unit.active:
                    raise Refused(f"{part.name} on {name} still runs", hint="stop it first")
        with self._life.change(f"forget {service}'s workers on {', '.join(hosts)}"):
            for name in hosts:
                for part in services()[service].parts:
                    if unit := self._life.cloud.hosts[name].units.get(part.name):
                        unit.forgotten = True


class SimBroker:
    """Keeps the `Broker` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def look(self) -> BrokerNode:
        """The broker of the snapshot, as long as its host answers."""
        self._life.check()
        cloud = self._life.cloud
        if any(
            cloud.strikes(Kind.HOST_UNREACHABLE, h.name)
            for h in cloud.hosts.values()
            if Role.BROKER in h.roles
        ):
            return BrokerNode(reachable=False, problem="the broker's host does not answer")
        return replace(cloud.broker, messages=sum(cloud.vhosts.values()))

    def ensure_vhost(self, name: str, like: str) -> None:
        """Make it; permissions are not simulated."""
        self._reach()
        if like not in self._life.cloud.vhosts:
            raise StepFailed(f"the broker has no virtual host {like}", hint="name one that it has")
        if name not in self._life.cloud.vhosts:
            with self._life.change(f"make the virtual host {name}"):
                self._life.cloud.vhosts[name] = 0

    def remove_vhost(self, name: str) -> None:
        """Remove it with its messages; never the one the broker is born with."""
        self._reach()
        if name == "/":
            raise Refused("the virtual host / is not liftlock's to remove", hint="name another")
        if name in self._life.cloud.vhosts:
            with self._life.change(f"remove the virtual host {name}"):
                del self._life.cloud.vhosts[name]

    def listeners(self, topic: str, vhost: str) -> tuple[str, ...]:
        """Hosts on which a part that takes calls on this topic is active; none without the virtual host."""
        self._reach()
        if vhost not in self._life.cloud.vhosts:
            return ()
        parts = [p.name for s in services().values() for p in s.parts if topic in p.topics]
        hosts = self._life.cloud.hosts.values()
        return tuple(sorted(h.name for h in hosts if any(n in h.units and h.units[n].active for n in parts)))

    def has_vhost(self, name: str) -> bool:
        """As it was made and removed."""
        self._reach()
        return name in self._life.cloud.vhosts

    def _reach(self) -> None:
        seen = self.look()
        if not seen.reachable:
            raise Unreachable(
                seen.problem, hint="see whether the broker's host is on, then `liftlock resume`"
            )


class SimBalancer:
    """Keeps the `Balancer` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def look(self) -> tuple[BalancerNode, ...]:
        """One node per balancer host, one server per service and control host."""
        self._life.check()
        cloud = self._life.cloud
        nodes = []
        for host in cloud.hosts.values():
            if Role.BALANCER not in host.roles:
                continue
            if cloud.strikes(Kind.HOST_UNREACHABLE, host.name):
                nodes.append(BalancerNode(host.name, reachable=False, problem=f"{host.name} does not answer"))
            else:
                nodes.append(
                    BalancerNode(
                        host.name,
                        reachable=True,
                        version="2.6.12",
                        servers=self._servers(),
                        keeps_state=True,
                        retries_on=("conn-failure",),
                        check_s=10.0,
                    )
                )
        return tuple(nodes)

    def _servers(self) -> tuple[BackendServer, ...]:
        return tuple(
            BackendServer(name, host.name, up=unit.active, weight=100, retries=0, fall=3)
            for name in self._life.cloud.services
            if (api := services()[name].api()) is not None
            for host in self._life.cloud.hosts.values()
            if (unit := host.units.get(api.name)) is not None
        )
