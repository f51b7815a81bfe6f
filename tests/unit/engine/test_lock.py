"""The lock of one bastion, where it is torn, missing or somebody else's."""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
        pytest.raises(BadInput, match="cannot be opened: No such file"),
        RunLock(tmp_path / "no" / "lock", "rey"),
    ):
        pass


def test_who_has_it_is_named_and_forgotten_when_it_is_given_back(tmp_path: Path) -> None:
    ours = RunLock(tmp_path / "lock", "rey")
    assert ours.holder() is None
    with ours:
        holder = ours.holder()
        assert holder is not None
        assert (holder.who, holder.host) == ("rey", socket.gethostname())
    assert ours.holder() is None
    assert (tmp_path / "lock").read_text() == ""


@pytest.mark.parametrize("content", ["", "{", "[]", '{"who": "kim"}', '{"nobody": 1}'])
def test_a_lock_that_is_not_signed_yet_is_somebodys_all_the_same(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lock"
    with taken(path, content):
        holder = RunLock(path, "rey").holder()
        assert holder is not None
        assert holder.who == "somebody"
        with pytest.raises(AnotherRun, match="by whom is not known"), RunLock(path, "rey"):
            pass
    assert RunLock(path, "rey").holder() is None


def test_what_was_never_taken_can_be_given_back(tmp_path: Path) -> None:
    ours = RunLock(tmp_path / "lock", "rey")
    ours.__exit__(None, None, None)
    assert not (tmp_path / "lock").exists()


def test_a_machine_without_an_identity_is_known_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = tmp_path / "machine-id"
    monkeypatch.setattr(lock, "Path", lambda _: identity)
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
