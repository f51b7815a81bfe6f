"""Reads a whole cloud through its ports, and says what it could not read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from liftlock.cloud.compute import Compute
from liftlock.cloud.file import CloudFile
from liftlock.cloud.model import (
    BalancerNode,
    BrokerNode,
    Cloud,
    DatabaseServer,
    Host,
    NotAsked,
    PlannedHost,
    Role,
    Tenancy,
)
from liftlock.cloud.traces import Backup, Elsewhere
from liftlock.engine.lock import RunLock
from liftlock.errors import LiftlockError, NotAllowed
from liftlock.flow.site import journal_file
from liftlock.knowledge.catalogue import services
from liftlock.ports.api import CloudApi
from liftlock.ports.clock import Clock
from liftlock.ports.hands import Hands
from liftlock.ports.lease import Owned

T = TypeVar("T")


def survey(cloud_file: CloudFile, hands: Hands, *, whole: bool = True, at_once: int = 32) -> Cloud:
    """The cloud as it is now; nothing is changed.

    Without `whole`, what users have is left out, which takes longest, and what a run need not see while it goes on.
    Hosts are read `at_once` at a time. What cannot be read is a value that says so (`reachable=False`) or, where
    there is no such value, a sentence in `problems`; only a defect in liftlock itself raises.
    """
    taken_at = hands.clock.now()
    problems: list[str] = []
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="survey") as pool:
        endpoints = pool.submit(hands.api.endpoints)
        agents = pool.submit(hands.api.agents)
        tenancy = pool.submit(hands.api.tenancy if whole else Tenancy)
        compute = pool.submit(hands.api.compute if whole else Compute)
        server = pool.submit(hands.databases.look)
        broker = pool.submit(hands.broker.look)
        balancers = pool.submit(hands.balancer.look)
        backups: Future[tuple[Backup, ...] | None] = pool.submit(hands.databases.backups)
        owner = pool.submit(hands.lease.look if whole else _nobody)
        hosts = [pool.submit(_look, hands, cloud_file, entry.name, whole=whole) for entry in cloud_file.hosts]
        told = _or(server, lambda why: DatabaseServer(reachable=False, problem=why))
        elsewhere, told = _elsewhere(owner, cloud_file, told)
        return Cloud(
            name=cloud_file.name,
            taken_at=taken_at,
            hosts=tuple(found.result() for found in hosts),
            agents=_or_problem(agents, (), "the services' records of their workers", problems),
            database_server=told,
            broker=_or(broker, lambda why: BrokerNode(reachable=False, problem=why)),
            endpoints=_or_problem(endpoints, (), "the catalogue's endpoints", problems),
            backups=_or_problem(backups, None, "the backups beside the journal", problems),
            elsewhere=elsewhere,
            balancers=_or(balancers, lambda why: _silent_balancers(cloud_file, why)),
            tenancy=_or_problem(tenancy, Tenancy(), "how much users have", problems),
            compute=_or_problem(compute, Compute(), "hypervisors and instances", problems),
            services=cloud_file.services,
            greens=tuple(PlannedHost(g.name, g.replaces, g.memory_mib) for g in cloud_file.green),
            problems=tuple(sorted(problems)),
        )


def survey_api(name: str, api: CloudApi, clock: Clock) -> Cloud:
    """What a cloud's API tells to whoever has no other credentials; nothing is changed.

    What it does not tell to this account is a source of its own that was not asked. Raises `Unreachable` when keystone
    does not let us in: then nothing is known.
    """
    taken_at = clock.now()
    endpoints = api.endpoints()
    problems: list[str] = []
    refused: list[NotAsked] = []
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="survey") as pool:
        agents = pool.submit(api.agents)
        tenancy = pool.submit(api.tenancy)
        compute = pool.submit(api.compute)
        nova = _unless_refused(compute, Compute(), INSTANCES, problems, refused)
        return Cloud(
            name=name,
            taken_at=taken_at,
            hosts=(),
            agents=_unless_refused(agents, (), WORKERS, problems, refused),
            endpoints=endpoints,
            tenancy=_unless_refused(tenancy, Tenancy(), PROJECTS, problems, refused),
            compute=nova if nova.microversion else _version_alone(api),
            services=tuple(s for s in services() if any(e.service == s for e in endpoints)),
            problems=tuple(sorted(problems)),
            not_asked=(*NOT_ASKED, *refused),
        )


def survey_undeclared(
    cloud_file: CloudFile, hands: Hands, left_out: tuple[NotAsked, ...], *, at_once: int = 32
) -> Cloud:
    """As `survey`, of a cloud that nobody has declared, by a cloud file that was made up for it.

    Sources in `left_out` are not asked, and what the API does not tell to this account is such a source too.
    """
    taken_at = hands.clock.now()
    problems: list[str] = []
    refused: list[NotAsked] = []
    asked = {source.what for source in NOT_ASKED} - {source.what for source in left_out}
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="survey") as pool:
        endpoints = pool.submit(hands.api.endpoints)
        agents = pool.submit(hands.api.agents)
        tenancy = pool.submit(hands.api.tenancy)
        compute = pool.submit(hands.api.compute)
        server = pool.submit(hands.databases.look) if DATABASE.what in asked else None
        broker = pool.submit(hands.broker.look) if BROKER.what in asked else None
        balancers = pool.submit(hands.balancer.look) if BALANCERS.what in asked else None
        hosts = [pool.submit(_look, hands, cloud_file, entry.name, whole=True) for entry in cloud_file.hosts]
        return Cloud(
            name=cloud_file.name,
            taken_at=taken_at,
            hosts=tuple(found.result() for found in hosts),
            agents=_unless_refused(agents, (), WORKERS, problems, refused),
            database_server=_or(server, lambda why: DatabaseServer(reachable=False, problem=why))
            if server
            else DatabaseServer(reachable=False),
            broker=_or(broker, lambda why: BrokerNode(reachable=False, problem=why))
            if broker
            else BrokerNode(reachable=False),
            endpoints=_or_problem(endpoints, (), "the catalogue's endpoints", problems),
            balancers=_or(balancers, lambda why: _silent_balancers(cloud_file, why)) if balancers else (),
            tenancy=_unless_refused(tenancy, Tenancy(), PROJECTS, problems, refused),
            compute=_unless_refused(compute, Compute(), INSTANCES, problems, refused),
            services=cloud_file.services,
            problems=tuple(sorted(problems)),
            not_asked=(*left_out, *refused),
        )


def _version_alone(api: CloudApi) -> Compute:
    """What nova tells everybody: its series can be told from that."""
    try:
        return Compute(microversion=api.microversion())
    except (LiftlockError, OSError):
        return Compute()


ADMIN = "an account with the role `admin` in clouds.yaml: services tell this to nobody else by default"
WORKERS = NotAsked("the records of workers", "which of them are dead, stale or disabled", ADMIN)
PROJECTS = NotAsked("what all projects have", "how much users have", ADMIN)
INSTANCES = NotAsked(
    "hypervisors and instances", "whether hosts can be emptied, and which instances cannot move", ADMIN
)
"""What an API tells to administrators only."""

HOSTS = NotAsked(
    "the hosts",
    "what runs on them, in which version, with which configuration, keys, clocks and disks, nor what the target's "
    "own upgrade checks say there",
    "an SSH key that lets root in, or a user who may sudo: `--key`, or `hosts` and `access` in a cloud file",
)
DATABASE = NotAsked(
    "the database server",
    "schemas, nova's cells and records of versions, its connections and its cluster, nor whether another run is "
    "under way",
    "an account that may read the services' schemas: `--database-password-file` beside `--key`, or `databases` in a "
    "cloud file",
)
BROKER = NotAsked(
    "the broker",
    "its version, alarms, cluster, and queues that nobody reads",
    "SSH to a host of the broker: `--key` (and `--host`), or `broker` in a cloud file",
)
BALANCERS = NotAsked(
    "the balancers",
    "which servers are behind them, and how patient they are",
    "SSH to the balancers' hosts: `--key` (and `--host`), or `balancer` in a cloud file",
)
NOT_ASKED = (HOSTS, DATABASE, BROKER, BALANCERS)
"""What an API alone does not tell, and who would."""


def _nobody() -> None:
    """Stands for a lease that is not asked."""


def _elsewhere(
    found: Future[Owned | None], cloud_file: CloudFile, server: DatabaseServer
) -> tuple[Elsewhere | None, DatabaseServer]:
    """Whoever works on the cloud from another bastion; where that could not be asked, the server says so."""
    try:
        owner = found.result()
    except (LiftlockError, OSError):
        # One that does not answer has said so already.
        lacks = "who works on this cloud: SELECT on liftlock.lease"
        return None, replace(server, unread=(*server.unread, lacks)) if server.reachable else server
    here = RunLock.beside(journal_file(cloud_file), "").place
    if owner is None or owner.bastion == here:
        return None, server
    return Elsewhere(owner.holder, owner.silent_s, owner.alive), server


def _look(hands: Hands, cloud_file: CloudFile, name: str, *, whole: bool) -> Host:
    try:
        seen = hands.hosts.look(name)
        if not (whole and seen.key_sets):
            return seen
        going = {r.name: r.due for r in hands.keys.rotations(name) if not r.frozen_by}
        return replace(seen, key_rotations=going)
    except (LiftlockError, OSError) as error:
        return Host(name=name, roles=cloud_file.host(name).roles, reachable=False, problem=_why(error))


def _silent_balancers(cloud_file: CloudFile, why: str) -> tuple[BalancerNode, ...]:
    return tuple(
        BalancerNode(h.name, reachable=False, problem=why) for h in cloud_file.hosts_with(Role.BALANCER)
    )


def _or(found: Future[T], instead: Callable[[str], T]) -> T:
    try:
        return found.result()
    except (LiftlockError, OSError) as error:
        return instead(_why(error))


def _unless_refused(
    found: Future[T], instead: T, source: NotAsked, problems: list[str], refused: list[NotAsked]
) -> T:
    """As `_or_problem`; where these credentials were refused, the source is one that others have to ask."""
    if isinstance(error := found.exception(), NotAllowed):
        refused.append(replace(source, seen=_why(error)))
        return instead
    return _or_problem(found, instead, source.what, problems)


def _or_problem(found: Future[T], instead: T, what: str, problems: list[str]) -> T:
    try:
        return found.result()
    except (LiftlockError, OSError) as error:
        problems.append(f"{what} could not be read: {_why(error)}")
        return instead


def _why(error: LiftlockError | OSError) -> str:
    """One line: what happened, without the parts meant for somebody who ran one command."""
    return error.what if isinstance(error, LiftlockError) else f"{type(error).__name__}: {error}"
