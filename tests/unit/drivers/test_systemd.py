"""A supervisor that does not answer is not one that knows no such unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.drivers.services.systemd import SystemdServices
from liftlock.errors import Unreachable
from liftlock.sim.cloud import SimCloud
from liftlock.steps.services import StopPart
from tests.unit.drivers.local_shell import LocalShell

NO_BUS = "echo 'Failed to connect to bus: Connection refused' >&2; exit 1"
RUNS = (
    "LoadState=loaded ActiveState=active SubState=running UnitFileState=enabled NRestarts=0 "
    "Id=nova-api.service ControlGroup="
)


class Systemctl:
    """A program of that name: it says what a test wants, the first times nothing at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = SystemdServices(LocalShell(path=folder), SimCloud.tiny().hands.clock)

    def says(self, words: str, *, silent: int = 0) -> None:
        asked = self.folder / "asked"
        asked.write_text("")
        lines = [
            "#!/bin/sh",
            f"echo >> {asked}",
            f"if [ $(wc -l < {asked}) -le {silent} ]; then {NO_BUS}; fi",
            f"printf '%s\\n' {words}",
        ]
        program = self.folder / "systemctl"
        program.write_text("\n".join(lines) + "\n")
        program.chmod(0o755)


@pytest.fixture
def systemctl(tmp_path: Path) -> Systemctl:
    return Systemctl(tmp_path)


@pytest.mark.parametrize(
    "ask",
    [
        lambda port: port.look("ctl-blue", "nova-api"),
        lambda port: port.look_at_all("ctl-blue", ("nova-api", "nova-scheduler")),
        lambda port: port.stop("ctl-blue", "nova-api"),
        lambda port: port.start("ctl-blue", "nova-api"),
    ],
    ids=["look", "look_at_all", "stop", "start"],
)
def test_a_supervisor_that_does_not_answer_is_an_error_in_its_own_words(
    systemctl: Systemctl, ask: Callable[[SystemdServices], object]
) -> None:
    systemctl.says("", silent=1000)
    with pytest.raises(Unreachable, match=r"ctl-blue: systemctl .*Failed to connect to bus") as raised:
        ask(systemctl.port)
    assert "not known" in raised.value.now


def test_a_step_does_not_take_a_part_for_stopped_that_nobody_could_look_at(systemctl: Systemctl) -> None:
    systemctl.says("", silent=1000)
    hands = replace(SimCloud.tiny().hands, services=systemctl.port)
    with pytest.raises(Unreachable):
        StopPart("ctl-blue", "nova-api").done(hands, None)


def test_a_supervisor_that_is_silent_for_a_moment_is_asked_again(systemctl: Systemctl) -> None:
    systemctl.says(RUNS, silent=1)
    unit = systemctl.port.look("ctl-blue", "nova-api")
    assert unit is not None
    assert unit.active
    systemctl.says(RUNS, silent=1)
    assert set(systemctl.port.look_at_all("ctl-blue", ("nova-api",))) == {"nova-api"}


def test_a_unit_that_is_masked_while_it_runs_is_not_stopped(systemctl: Systemctl) -> None:
    systemctl.says(RUNS.replace("loaded", "masked").replace("enabled", "masked"))
    unit = systemctl.port.look("ctl-blue", "nova-api")
    assert unit is not None
    assert (unit.active, unit.enabled) == (True, False)
    assert set(systemctl.port.look_at_all("ctl-blue", ("nova-api",))) == {"nova-api"}


def test_nothing_is_asked_about_no_parts(systemctl: Systemctl) -> None:
    systemctl.says("", silent=1000)
    assert systemctl.port.look_at_all("ctl-blue", ()) == {}


def test_a_unit_that_is_not_there_is_none(systemctl: Systemctl) -> None:
    systemctl.says("LoadState=not-found ActiveState=inactive Id=nova-api.service NRestarts=0 UnitFileState=")
    assert systemctl.port.look("ctl-blue", "nova-api") is None
    assert systemctl.port.look_at_all("ctl-blue", ("nova-api",)) == {}
    assert systemctl.port.stop("ctl-blue", "nova-api") is None
