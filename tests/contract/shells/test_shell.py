"""What every shell promises (`liftlock.ports.shell`), and what the SSH one promises beside."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.drivers.shells.ssh import SshShell
from liftlock.errors import BadInput, StepFailed, Unreachable
from liftlock.ports.shell import Shell
from tests.contract.shells.sshd import Sshd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    sshd = Sshd(tmp_path_factory.mktemp("sshd"))
    yield sshd
    sshd.stop()


@pytest.fixture
def ssh(server: Sshd) -> Iterator[SshShell]:
    shell = SshShell({"db1": server.access}, connect_timeout_s=20.0)
    yield shell
    shell.close()


@pytest.fixture
def shell(ssh: SshShell) -> Shell:
    return ssh


def owner_of_tests() -> str:
    return f"{os.getuid()}:{os.getgid()}"


def test_a_command_gives_its_code_and_both_its_outputs(shell: Shell) -> None:
    ended = shell.run("db1", "echo out; echo err >&2; exit 3")
    assert (ended.code, ended.out, ended.err, ended.ok) == (3, "out\n", "err\n", False)
    assert shell.run("db1", ["true"]).ok


def test_words_reach_the_command_unchanged_however_odd_they_are(shell: Shell) -> None:
    words = ["a b", "$HOME", "'", '"', "*", "", "ü", ";ls", "-n\n"]
    ended = shell.run("db1", ["printf", "%s|", *words])
    assert ended.out == "".join(f"{word}|" for word in words)


def test_a_string_is_for_the_shell_of_the_host(shell: Shell) -> None:
    assert shell.run("db1", "for i in 1 2; do printf $i; done").out == "12"


def test_input_is_given_and_ends(shell: Shell) -> None:
    sent = bytes(range(1, 128)) * 5000
    assert shell.run("db1", ["wc", "-c"], stdin=sent).out.strip() == str(len(sent))
    assert shell.run("db1", ["cat"]).out == ""


def test_a_command_killed_by_a_signal_ends_as_a_shell_would_tell_it(shell: Shell) -> None:
    assert shell.run("db1", "kill -9 $$").code == 128 + 9


def test_a_command_that_lasts_too_long_is_told_to_run_on(shell: Shell, tmp_path: Path) -> None:
    done = tmp_path / "done"
    with pytest.raises(Unreachable) as caught:
        shell.run("db1", f"sleep 1; touch {done}", timeout_s=0.2)
    assert "did not end in time" in caught.value.what
    assert "may still be running" in caught.value.now
    assert wait_until(done.exists)


def test_what_was_written_is_read_with_mode_and_owner(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "with space.conf"
    for content in (b"[DEFAULT]\n", b"", bytes(range(256)) * 4096):
        shell.write("db1", str(path), content, mode=0o604, owner=owner_of_tests())
        assert shell.read("db1", str(path)) == content
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_reading_a_file_that_is_not_there_says_so(shell: Shell, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        shell.read("db1", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError):
        shell.fetch("db1", str(tmp_path / "absent"), tmp_path / "here")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_error_and_leaves_nothing(shell: Shell, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="cannot be written"):
        shell.write("db1", str(tmp_path / "no folder" / "file"), b"x", owner=owner_of_tests())
    with pytest.raises(StepFailed, match="cannot be written"):
        shell.write("db1", str(tmp_path / "file"), b"x", owner="nobody-we-know")
    assert list(tmp_path.iterdir()) == []


class Bucket:
    def __init__(self, *, holds: int = 1 << 30) -> None:
        self.content = b""
        self.holds = holds

    def write(self, chunk: bytes) -> None:
        self.content += chunk
        if len(self.content) > self.holds:
            raise StepFailed("the bucket is full")


def test_a_stream_arrives_while_it_is_sent_and_the_rest_is_told(shell: Shell) -> None:
    into, sent = Bucket(), os.urandom(3_000_001)
    ended = shell.stream("db1", "cat; echo told >&2; exit 3", into, stdin=sent)
    assert into.content == sent
    assert (ended.code, ended.out, ended.err) == (3, "", "told\n")


def test_what_a_stream_is_given_to_may_end_it(shell: Shell) -> None:
    into = Bucket(holds=1 << 20)
    with pytest.raises(StepFailed, match="the bucket is full"):
        shell.stream("db1", "head -c 9000000 /dev/zero; sleep 3", into)
    assert len(into.content) < 2 << 20
    assert shell.run("db1", ["echo", "more"]).out == "more\n"


def test_a_stream_that_stands_still_is_given_up(shell: Shell) -> None:
    into = Bucket()
    with pytest.raises(Unreachable, match="did not end in time"):
        shell.stream("db1", "echo one; sleep 3", into, patience_s=0.5)
    assert into.content == b"one\n"


@pytest.mark.skipif(os.getuid() != 0, reason="files sent belong to root")
def test_large_files_travel_both_ways(shell: Shell, tmp_path: Path) -> None:
    local, remote, back = tmp_path / "local", tmp_path / "remote", tmp_path / "back"
    local.write_bytes(os.urandom(3_000_001))
    shell.send("db1", local, str(remote))
    shell.fetch("db1", str(remote), back)
    assert back.read_bytes() == remote.read_bytes() == local.read_bytes()
    assert {entry.name for entry in tmp_path.iterdir()} == {"local", "remote", "back"}


def test_a_host_nobody_declared_is_bad_input(shell: Shell) -> None:
    with pytest.raises(BadInput, match="db9"):
        shell.run("db9", ["true"])


def test_many_threads_share_one_connection(ssh: SshShell, server: Sshd) -> None:
    before = server.logins
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(ssh.run("db1", ["echo", str(n)]).out.strip()))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(str(n) for n in range(20))
    assert server.logins == before + 1


def test_a_connection_that_died_is_made_anew(ssh: SshShell, server: Sshd) -> None:
    ssh.run("db1", ["true"])
    server.cut_connections()
    assert ssh.run("db1", ["echo", "again"]).out == "again\n"


def test_a_command_cut_off_is_not_sent_again(ssh: SshShell, server: Sshd, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    cutter = threading.Thread(target=lambda: (wait_until(ran.exists), server.cut_connections()))
    cutter.start()
    before = len(server.commands)
    with pytest.raises(Unreachable, match="cut off"):
        ssh.run("db1", f"echo x >> {ran}; sleep 2")
    cutter.join()
    assert len(server.commands) == before + 1
    assert ran.read_text() == "x\n"


def test_a_file_cut_off_half_way_never_appears(ssh: SshShell, server: Sshd, tmp_path: Path) -> None:
    local, remote = tmp_path / "local", tmp_path / "remote"
    local.write_bytes(os.urandom(50_000_000))
    remote.write_bytes(b"old")
    cutter = threading.Thread(
        target=lambda: (
            wait_until(lambda: len(list(tmp_path.glob("remote.*"))) > 0),
            server.cut_connections(),
        )
    )
    cutter.start()
    with pytest.raises((Unreachable, StepFailed)):
        ssh.send("db1", local, str(remote))
    cutter.join()
    assert wait_until(lambda: not list(tmp_path.glob("remote.*")))
    assert remote.read_bytes() == b"old"


def test_a_host_that_is_off_is_unreachable_and_comes_back(tmp_path: Path) -> None:
    sshd = Sshd(tmp_path)
    shell = SshShell({"db1": sshd.access})
    try:
        shell.run("db1", ["true"])
        sshd.power_off()
        with pytest.raises(Unreachable) as caught:
            shell.run("db1", ["true"])
        assert caught.value.now == "nothing was sent to it"
        assert caught.value.hint
        sshd.power_on()
        assert shell.run("db1", ["true"]).ok
    finally:
        shell.close()
        sshd.stop()


def test_a_stranger_with_the_same_address_gets_no_command(server: Sshd, tmp_path: Path) -> None:
    other = Sshd(tmp_path)
    shell = SshShell({"db1": replace(server.access, known_hosts=other.known_hosts)})
    before = len(server.commands)
    try:
        with pytest.raises(Unreachable) as caught:
            shell.run("db1", ["true"])
    finally:
        shell.close()
        other.stop()
    assert "known_hosts" in caught.value.hint
    assert len(server.commands) == before


def test_a_key_that_is_not_accepted_is_named(server: Sshd, tmp_path: Path) -> None:
    other = Sshd(tmp_path)
    shell = SshShell({"db1": replace(server.access, key=other.key)})
    try:
        with pytest.raises(Unreachable) as caught:
            shell.run("db1", ["true"])
    finally:
        shell.close()
        other.stop()
    assert str(other.key) in caught.value.hint


def test_a_key_file_that_is_not_there_is_bad_input(server: Sshd, tmp_path: Path) -> None:
    shell = SshShell({"db1": replace(server.access, key=tmp_path / "absent")})
    with pytest.raises(BadInput, match="absent"):
        shell.run("db1", ["true"])
    shell.close()


def test_somebody_else_than_root_asks_sudo_and_is_never_asked_back(server: Sshd) -> None:
    shell = SshShell({"db1": replace(server.access, user="rey")})
    try:
        shell.run("db1", ["id", "-u"])
        shell.run("db1", "id -u; true")
    except Unreachable:
        pass  # this machine's sudo may be missing or refuse
    finally:
        shell.close()
    assert server.commands[-1].startswith("sudo -n -- ")


def test_a_closed_shell_connects_anew(ssh: SshShell) -> None:
    assert ssh.run("db1", ["true"]).ok
    ssh.close()
    assert ssh.run("db1", ["true"]).ok


def wait_until(condition: object, patience_s: float = 20.0) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
