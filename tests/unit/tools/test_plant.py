"""Faults for the lab: what can be seen of them without one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.checks.registry import checks
from liftlock.drivers.on_host.rotation import lines_of
from liftlock.drivers.upgrade_checks.oslo import results

TOOLS = Path(__file__).parents[3] / "tools"


@pytest.fixture(scope="module")
def plant() -> Iterator[Any]:
    sys.path.insert(0, str(TOOLS))
    import plant

    yield plant
    sys.path.remove(str(TOOLS))


def test_every_fault_is_for_a_check_that_there_is_and_no_two_find_the_same(plant: Any) -> None:
    named = [fault.check for fault in plant.FAULTS]
    assert set(named) <= set(checks())
    assert len({fault.finds for fault in plant.FAULTS}) == len(named)
    assert len(set(named)) >= 20


def test_what_is_typed_for_a_fault_and_against_it_is_for_a_shell(plant: Any) -> None:
    for fault in plant.FAULTS:
        for line in (fault.plant, fault.undo):
            told = subprocess.run(["sh", "-n", "-c", line], capture_output=True, text=True, check=False)
            assert told.returncode == 0, f"{line}: {told.stderr}"


def test_programs_that_are_planted_say_what_the_checks_read(plant: Any, tmp_path: Path) -> None:
    there = tmp_path / "new folder" / "nova-status"
    subprocess.run(["sh", "-c", plant.program(str(there), plant.STATUS)], check=True)
    told = subprocess.run([there, "upgrade", "check"], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert [(r.name, r.code) for r in results(told.stdout)] == [("Planted", 1)]
    subprocess.run(["sh", "-c", plant.tells(str(tmp_path / "ovn-northd"), "25.03.1")], check=True)
    assert subprocess.run([tmp_path / "ovn-northd"], capture_output=True, text=True, check=True).stdout == (
        "ovn-northd 25.03.1\n"
    )


def test_the_planted_rotation_is_one_and_rotates_nothing(plant: Any, tmp_path: Path) -> None:
    (fault,) = [f for f in plant.FAULTS if f.check == "key_rotation_due"]
    crontab = tmp_path / "planted"
    subprocess.run(["sh", "-c", fault.plant.replace("/etc/cron.d/planted", str(crontab))], check=True)
    (line,) = lines_of(crontab, tmp_path)
    assert line.split()[5:] == ["root", ":", "fernet_rotate"]
