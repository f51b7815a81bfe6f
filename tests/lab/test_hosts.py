"""Hosts of a real lab, beside the one people work with: its own folder and its own prefix for every name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.drivers.provisioners.nspawn import cgroups
from liftlock.drivers.provisioners.nspawn.machine import dying_with_us
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.errors import LabFailed
from liftlock.lab.bastion import bastion_command, bastion_environment
from liftlock.lab.hosts import LabHosts
from liftlock.lab.topology import topology

pytestmark = pytest.mark.lab

TINY = topology("tiny")
SERIES = "2025.1"

LATER = "systemd-run --quiet --on-active=0.2 --timer-property=AccuracySec=1ms"
"""Starts a command on a host when we have left it."""

DIES = """
import os, signal, sys
from liftlock.lab.hosts import LabHosts
from liftlock.lab.topology import topology
from liftlock.drivers.provisioners.nspawn.place import LabPlace

verb, dies_at = sys.argv[1], int(sys.argv[2])
hosts = LabHosts(LabPlace.from_environment())
changes = 0

def count(event, arguments):
    global changes
    acts = event in ("subprocess.Popen", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.symlink")
    if acts or (event == "open" and isinstance(arguments[1], str) and arguments[1][0] in "wa"):
        changes += 1
        if changes == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
hosts.up(topology("tiny"), "2025.1") if verb == "up" else hosts.down()
print(changes)
"""
"""Brings a lab up or down, counts what it changes on the machine, and is killed before one of these changes."""


@pytest.fixture(scope="module")
def place() -> Iterator[LabPlace]:
    folder = tempfile.mkdtemp(prefix="liftlock-lab-", dir="/var/tmp")
    place = LabPlace(Path(folder, "state"), LabPlace.from_environment().cache, prefix="lt-")
    yield place
    LabHosts(place).down()
    place.lock.unlink(missing_ok=True)
    Path(folder).rmdir()


@pytest.fixture
def hosts(place: LabPlace) -> LabHosts:
    return LabHosts(place)


@pytest.fixture
def running(hosts: LabHosts) -> LabHosts:
    hosts.up(TINY, SERIES)
    return hosts


def in_a_process_that_dies(place: LabPlace, verb: str, dies_at: int) -> subprocess.CompletedProcess[str]:
    names = {"LIFTLOCK_LAB": place.state, "LIFTLOCK_CACHE": place.cache, "LIFTLOCK_LAB_PREFIX": place.prefix}
    environment = {**os.environ, **{name: str(value) for name, value in names.items()}}
    return subprocess.run(
        [sys.executable, "-c", DIES, verb, str(dies_at)],
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def on_bastion(place: LabPlace, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        bastion_command(place, command),
        env=bastion_environment(place, os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


def on_host(place: LabPlace, host: str, command: str) -> str:
    ended = ssh(place, host, command)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def on_host_if_it_answers(place: LabPlace, host: str, command: str) -> str:
    return ssh(place, host, command).stdout.strip()


def ssh(place: LabPlace, host: str, command: str) -> subprocess.CompletedProcess[str]:
    options = ["-F", "none", "-i", str(place.key), "-o", f"UserKnownHostsFile={place.known_hosts}"]
    options += ["-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=5"]
    return on_bastion(place, "ssh", *options, f"root@{host}", command)


def traces(place: LabPlace) -> list[str]:
    """All that is left of the lab, looked for without asking the lab: in every process's own view."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            groups, mounts = (folder / "cgroup").read_text(), (folder / "mountinfo").read_text()
        except OSError:
            continue
        if state != "Z" and f"/{place.prefix}" in groups:
            found.append(f"process {folder.name} in {groups.split()[-1]}")
        # With its slash: a lab in a folder beside ours may begin with the same letters.
        if f"{place.state}/" in mounts or f"/run/netns/{place.prefix}" in mounts:
            found.append(f"mount in process {folder.name}")
    found += [f"namespace {path}" for path in Path("/run/netns").glob(f"{place.prefix}*")]
    found += [f"group {path}" for path in cgroups.unified_root().glob(f"{place.prefix}*")]
    found += [f"file {path}" for path in place.state.rglob("*")] + (
        [str(place.state)] if place.state.exists() else []
    )
    return found


def own_network() -> str:
    """Interfaces, addresses, routes and rules of this machine, without what moves by itself."""
    shown = [
        ("link",),
        ("addr",),
        ("route", "show", "table", "all"),
        ("rule",),
        ("neigh", "show", "nud", "permanent"),
    ]
    outputs = [
        subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout for words in shown
    ]
    return "".join(line for text in outputs for line in text.splitlines() if "valid_lft" not in line)


def test_every_host_is_up_and_is_itself(running: LabHosts, place: LabPlace) -> None:
    assert {(h.name, h.state) for h in running.status()} == {(h.name, "up") for h in TINY.hosts}
    facts = {
        host.name: on_host(
            place,
            host.name,
            "hostname; cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; ip -4 -o addr show eth0",
        ).splitlines()
        for host in TINY.hosts
    }
    assert [lines[0] for lines in facts.values()] == list(facts)
    assert (
        len({lines[1] for lines in facts.values()})
        == len({lines[2] for lines in facts.values()})
        == len(facts)
    )
    for host in TINY.hosts:
        addresses = [line.split()[3].partition("/")[0] for line in facts[host.name][3:]]
        assert addresses == list(host.addresses)


def test_hosts_are_healthy_machines_that_know_each_other(running: LabHosts, place: LabPlace) -> None:
    for host in TINY.hosts:
        assert on_host(place, host.name, "systemctl is-system-running --wait") == "running"
    assert on_host(place, "ctl-blue", "ping -c1 -W5 public.lab >/dev/null && echo yes") == "yes"
    assert on_host(place, "cmp1", "/opt/openstack/current/bin/nova-manage --version").startswith("31.")


def test_control_hosts_share_a_folder(running: LabHosts, place: LabPlace) -> None:
    on_host(place, "ctl-blue", "echo image > /srv/shared/x")
    assert on_host(place, "cmp2", "cat /srv/shared/x; rm /srv/shared/x") == "image"


def test_up_twice_changes_nothing(running: LabHosts, place: LabPlace) -> None:
    boots = {h.name: on_host(place, h.name, "cat /proc/sys/kernel/random/boot_id") for h in TINY.hosts}
    files = {path: path.stat().st_mtime for path in place.state.glob("hosts/*/*.json")}
    running.up(TINY, SERIES)
    assert {
        h.name: on_host(place, h.name, "cat /proc/sys/kernel/random/boot_id") for h in TINY.hosts
    } == boots
    assert {path: path.stat().st_mtime for path in place.state.glob("hosts/*/*.json")} == files


def test_a_lab_is_not_turned_into_another(running: LabHosts) -> None:
    with pytest.raises(LabFailed, match=r"made at 2025\.1"):
        running.up(TINY, "2026.1")


def test_a_host_that_reboots_comes_back_with_its_disk_and_network(running: LabHosts, place: LabPlace) -> None:
    before = on_host(place, "lb1", "echo kept > /root/kept; sync; cat /proc/sys/kernel/random/boot_id")
    on_host(place, "lb1", f"{LATER} systemctl reboot")
    assert holds(
        lambda: on_host_if_it_answers(place, "lb1", "cat /proc/sys/kernel/random/boot_id") not in (before, "")
    )
    assert on_host(place, "lb1", "cat /root/kept; ip -4 -o addr show eth0 | wc -l").split() == ["kept", "3"]


def test_a_power_cut_is_one_and_the_disk_survives(running: LabHosts, place: LabPlace) -> None:
    on_host(place, "cmp2", "echo kept > /root/kept; sync")
    running.power_off("cmp2")
    assert {h.name for h in running.status() if h.state == "off"} == {"cmp2"}
    running.power_on("cmp2")
    assert on_host(place, "cmp2", "cat /root/kept") == "kept"


def test_a_host_that_was_shut_down_is_booted_by_up(running: LabHosts, place: LabPlace) -> None:
    on_host(place, "cmp1", f"{LATER} systemctl poweroff")
    provisioner = running.provisioner(TINY)
    assert holds(lambda: not provisioner.running("cmp1"))
    running.up(TINY, SERIES)
    assert {h.state for h in running.status()} == {"up"}


def test_the_bastion_passes_codes_signals_and_streams(running: LabHosts, place: LabPlace) -> None:
    assert on_bastion(place, "sh", "-c", "exit 7").returncode == 7
    assert on_bastion(place, "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    told = subprocess.run(bastion_command(place, ["cat"]), input=b"in", capture_output=True, check=True)
    assert told.stdout == b"in"
    sleeper = subprocess.Popen(
        bastion_command(place, ["sh", "-c", "echo; exec sleep 1000"]), stdout=subprocess.PIPE
    )
    assert sleeper.stdout
    sleeper.stdout.readline()
    # Not SIGINT: whoever started these tests in the background may have had it ignored.
    sleeper.send_signal(signal.SIGTERM)
    assert sleeper.wait(30) == -signal.SIGTERM
    sleeper.stdout.close()


def test_the_bastion_has_the_labs_names_and_no_way_out(running: LabHosts, place: LabPlace) -> None:
    assert on_bastion(place, "getent", "hosts", "internal.lab").stdout.split()[0] == TINY.internal_front_door
    assert on_bastion(place, "ip", "route").stdout.startswith("10.77.0.0/24")
    assert "default" not in on_bastion(place, "ip", "route").stdout
    environment = on_bastion(place, "env").stdout
    assert f"OS_CLIENT_CONFIG_FILE={place.clouds_yaml}\n" in environment


def test_this_machines_own_network_is_untouched(hosts: LabHosts) -> None:
    hosts.down()
    before = own_network()
    hosts.up(TINY, SERIES)
    assert own_network() == before
    hosts.down()
    assert own_network() == before


def test_down_ends_what_runs_on_the_bastion_and_leaves_nothing(running: LabHosts, place: LabPlace) -> None:
    with subprocess.Popen(
        bastion_command(place, ["sh", "-c", "echo; exec sleep 1000"]), stdout=subprocess.PIPE
    ) as p:
        assert p.stdout
        p.stdout.readline()
        running.down()
        assert p.wait(30) == -signal.SIGKILL
    assert traces(place) == []
    running.down()
    with pytest.raises(LabFailed, match="no lab"):
        bastion_command(place, ["true"])


def test_a_process_that_joins_a_group_while_the_others_die_is_ended_too(
    place: LabPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in CI: `lab exec` begun just before `lab down` was there 30 s later."""
    group, populated = place.cgroup / "crowd", cgroups.is_populated
    group.mkdir(parents=True)
    late: list[subprocess.Popen[bytes]] = []

    def with_a_latecomer(asked: Path) -> bool:
        if not late:
            late.append(subprocess.Popen(["sleep", "1000"]))
            (group / "cgroup.procs").write_text(str(late[0].pid))
        return populated(asked)

    monkeypatch.setattr(cgroups, "is_populated", with_a_latecomer)
    cgroups.remove(place.cgroup)
    assert late[0].wait(30) == -signal.SIGKILL
    assert not place.cgroup.exists()


@pytest.mark.parametrize(
    ("share", "then"),
    [
        (0.0, "down"),
        (0.1, "up"),
        (0.2, "down"),
        (0.35, "up"),
        (0.5, "down"),
        (0.65, "up"),
        (0.8, "down"),
        (0.9, "up"),
        (1.0, "down"),
    ],
)
def test_up_killed_at_any_change_is_gone_on_with_or_taken_down(
    hosts: LabHosts, place: LabPlace, share: float, then: str
) -> None:
    changes = changes_of(place, "up")
    killed = in_a_process_that_dies(place, "up", max(1, round(share * changes)))
    # With every look it may just have got through.
    assert killed.returncode in ((-signal.SIGKILL, 0) if share == 1.0 else (-signal.SIGKILL,)), killed.stderr
    if then == "up":
        hosts.up(TINY, SERIES)
        assert {h.state for h in hosts.status()} == {"up"}
    hosts.down()
    assert traces(place) == []


@pytest.mark.parametrize(
    ("share", "then"), [(0.0, "up"), (0.3, "down"), (0.6, "up"), (0.9, "down"), (1.0, "up")]
)
def test_down_killed_at_any_change_is_gone_on_with_or_undone(
    hosts: LabHosts, place: LabPlace, share: float, then: str
) -> None:
    changes = changes_of(place, "down")
    hosts.up(TINY, SERIES)
    killed = in_a_process_that_dies(place, "down", max(1, round(share * changes)))
    # With every look it may just have got through.
    assert killed.returncode in ((-signal.SIGKILL, 0) if share == 1.0 else (-signal.SIGKILL,)), killed.stderr
    if then == "up":
        hosts.up(TINY, SERIES)
        assert {h.state for h in hosts.status()} == {"up"}
    hosts.down()
    assert traces(place) == []


def test_a_builder_dies_with_whoever_asked_for_it(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    work = dying_with_us(["sh", "-c", f"echo > {sign}; sleep 1000 & wait"])
    asker = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({work!r})"])
    assert holds(sign.exists)
    asker.kill()
    asker.wait()
    assert holds(lambda: not living(str(sign)))


COUNTED: dict[str, int] = {}


def changes_of(place: LabPlace, verb: str) -> int:
    """How many changes a whole run makes on the machine: the least that was seen, counted once."""
    for counted in ("up", "down"):
        if counted not in COUNTED:
            COUNTED[counted] = int(in_a_process_that_dies(place, counted, 0).stdout)
    # Waiting makes a run longer by a few looks.
    return COUNTED[verb] - 3


def living(word: str) -> list[str]:
    """Processes with `word` on their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if word in (folder / "cmdline").read_text():
                found.append(folder.name)
        except OSError:
            continue
    return found


def holds(condition: object, patience_s: float = 120.0) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
