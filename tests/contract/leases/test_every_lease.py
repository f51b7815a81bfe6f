"""What every lease promises (`liftlock.ports.lease`): the simulator's, and the one in a real MariaDB whose epoch a real
shell over SSH carries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.leases.mariadb import MariaDbLease
from liftlock.drivers.shells.fence import Fence
from liftlock.drivers.shells.ssh import SshShell
from liftlock.errors import AnotherRun, Fenced, Unreachable
from liftlock.ports.lease import LEASE_S, Holder, Lease
from liftlock.ports.shell import Shell
from liftlock.sim.cloud import Life, SimCloud
from liftlock.sim.hands import hands_of
from tests.contract.shells.sshd import Sshd
from tests.unit.drivers.servers import MariaDbAccess, mariadb

HERE = "here:/var/lib/liftlock/journal.db.lock"
THERE = "there:/var/lib/liftlock/journal.db.lock"


@dataclass(frozen=True)
class Place:
    """A cloud and the bastions that reach it."""

    bastion: Callable[[], tuple[Lease, Callable[[], object]]]
    """Another process's lease, and something that it does to a host."""
    wait: Callable[[], object]
    """Lets a lease's time pass."""


def over_sim() -> Place:
    cloud = SimCloud.tiny()

    def bastion() -> tuple[Lease, Callable[[], object]]:
        hands = hands_of(Life(cloud))
        return hands.lease, lambda: hands.services.stop("ctl-blue", "nova-api")

    return Place(bastion, lambda: cloud.clock.sleep(LEASE_S))


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    sshd = Sshd(tmp_path_factory.mktemp("sshd"))
    yield sshd
    sshd.stop()


@pytest.fixture
def shells(sshd: Sshd) -> Iterator[Callable[[Fence], SshShell]]:
    opened: list[SshShell] = []

    def shell(fence: Fence) -> SshShell:
        opened.append(SshShell({"ctl-blue": sshd.access}, fence=fence))
        return opened[-1]

    yield shell
    for one in opened:
        one.close()


@pytest.fixture
def real(server: MariaDbAccess, shells: Callable[[Fence], SshShell], tmp_path: Path) -> Place:
    server.do("DROP DATABASE IF EXISTS liftlock")
    access = DatabaseAccess("127.0.0.1", server.user, server.password, server.port)

    def bastion() -> tuple[Lease, Callable[[], object]]:
        fence = Fence(place=str(tmp_path / "host" / "epoch"))
        shell = shells(fence)
        lease = MariaDbLease(access, shell, fence, cloud="lab", hosts=["ctl-blue"])
        return lease, lambda: shell.run("ctl-blue", ["touch", str(tmp_path / "done")])

    def wait() -> None:
        server.do(f"UPDATE liftlock.lease SET renewed = renewed - INTERVAL {LEASE_S} SECOND")

    return Place(bastion, wait)


@pytest.fixture(params=["sim", "mariadb"])
def place(request: pytest.FixtureRequest) -> Place:
    found = over_sim() if request.param == "sim" else request.getfixturevalue("real")
    assert isinstance(found, Place)
    return found


def holder(who: str) -> Holder:
    return Holder(who, 4711, "bastion1", time.time())


def test_each_owner_has_a_greater_epoch(place: Place) -> None:
    lease, act = place.bastion()
    first = lease.take(holder("rey"), HERE)
    act()
    lease.renew()
    lease.release()
    assert place.bastion()[0].take(holder("rosa"), THERE) == first + 1


def test_another_bastion_is_refused_while_the_owner_lives_and_told_who_it_is(place: Place) -> None:
    place.bastion()[0].take(holder("rey"), HERE)
    other, _ = place.bastion()
    with pytest.raises(AnotherRun, match="rey, process 4711 on bastion1") as told:
        other.take(holder("rosa"), THERE)
    assert "changed nothing" in told.value.now
    place.wait()
    other.take(holder("rosa"), THERE)


def test_the_same_bastion_takes_over_at_once(place: Place) -> None:
    killed, act = place.bastion()
    killed.take(holder("rey"), HERE)
    place.bastion()[0].take(holder("rey"), HERE)
    with pytest.raises(Fenced):
        act()


def test_an_owner_that_was_replaced_starts_nothing_new(place: Place) -> None:
    slept, act = place.bastion()
    slept.take(holder("rey"), HERE)
    place.wait()
    other, act_there = place.bastion()
    other.take(holder("rosa"), THERE)
    with pytest.raises(Fenced) as told:
        act()
    assert told.value.now
    assert told.value.hint
    with pytest.raises(Fenced, match="rosa"):
        slept.renew()
    act_there()
    slept.release()
    act_there()
    other.renew()


def test_whoever_looks_sees_whose_it_is_and_for_how_long_it_was_silent(place: Place) -> None:
    lease, _ = place.bastion()
    anybody, _ = place.bastion()
    assert anybody.look() is None
    lease.take(holder("rey"), HERE)
    seen = anybody.look()
    assert seen
    assert seen.holder.startswith("rey, process 4711 on bastion1, since ")
    assert (seen.bastion, seen.alive) == (HERE, True)
    place.wait()
    seen = anybody.look()
    assert seen
    assert seen.silent_s >= LEASE_S
    assert not seen.alive
    lease.release()
    assert anybody.look() is None


def test_a_lost_table_does_not_begin_again_behind_what_hosts_have_seen(
    real: Place, server: MariaDbAccess
) -> None:
    for _ in range(3):
        epoch = real.bastion()[0].take(holder("rey"), HERE)
    server.do("DROP DATABASE liftlock")
    lease, act = real.bastion()
    assert lease.take(holder("rey"), HERE) == epoch + 1
    act()


def test_a_database_that_does_not_answer_gives_no_lease(shells: Callable[[Fence], SshShell]) -> None:
    fence = Fence()
    lease = MariaDbLease(
        DatabaseAccess("127.0.0.1", "x", "y", 1), shells(fence), fence, cloud="lab", hosts=[]
    )
    with pytest.raises(Unreachable):
        lease.take(holder("rey"), HERE)
    assert fence.epoch == 0


def test_a_host_that_is_off_hears_of_a_new_owner_with_its_first_command(
    server: MariaDbAccess, sshd: Sshd, shells: Callable[[Fence], SshShell], tmp_path: Path
) -> None:
    server.do("DROP DATABASE IF EXISTS liftlock")
    access = DatabaseAccess("127.0.0.1", server.user, server.password, server.port)
    fences = [Fence(place=str(tmp_path / "epoch")) for _ in range(2)]
    old, new = (MariaDbLease(access, shells(f), f, cloud="lab", hosts=["ctl-blue"]) for f in fences)
    old.take(holder("rey"), HERE)
    sshd.power_off()
    new.take(holder("rey"), HERE)
    sshd.power_on()
    assert shells(fences[1]).run("ctl-blue", ["true"]).ok
    with pytest.raises(Fenced):
        shells(fences[0]).run("ctl-blue", ["true"])


def guarded(shells: Callable[[Fence], SshShell], place: Path, epoch: int) -> Shell:
    return shells(Fence(epoch, str(place)))


def test_the_guard_changes_nothing_about_a_command(
    shells: Callable[[Fence], SshShell], tmp_path: Path
) -> None:
    shell = guarded(shells, tmp_path / "deep" / "epoch", 5)
    words = ["a b", "$HOME", "'", '"', "*", "", "ü", ";ls", "-n\n"]
    assert shell.run("ctl-blue", ["printf", "%s|", *words]).out == "".join(f"{word}|" for word in words)
    assert shell.run("ctl-blue", "for i in 1 2; do printf $i; done; exit 3").code == 3
    sent = bytes(range(1, 128)) * 5000
    assert shell.run("ctl-blue", ["wc", "-c"], stdin=sent).out.strip() == str(len(sent))
    assert shell.run("ctl-blue", ["sh", "-c", "exit 87"]).code == 87


def test_files_are_guarded_as_commands_are(shells: Callable[[Fence], SshShell], tmp_path: Path) -> None:
    old, new = (guarded(shells, tmp_path / "epoch", epoch) for epoch in (1, 2))
    old.write("ctl-blue", str(tmp_path / "file"), b"old", owner="0:0")
    assert new.read("ctl-blue", str(tmp_path / "file")) == b"old"
    with pytest.raises(Fenced):
        old.write("ctl-blue", str(tmp_path / "file"), b"older", owner="0:0")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_many_owners_at_once_leave_the_greatest_epoch(
    shells: Callable[[Fence], SshShell], tmp_path: Path
) -> None:
    def act(epoch: int) -> None:
        try:
            guarded(shells, tmp_path / "epoch", epoch).run("ctl-blue", ["true"])
        except Fenced:
            return

    threads = [threading.Thread(target=act, args=(epoch,)) for epoch in (3, 1, 7, 5, 2, 6, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "epoch").read_text() == "7\n"
