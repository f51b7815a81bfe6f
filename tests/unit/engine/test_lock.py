"""The lock of one bastion, where it is torn, missing or somebody else's."""

from __future__ import annotations

import fcntl
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from liftlock.engine import lock
from liftlock.engine.lease import STALE_S
from liftlock.engine.lock import RunLock
from liftlock.errors import AnotherRun, BadInput, Fenced
from tests.unit.engine.test_lease import Moment, Told, tenure


@contextmanager
def taken(path: Path, content: str) -> Iterator[None]:
    """Somebody else has the lock, and has written this into it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content)
        file.flush()
        yield


def test_a_journal_in_no_folder_cannot_be_locked(tmp_path: Path) -> None:
    with (
        pytest.raises(BadInput, match="cannot be opened: No such file") as told,
        RunLock(tmp_path / "no" / "lock", "rey"),
    ):
        pass
    assert told.value.hint == "check the journal's directory"


def test_who_has_it_is_named_and_forgotten_when_it_is_given_back(tmp_path: Path) -> None:
    ours = RunLock.beside(tmp_path / "lo", "rey")
    assert ours.holder() is None
    with ours:
        holder = ours.holder()
        assert holder is not None
        assert (holder.who, holder.host) == ("rey", socket.gethostname())
    assert ours.holder() is None
    assert (tmp_path / "lo.lock").read_text() == ""


def test_a_second_one_is_told_who_has_it_and_what_to_type(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with RunLock(path, "kim"), pytest.raises(AnotherRun) as told, RunLock(path, "rey"):
        pass
    assert told.value.what.startswith("another run holds this cloud: kim, process ")
    assert told.value.now == "that run goes on; this command changed nothing"
    assert told.value.hint == "`liftlock status`; to stop it: `liftlock hold` or `liftlock abort`"


def test_who_only_looks_has_the_lock_for_an_instant_and_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE_S", 60.0)
    tried = threading.Event()

    def sleep(seconds: float) -> None:
        tried.set()
        time.sleep(seconds)

    monkeypatch.setattr(lock, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep, time=time.time))
    with ExitStack() as somebody:
        somebody.enter_context(taken(tmp_path / "lock", ""))
        ours = RunLock(tmp_path / "lock", "rey")
        taker = threading.Thread(target=ours.__enter__)
        taker.start()
        assert tried.wait(60)
        somebody.close()
        taker.join(60)
        holder = ours.holder()
        assert holder is not None
        assert holder.who == "rey"
        ours.__exit__(None, None, None)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"who": "kim"}', '{"nobody": 1}'])
def test_a_lock_that_is_not_signed_yet_is_somebodys_all_the_same(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lock"
    with taken(path, content):
        holder = RunLock(path, "rey").holder()
        assert holder is not None
        assert (holder.who, holder.pid, holder.host) == ("somebody", 0, socket.gethostname())
        assert 0 <= time.time() - holder.since < 600
        with pytest.raises(AnotherRun, match=r"cloud: by whom is not known\n"), RunLock(path, "rey"):
            pass
    assert RunLock(path, "rey").holder() is None


def test_what_was_never_taken_can_be_given_back(tmp_path: Path) -> None:
    ours = RunLock(tmp_path / "lock", "rey")
    ours.__exit__(None, None, None)
    assert not (tmp_path / "lock").exists()
    with ours:
        pass
    ours.__exit__(None, None, None)


def test_a_machine_without_an_identity_is_known_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = tmp_path / "machine-id"
    monkeypatch.setattr(lock, "Path", {"/etc/machine-id": identity}.__getitem__)
    assert lock.machine() == socket.gethostname()
    identity.write_text("\n")
    assert lock.machine() == socket.gethostname()
    identity.write_text("0123456789abcdef\n")
    assert lock.machine() == "0123456789abcdef"


def test_a_lease_that_is_lost_is_not_asked_for_again(tmp_path: Path) -> None:
    lease, now = Told(), Moment()
    ours = tenure(tmp_path, lease, now)
    with ours:
        lease.problem = Fenced("kim@other has taken the cloud over", hint="`liftlock status` there")
        for _ in range(3):
            now.now += STALE_S + 1
            with pytest.raises(Fenced, match="kim@other"):
                ours.confirm()
        lease.problem = None
    assert lease.calls.count("renew") == 1
