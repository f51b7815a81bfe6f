"""What every `Keys` promises, over the simulator and over a host's real crontabs, with a stand-in for systemd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.drivers.keys.linux import LinuxKeys
from liftlock.errors import Unreachable
from liftlock.ports.keys import Keys, Rotation
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.unit.drivers.local_shell import LocalShell

HOST = "ctl-blue"
TAB = "etc/cron.d/keystone"
OPERATORS_TAB = """# m h dom mon dow user command
SHELL=/bin/sh
0 3 * * *\tkeystone\tkeystone-manage fernet_rotate --keystone-user keystone
5 * * * *\troot\t/usr/bin/logrotate /etc/logrotate.conf
#0 4 * * 0\tkeystone\tkeystone-manage credential_rotate
"""
SYSTEMCTL = """#!/bin/sh
cd "$(dirname "$0")/timers" 2>/dev/null || exit 0
verb=$1; shift
case $verb in
list-unit-files) ls *.timer 2>/dev/null | sed "s/$/ enabled enabled/";;
show) case "$1 $3" in
  *=Unit\\ *) echo "${3%.timer}.service";;
  *=ExecStart*) cat "$3";;
  *=ActiveState*) cat "$3.state";;
  *=UnitFileState*) cat "$3.boot";;
  esac;;
stop) for t; do echo inactive > $t.state; done;;
start) for t; do echo active > $t.state; done;;
disable) for t; do echo disabled > $t.boot; done;;
enable) for t; do echo enabled > $t.boot; done;;
esac
"""


@dataclass
class Place:
    port: Keys
    going: Callable[[], bool]
    """Whether keys would be rotated."""
    rotate: Callable[[], None]
    away: Callable[[], None]


def over_sim() -> Place:
    cloud = SimCloud.tiny()
    host = cloud.hosts[HOST]
    host.rotations[TAB] = ""
    return Place(
        cloud.hands.keys,
        lambda: not host.rotations[TAB],
        lambda: host.files.update({"/etc/keystone/fernet-keys/2": "new"}),
        lambda: cloud.break_down(Fault(Kind.HOST_UNREACHABLE, HOST)),
    )


def over_linux(folder: Path) -> Place:
    root = folder / "root"
    for directory in ("etc/cron.d", "etc/keystone/fernet-keys", "etc/keystone/credential-keys", "bin"):
        (root / directory).mkdir(parents=True)
    (root / TAB).write_text(OPERATORS_TAB)
    for number in range(2):
        (root / f"etc/keystone/fernet-keys/{number}").write_text(f"secret {number}")
        (root / f"etc/keystone/credential-keys/{number}").write_text(f"other {number}")
    (root / "bin/systemctl").write_text(SYSTEMCTL)
    (root / "bin/systemctl").chmod(0o755)
    shell = LocalShell(path=root / "bin")
    return Place(
        LinuxKeys(shell, str(root)),
        lambda: "\n0 3 * * *\tkeystone" in (root / TAB).read_text(),
        lambda: (root / "etc/keystone/fernet-keys/2").write_text("new") and None,
        lambda: shell.away.add(HOST),
    )


@pytest.fixture(params=["sim", "linux"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return over_sim() if request.param == "sim" else over_linux(tmp_path)


def test_a_key_set_changes_with_its_keys_and_is_told_without_them(place: Place) -> None:
    before = place.port.sets(HOST)
    assert {path.rpartition("/")[2] for path in before} == {"fernet-keys", "credential-keys"}
    assert all(told.startswith("2 keys, ") and "secret" not in told for told in before.values())
    place.rotate()
    after = place.port.sets(HOST)
    assert {path for path in before if before[path] != after[path]} == {"/etc/keystone/fernet-keys"}


def test_what_was_frozen_goes_on_only_for_who_froze_it(place: Place) -> None:
    (only,) = place.port.rotations(HOST)
    assert only.frozen_by == ""
    for _ in range(2):
        place.port.freeze(HOST, "lift-1")
        assert not place.going()
    assert place.port.rotations(HOST) == (Rotation(only.name, "lift-1"),)
    place.port.thaw(HOST, "lift-2")
    assert not place.going()
    for _ in range(2):
        place.port.thaw(HOST, "lift-1")
        assert place.going()
    assert place.port.rotations(HOST) == (only,)


def test_a_host_that_does_not_answer_is_an_error(place: Place) -> None:
    place.away()
    for act in (place.port.sets, place.port.rotations):
        with pytest.raises(Unreachable):
            act(HOST)


def test_a_crontab_is_the_operators_again_to_the_byte(tmp_path: Path) -> None:
    port = over_linux(tmp_path).port
    tab = tmp_path / "root" / TAB
    tab.chmod(0o640)
    port.freeze(HOST, "lift-1")
    assert "logrotate" in tab.read_text()
    assert tab.read_text() != OPERATORS_TAB
    port.thaw(HOST, "lift-1")
    assert tab.read_text() == OPERATORS_TAB
    assert tab.stat().st_mode & 0o777 == 0o640


def test_what_the_operator_had_switched_off_stays_off(tmp_path: Path) -> None:
    port = over_linux(tmp_path).port
    tab = tmp_path / "root" / TAB
    tab.write_text("#0 3 * * * keystone keystone-manage fernet_rotate\n")
    assert port.rotations(HOST) == ()
    port.freeze(HOST, "lift-1")
    port.thaw(HOST, "lift-1")
    assert tab.read_text().startswith("#0 3")


def test_a_script_by_another_name_and_one_that_run_parts_starts_are_found(tmp_path: Path) -> None:
    port = over_linux(tmp_path).port
    root = tmp_path / "root"
    (root / TAB).write_text("1 1 * * * root /opt/nightly.sh\n")
    (root / "opt").mkdir()
    (root / "opt/nightly.sh").write_text("#!/bin/sh\nkeystone-manage fernet_rotate && rsync -a a b\n")
    daily = root / "etc/cron.daily/keys"
    daily.parent.mkdir()
    daily.write_text("#!/bin/sh\nkeystone-manage credential_rotate\n")
    daily.chmod(0o755)
    port.freeze(HOST, "lift-1")
    assert {r.name for r in port.rotations(HOST) if r.frozen_by} == {str(root / TAB), str(daily)}
    assert not daily.stat().st_mode & 0o111
    port.thaw(HOST, "lift-1")
    assert daily.stat().st_mode & 0o777 == 0o755
    assert (root / TAB).read_text() == "1 1 * * * root /opt/nightly.sh\n"


def test_a_timer_gets_back_what_it_had_and_no_more(tmp_path: Path) -> None:
    port = over_linux(tmp_path).port
    root = tmp_path / "root"
    (root / TAB).unlink()
    timers = root / "bin/timers"
    timers.mkdir()
    for name, state, boot in (
        ("both", "active", "enabled"),
        ("boot", "inactive", "enabled"),
        ("off", "inactive", "disabled"),
    ):
        (timers / f"{name}.timer").touch()
        (timers / f"{name}.service").write_text(
            "{ path=/usr/bin/keystone-manage ; argv[]=keystone-manage fernet_rotate ; }"
        )
        (timers / f"{name}.timer.state").write_text(f"{state}\n")
        (timers / f"{name}.timer.boot").write_text(f"{boot}\n")

    def now() -> dict[str, tuple[str, str]]:
        names = ("both", "boot", "off")
        return {
            n: (
                (timers / f"{n}.timer.state").read_text().strip(),
                (timers / f"{n}.timer.boot").read_text().strip(),
            )
            for n in names
        }

    before = now()
    port.freeze(HOST, "lift-1")
    assert set(now().values()) == {("inactive", "disabled")}
    assert {r.name for r in port.rotations(HOST)} == {"both.timer", "boot.timer"}
    port.thaw(HOST, "lift-1")
    assert now() == before
