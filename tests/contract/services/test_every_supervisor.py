"""What every `Services` promises, over the simulator and over the systemd of a host of the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.services.systemd import SystemdServices
from liftlock.errors import StepFailed, Unreachable
from liftlock.ports.services import Services
from liftlock.sim.cloud import SimCloud
from liftlock.sim.console import SimConsole
from liftlock.sim.faults import Fault, Kind
from liftlock.steps.waiting import wait_until
from tests.contract.lab_host import HOST, NOWHERE, LabShell


@dataclass
class Place:
    """A host with a unit that is off, one that cannot start, and one that does not end when asked to."""

    port: Services
    host: str
    good: str
    bad: str
    stubborn: str
    nowhere: str
    processes: Callable[[str], int]
    type: Callable[[str], str]
    """A person types a line in a root shell of the host; what it prints."""


def over_sim() -> Place:
    bad = Fault(Kind.UNIT_DOES_NOT_START, what="nova-conductor")
    cloud = SimCloud.tiny(faults=[bad, Fault(Kind.HOST_UNREACHABLE, "cmp1")])
    for part in ("nova-scheduler", "nova-conductor"):
        cloud.hands.services.stop("ctl-blue", part)
    return Place(
        cloud.hands.services,
        "ctl-blue",
        "nova-scheduler",
        "nova-conductor",
        "nova-api",
        "cmp1",
        lambda part: int(cloud.hosts["ctl-blue"].units[part].active),
        lambda line: SimConsole(cloud).type("ctl-blue", line),
    )


BROKER = (
    'import socket; s = socket.create_server(("127.0.0.1", 5672)); print("listens", flush=True); '
    'c, _ = s.accept(); c.sendall(b"call"); c.recv(1)'
)
WORKER = (
    'import signal, socket, sys, time; s = socket.create_connection(("127.0.0.1", 5672)); '
    "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(2), sys.exit(0))); time.sleep(7777)"
)
UNITS = {
    # Its child is what must be gone too.
    "good": "Type=exec\nExecStart=/bin/sh -c 'sleep 7777 & wait'\nKillMode=mixed",
    "bad": "Type=notify\nTimeoutStartSec=5\nExecStart=/bin/sh -c 'echo this cannot work; exit 3'",
    "broker": f"Type=exec\nExecStart=/usr/bin/python3 -c '{BROKER}'",
    # It reads nothing, and takes a while to end.
    "worker": f"Type=exec\nExecStart=/usr/bin/python3 -c '{WORKER}'",
    "stubborn": "Type=exec\nTimeoutStopSec=2\nExecStart=/bin/sh -c \"trap '' TERM; while :; do sleep 1; done\"",
}


@pytest.fixture(scope="module")
def lab() -> Iterator[LabShell]:
    shell = LabShell()
    for name, lines in UNITS.items():
        text = f"[Service]\n{lines}\n[Install]\nWantedBy=multi-user.target\n"
        shell.write(HOST, f"/etc/systemd/system/contract-{name}.service", text.encode(), mode=0o644)
    shell.run(HOST, "systemctl daemon-reload")
    yield shell
    units = " ".join(f"contract-{name}.service" for name in UNITS)
    shell.run(
        HOST,
        f"systemctl disable --now {units}; cd /etc/systemd/system && rm -f {units}; systemctl daemon-reload",
    )


@pytest.fixture(params=["sim", pytest.param("systemd", marks=pytest.mark.lab)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "sim":
        yield over_sim()
        return
    shell: LabShell = request.getfixturevalue("lab")

    def processes(part: str) -> int:
        place = f"/sys/fs/cgroup/system.slice/{part}.service/cgroup.procs"
        return len(shell.run(HOST, f"cat {place} 2>/dev/null; true").out.split())

    port = SystemdServices(shell, SystemClock())
    yield Place(
        port,
        HOST,
        "contract-good",
        "contract-bad",
        "contract-stubborn",
        NOWHERE,
        processes,
        lambda line: shell.run(HOST, line).out,
    )
    port.stop(HOST, "contract-good")


def test_a_part_without_a_unit_is_none_and_as_stopped_as_can_be(place: Place) -> None:
    assert place.port.look(place.host, "no-such-part") is None


def test_a_started_unit_is_active_and_enabled_however_often_it_is_started(place: Place) -> None:
    for _ in range(2):
        place.port.start(place.host, place.good)
        unit = place.port.look(place.host, place.good)
        assert unit is not None
        assert (unit.name, unit.active, unit.enabled, unit.restarts) == (place.good, True, True, 0)
    assert place.processes(place.good)


def test_a_stopped_unit_is_off_for_good_and_leaves_no_process(place: Place) -> None:
    place.port.start(place.host, place.good)
    for running in (True, False):
        ending = place.port.stop(place.host, place.good)
        assert (ending is not None) == running
        assert ending is None or not ending.forced
        unit = place.port.look(place.host, place.good)
        assert unit is not None
        assert (unit.active, unit.enabled) == (False, False)
        assert not place.processes(place.good)


def test_a_unit_that_cannot_start_is_an_error_that_shows_its_log(place: Place) -> None:
    for _ in range(2):
        with pytest.raises(StepFailed) as failed:
            place.port.start(place.host, place.bad)
        assert "its log ends" in failed.value.now
        assert place.bad in failed.value.what
    place.port.stop(place.host, place.bad)


def test_a_host_that_does_not_answer_is_an_error(place: Place) -> None:
    with pytest.raises(Unreachable):
        place.port.look(place.nowhere, place.good)
    with pytest.raises(Unreachable):
        place.port.stop(place.nowhere, place.good)


def test_a_unit_that_ignores_being_asked_is_gone_after_its_own_time_to_stop(place: Place) -> None:
    place.port.start(place.host, place.stubborn)
    ending = place.port.stop(place.host, place.stubborn)
    assert not place.processes(place.stubborn)
    assert ending
    # Whoever reads the journal learns that its work was cut off; simulated parts are never that stubborn.
    assert ending.forced == place.stubborn.startswith("contract-")


def test_many_parts_are_seen_at_once_and_those_that_are_not_there_are_left_out(place: Place) -> None:
    place.port.start(place.host, place.good)
    seen = place.port.look_at_all(place.host, (place.good, place.bad, "there-is-no-such-part"))
    assert set(seen) == {place.good, place.bad}
    assert (seen[place.good].active, seen[place.good].restarts) == (True, 0)
    assert not seen[place.bad].active
    with pytest.raises(Unreachable):
        place.port.look_at_all(place.nowhere, (place.good,))


@pytest.mark.parametrize("on", [True, False])
def test_what_is_typed_by_hand_does_what_the_port_does_and_shows_it(place: Place, on: bool) -> None:
    (place.port.stop if on else place.port.start)(place.host, place.good)
    page = place.port.by_hand((place.good,), on=on)
    for _ in range(2):
        for line in page.commands:
            place.type(line)
        assert place.type(page.look).split() == ["active" if on else "inactive"]
        assert f"`{place.type(page.look).strip()}`" in page.expect
    unit = place.port.look(place.host, place.good)
    assert unit is not None
    assert (unit.active, unit.enabled) == (on, on)


@pytest.mark.lab
def test_what_a_broker_handed_to_a_unit_that_ends_goes_back(lab: LabShell) -> None:
    port = SystemdServices(lab, SystemClock())
    port.start(HOST, "contract-broker")
    listens = "ss -Hltn 'sport = :5672'"
    assert wait_until(SystemClock(), lambda: bool(lab.run(HOST, listens).out), patience_s=60)
    port.start(HOST, "contract-worker")
    has_come = "ss -Htn state established 'dport = :5672' | awk '$1 > 0'"
    assert wait_until(SystemClock(), lambda: bool(lab.run(HOST, has_come).out), patience_s=60)
    ending = port.stop(HOST, "contract-worker")
    assert ending is not None
    assert (ending.forced, ending.given_back) == (False, 1)
    assert str(ending).endswith("; what the broker handed it meanwhile went back")
    # The broker saw the connection end: its unit is over.
    gone = port.stop(HOST, "contract-broker")
    assert gone is None or not gone.given_back
