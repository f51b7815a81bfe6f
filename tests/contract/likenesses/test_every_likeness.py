"""What every `Likeness` promises, over the simulator and over layers of this machine's own disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.drivers.likenesses.linux import LinuxLikeness
from liftlock.errors import StepFailed, Unreachable
from liftlock.ports.likeness import Likeness, Substitution
from liftlock.ports.provisioner import HostOrder
from liftlock.sim.cloud import SimCloud
from liftlock.sim.likeness import SimLikeness
from liftlock.sim.provisioner import SimProvisioner
from tests.contract.likenesses.overlay_host import OverlayShell, needs_root

BLUE, GREEN = "ctl-blue", "ctl-green"
WORDS = {BLUE: GREEN, "10.0.0.1": "10.0.0.2"}
DIRECTORY = "/etc/llnova"
FILE = f"{DIRECTORY}/nova.conf"
TEXT = """[DEFAULT]
# kept by the operator of ctl-blue
host = ctl-blue
other = ctl-blue-2, 10.0.0.11, 10.0.0.1:80
transport_url = rabbit://user:hunter2@10.0.0.1:5672/
"""
PARTS = ("nova-conductor",)
VHOST = Substitution(
    FILE, "DEFAULT", "transport_url", r"/$", "/green", "green has a broker's host of its own"
)

SET_UP = f"""
set -e
groupadd --system --gid 4711 llnova && groupadd --system --gid 4712 llcerts
useradd --system --no-create-home --uid 4711 --gid 4711 --home-dir /var/lib/llnova llnova && usermod -aG llcerts llnova
install -d -o llnova -g llnova -m 0750 /var/lib/llnova /var/lib/llnova/instances
echo secret > /var/lib/llnova/instances/disk
install -d -m 0750 -g llnova {DIRECTORY} && cat > {FILE} && chown root:llnova {FILE} && chmod 0640 {FILE}
cat > /etc/systemd/system/nova-conductor.service <<END
[Service]
User=llnova
EnvironmentFile=/etc/default/llnova
ExecStart=/opt/openstack/current/bin/nova-conductor
END
echo OPTIONS=--host=ctl-blue > /etc/default/llnova
"""


@dataclass
class Pair:
    """Two hosts, looked at behind the port's back."""

    port: Likeness
    read: Callable[[str, str], str | None]
    write: Callable[[str, str, str], None]
    cut_off: Callable[[str], None]
    unit: Callable[[str], str]
    """Whether the part's unit is there on a host and what it does: ``, `idle` or `busy`."""

    def copy(self, *substitutions: Substitution, parts: tuple[str, ...] = PARTS) -> None:
        self.port.copy(BLUE, GREEN, parts, [DIRECTORY], WORDS, substitutions)

    def alike(self) -> bool:
        return self.port.alike(BLUE, GREEN, PARTS, [DIRECTORY])


def over_sim() -> Pair:
    cloud = SimCloud.tiny()
    life = cloud.hands.hosts._life  # type: ignore[attr-defined]
    SimProvisioner(life).create(HostOrder(GREEN, "control-trixie", ("10.0.0.2",), cloud.builds["2026.1"]))
    cloud.hosts[BLUE].files[FILE] = TEXT

    def unit(host: str) -> str:
        found = cloud.hosts[host].units.get(PARTS[0])
        return "" if found is None else "busy" if found.active or found.enabled else "idle"

    def cut_off(host: str) -> None:
        cloud.hosts[host].is_on = False

    return Pair(
        SimLikeness(life),
        lambda host, path: cloud.hosts[host].files.get(path),
        lambda host, path, text: cloud.hosts[host].files.update({path: text}),
        cut_off,
        unit,
    )


def over_overlays(folder: Path) -> Pair:
    needs_root()
    shell = OverlayShell(folder, BLUE, GREEN)
    made = shell.run(BLUE, SET_UP, stdin=TEXT.encode())
    assert made.ok, made.err

    def read(host: str, path: str) -> str | None:
        ended = shell.run(host, ["cat", path])
        return ended.out if ended.ok else None

    def unit(host: str) -> str:
        verbs = (read(host, "/var/lib/systemctl-verbs") or "").split()
        there = read(host, "/etc/systemd/system/nova-conductor.service")
        return "" if there is None else "busy" if {"enable", "start"} & set(verbs) else "idle"

    return Pair(
        LinuxLikeness(shell),
        read,
        lambda host, path, text: print(shell.run(host, f"cat > {path}", stdin=text.encode())),
        shell.away.add,
        unit,
    )


@pytest.fixture(params=["sim", "linux"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return over_sim() if request.param == "sim" else over_overlays(tmp_path)


def test_hosts_are_alike_only_after_a_copy_and_until_the_source_changes(pair: Pair) -> None:
    assert not pair.alike()
    pair.copy()
    assert pair.alike()
    pair.write(BLUE, FILE, TEXT + "debug = true\n")
    assert not pair.alike()
    pair.copy()
    assert pair.alike()
    assert (pair.read(GREEN, FILE) or "").endswith("debug = true\n")


def test_hosts_stay_alike_when_the_new_one_is_edited(pair: Pair) -> None:
    pair.copy()
    pair.write(GREEN, FILE, "[DEFAULT]\n")
    assert pair.alike()


def test_hosts_alike_in_one_part_are_not_alike_in_others(pair: Pair) -> None:
    pair.copy()
    assert not pair.port.alike(BLUE, GREEN, (), [DIRECTORY])
    assert not pair.port.alike(GREEN, BLUE, PARTS, [DIRECTORY])


def test_whole_words_are_replaced_and_longer_ones_kept(pair: Pair) -> None:
    pair.copy()
    assert pair.read(GREEN, FILE) == (
        TEXT.replace("of ctl-blue\n", "of ctl-green\n")
        .replace("= ctl-blue\n", "= ctl-green\n")
        .replace("10.0.0.1:", "10.0.0.2:")
    )
    assert pair.read(BLUE, FILE) == TEXT


def test_a_substitution_changes_a_part_of_a_value_and_keeps_the_secret_in_it(pair: Pair) -> None:
    pair.copy(VHOST)
    assert "transport_url = rabbit://user:hunter2@10.0.0.2:5672/green\n" in (pair.read(GREEN, FILE) or "")


@pytest.mark.parametrize(
    "wrong",
    [
        Substitution(FILE, "DEFAULT", "transport_url", r"^amqp", "x", "a test"),
        Substitution(FILE, "DEFAULT", "no_such_option", r"", "x", "a test"),
        Substitution(f"{DIRECTORY}/none.conf", "DEFAULT", "host", r"", "x", "a test"),
    ],
    ids=["pattern", "option", "file"],
)
def test_a_substitution_that_finds_nothing_is_an_error_and_nothing_is_copied(
    pair: Pair, wrong: Substitution
) -> None:
    with pytest.raises(StepFailed) as told:
        pair.copy(wrong)
    assert "hunter2" not in str(told.value)
    assert pair.read(GREEN, FILE) is None
    assert not pair.alike()


def test_units_are_there_and_neither_enabled_nor_started(pair: Pair) -> None:
    assert pair.unit(GREEN) == ""
    pair.copy()
    assert pair.unit(GREEN) == "idle"


def test_a_part_that_the_source_does_not_have_is_an_error(pair: Pair) -> None:
    with pytest.raises(StepFailed, match="nova-unheard"):
        pair.copy(parts=("nova-unheard",))


def test_mentions_are_the_lines_that_a_copy_changes_without_their_secrets(pair: Pair) -> None:
    found = pair.port.mentions(BLUE, [DIRECTORY], WORDS)
    assert [(m.path, m.line) for m in found] == [(FILE, n) for n in (2, 3, 4, 5)]
    assert (found[1].before, found[1].after) == ("host = ctl-blue", "host = ctl-green")
    assert "hunter2" not in repr(found)


def test_a_host_that_does_not_answer_is_an_error(pair: Pair) -> None:
    pair.copy()
    pair.cut_off(GREEN)
    with pytest.raises(Unreachable):
        pair.alike()
    with pytest.raises(Unreachable):
        pair.copy()
