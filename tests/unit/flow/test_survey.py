"""The survey: everything is read at once, and what cannot be read is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier

import pytest

from liftlock.checks.registry import examine
from liftlock.cloud.compute import Compute
from liftlock.cloud.facts import facts
from liftlock.cloud.file import CloudFile, parse
from liftlock.cloud.model import (
    Agent,
    BalancerNode,
    BrokerNode,
    DatabaseServer,
    Endpoint,
    Host,
    Role,
    Tenancy,
)
from liftlock.cloud.traces import Backup
from liftlock.cloud.versions import series_named, series_of_cloud
from liftlock.engine.lock import RunLock
from liftlock.errors import NotAllowed, Unreachable
from liftlock.flow.site import journal_file
from liftlock.flow.survey import BALANCERS, BROKER, DATABASE, survey, survey_undeclared
from liftlock.ports.hands import Hands
from liftlock.ports.lease import Holder
from liftlock.sim.cloud import SimCloud
from tests.clouds import small_cloud
from tests.sites import CLOUD_FILE

FILE: CloudFile = parse(CLOUD_FILE, Path("/srv/cloud.yaml"))


class Broken:
    """Stands in for any port whose other end is gone."""

    def look(self, host: str = "") -> Host:
        raise Unreachable("connection refused")

    def endpoints(self) -> tuple[Endpoint, ...]:
        raise Unreachable("keystone refuses our password")

    def agents(self) -> tuple[Agent, ...]:
        raise TimeoutError("timed out")

    def tenancy(self) -> Tenancy:
        raise Unreachable("nova answers 503")

    def compute(self) -> Compute:
        raise Unreachable("nova answers 503")

    def backups(self) -> tuple[Backup, ...]:
        raise PermissionError("permission denied")


@dataclass
class MeetingHosts:
    """Hosts that can only be read when two of them are read at the same moment."""

    barrier: Barrier

    def look(self, host: str) -> Host:
        self.barrier.wait(timeout=60)
        return Host(name=host, roles=(), reachable=True)


def hands() -> Hands:
    return SimCloud.tiny().hands


def test_a_simulated_cloud_is_read_whole_and_nothing_is_wrong_with_it() -> None:
    cloud = survey(FILE, hands())
    assert [h.name for h in cloud.hosts] == [h.name for h in FILE.hosts]
    assert cloud.host("ctl-blue").has(Role.CONTROL)
    assert cloud.name == "tiny"
    assert cloud.problems == ()
    assert [f.name for f in examine(cloud, series_named("2026.1"))] == [
        "policy_widened:nova",
        "server_alone:lb1",
    ]


def test_backups_a_run_elsewhere_and_rotations_of_keys_are_in_the_snapshot() -> None:
    world = SimCloud.tiny()
    world.hands.databases.back_up(("keystone",), "first")
    world.hands.databases.prove(("keystone",), "first")
    world.hands.lease.take(Holder("kim", 7, "bastion-2", world.clock.now()), "bastion-2:/srv/lock")
    world.hosts["ctl-blue"].rotations = {"/etc/cron.d/keystone": "", "/etc/cron.d/old": "lift-1"}
    world.hosts["ctl-blue"].files["/etc/keystone/fernet-keys/0"] = "key"
    cloud = survey(FILE, world.hands)
    assert cloud.backups is not None
    assert [(b.name, b.databases, b.proven) for b in cloud.backups] == [("first", ("keystone",), True)]
    assert cloud.elsewhere is not None
    assert cloud.elsewhere.alive
    assert cloud.elsewhere.who.startswith("kim, process 7 on bastion-2")
    assert cloud.host("ctl-blue").key_rotations == {"/etc/cron.d/keystone": 0.0}


def test_a_run_of_this_bastion_is_not_elsewhere() -> None:
    world = SimCloud.tiny()
    lock = RunLock.beside(journal_file(FILE), "kim")
    world.hands.lease.take(Holder("kim", 7, "here", world.clock.now()), lock.place)
    assert survey(FILE, world.hands).elsewhere is None


def test_a_lease_that_may_not_be_read_is_told_of_as_every_other_right_that_is_missing() -> None:
    cloud = survey(FILE, replace(hands(), lease=Broken()))  # type: ignore[arg-type]
    assert cloud.database_server.unread == ("who works on this cloud: SELECT on liftlock.lease",)
    assert cloud.elsewhere is None


def test_a_survey_that_is_not_whole_has_the_same_facts_and_asks_for_no_users_things() -> None:
    whole, less = survey(FILE, hands()), survey(FILE, hands(), whole=False)
    assert facts(whole) == facts(less)
    assert whole.compute.instances
    assert (less.compute, less.tenancy) == (Compute(), Tenancy())


def test_the_survey_changes_nothing() -> None:
    world = SimCloud.tiny()
    survey(FILE, world.hands)
    assert world.changes == []


def test_what_does_not_answer_is_a_value_or_a_sentence_and_never_an_exception() -> None:
    broken = Broken()
    cloud = survey(
        FILE,
        replace(hands(), hosts=broken, api=broken, databases=broken, broker=broken, balancer=broken),  # type: ignore[arg-type]
    )
    assert cloud.host("cmp1") == Host("cmp1", (Role.COMPUTE,), reachable=False, problem="connection refused")
    assert cloud.database_server == DatabaseServer(reachable=False, problem="connection refused")
    assert cloud.broker == BrokerNode(reachable=False, problem="connection refused")
    assert cloud.balancers == (BalancerNode("lb1", reachable=False, problem="connection refused"),)
    assert cloud.problems == (
        "how much users have could not be read: nova answers 503",
        "hypervisors and instances could not be read: nova answers 503",
        "the backups beside the journal could not be read: PermissionError: permission denied",
        "the catalogue's endpoints could not be read: keystone refuses our password",
        "the services' records of their workers could not be read: TimeoutError: timed out",
    )


def test_one_silent_host_does_not_hide_the_others() -> None:
    real = hands()

    class OneSilent:
        def names(self) -> tuple[str, ...]:
            return real.hosts.names()

        def look(self, host: str) -> Host:
            if host == "cmp1":
                raise Unreachable("no route to host")
            return real.hosts.look(host)

    cloud = survey(FILE, replace(real, hosts=OneSilent()))
    assert [h.name for h in cloud.hosts if not h.reachable] == ["cmp1"]


def test_a_defect_of_ours_is_not_hidden() -> None:
    class Wrong(Broken):
        def look(self, host: str = "") -> Host:
            raise AttributeError("a defect")

    with pytest.raises(AttributeError):
        survey(FILE, replace(hands(), hosts=Wrong()))  # type: ignore[arg-type]


def test_hosts_are_read_side_by_side() -> None:
    two = parse(
        CLOUD_FILE.replace("  cmp1: {address: 10.77.0.31, roles: [compute]}\n", ""), Path("/srv/cloud.yaml")
    )
    assert len(two.hosts) == 4
    cloud = survey(two, replace(hands(), hosts=MeetingHosts(Barrier(4))))  # type: ignore[arg-type]
    assert all(h.reachable for h in cloud.hosts)


def test_the_small_cloud_of_the_tests_and_the_simulators_are_of_one_shape() -> None:
    ours, theirs = small_cloud(), survey(FILE, hands())
    assert {h.name: h.roles for h in ours.hosts} == {h.name: h.roles for h in theirs.hosts}
    assert {a.kind for a in ours.agents} == {a.kind for a in theirs.agents}
    assert {d.name for d in ours.database_server.databases} == {
        d.name for d in theirs.database_server.databases
    }


def test_of_an_undeclared_cloud_each_source_without_credentials_is_one_that_was_not_asked() -> None:
    hands = SimCloud.tiny().hands
    whole = survey_undeclared(FILE, hands, ())
    assert (whole.not_asked, whole.problems) == ((), ())
    assert replace(whole, taken_at=0) == replace(survey(FILE, hands), taken_at=0, backups=None, greens=())
    mute = replace(hands, databases=Broken(), broker=Broken(), balancer=Broken())  # type: ignore[arg-type]
    cloud = survey_undeclared(FILE, mute, (DATABASE, BROKER, BALANCERS))
    assert cloud.hosts == whole.hosts
    found = examine(cloud, series_named("2026.1"))
    assert [f.name for f in found if f.severity == "blocker"] == []
    assert {f.about for f in found if f.check == "not_asked"} == {
        s.what for s in (DATABASE, BROKER, BALANCERS)
    }
    silent = survey_undeclared(FILE, mute, ())
    assert [f.check for f in examine(silent, series_named("2026.1")) if f.severity == "blocker"] == [
        "balancer_unreachable",
        "broker_unreachable",
        "database_unreachable",
    ]


def test_an_account_that_is_refused_has_not_asked_and_the_series_is_told_from_outside() -> None:
    class Refusing(Broken):
        def agents(self) -> tuple[Agent, ...]:
            raise NotAllowed("the account of `lab` may not list workers")

    hands = replace(SimCloud.tiny().hands, api=Refusing(), hosts=Broken())  # type: ignore[arg-type]
    cloud = survey_undeclared(FILE, hands, (DATABASE,))
    assert [s.what for s in cloud.not_asked] == [DATABASE.what, "the records of workers"]
    assert series_of_cloud(cloud) is None
    known = replace(cloud, compute=Compute(microversion="2.100"))
    assert series_of_cloud(known) == "2025.1"
    assert series_of_cloud(replace(known, not_asked=())) is None, (
        "a cloud file declares hosts that must answer"
    )
