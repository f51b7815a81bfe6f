"""Faults for the lab: what can be seen of them without one."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.checks.registry import checks
from liftlock.drivers.on_host.rotation import lines_of
from liftlock.drivers.upgrade_checks.oslo import results
from tests.unit.tools.paper_lab import PaperLab

TOOLS = Path(__file__).parents[3] / "tools"


FAKE_LAB = """#!/bin/sh
case "$*" in
  *assess*)
    cd FOUND; printf '['; comma=''
    for f in *; do printf '%s{"Name": "%s", "What": "it is there"}' "$comma" "$f"; comma=', '; done; echo ']' ;;
  *) for last; do true; done; exec sh -c "$last" ;;
esac
"""
"""Instead of `liftlock`: what is found is what lies in a folder, and what is typed on a host is run here."""


@pytest.fixture(scope="module")
def plant() -> Iterator[Any]:
    sys.path.insert(0, str(TOOLS))
    import planted_faults

    yield planted_faults
    sys.path.remove(str(TOOLS))


@pytest.fixture
def trying(plant: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tool, on a lab whose only finding is `clean:lab`."""
    import plant as tool
    import rounds

    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "clean:lab").touch()
    program = tmp_path / "liftlock"
    program.write_text(FAKE_LAB.replace("FOUND", shlex.quote(str(tmp_path / "found"))))
    program.chmod(0o755)
    monkeypatch.setattr(rounds, "LIFTLOCK", str(program))
    monkeypatch.setattr(tool, "PATIENCE_S", 0.0)
    return tool


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


def test_the_clean_labs_files_have_what_is_listed_and_nothing_more(plant: Any, tmp_path: Path) -> None:
    assert set(PaperLab(tmp_path, "2025.1").findings("2026.1")) == set(plant.CLEAN)


def test_a_fault_in_a_file_is_found_by_its_name_alone_and_goes_with_it(plant: Any, tmp_path: Path) -> None:
    lab = PaperLab(tmp_path, "2025.1")
    edits = [fault for fault in plant.FAULTS if " && sed -i " in fault.plant]
    assert len(edits) >= 12
    for fault in edits:
        file = fault.plant.split()[2]
        here = lab.root(fault.host) / file.lstrip("/")
        before = here.read_bytes(), here.stat().st_mtime_ns

        def typed(command: str, file: str = file, here: Path = here) -> None:
            command = command.replace(file, str(here)).replace(plant.KEPT, str(tmp_path / "kept"))
            subprocess.run(["sh", "-c", command], check=True)

        typed(fault.plant)
        assert here.stat().st_mtime_ns == before[1]
        assert set(lab.findings("2026.1")) == {*plant.CLEAN, fault.finds[0]}
        typed(fault.undo)
        assert (here.read_bytes(), here.stat().st_mtime_ns) == before


def test_a_fault_that_does_not_behave_is_told_of_and_the_next_one_is_tried(
    plant: Any, trying: Any, tmp_path: Path
) -> None:
    found = tmp_path / "found"

    def fault(name: str, plants: str, undo: str) -> Any:
        return plant.Fault((name,), "h1", plants.format(found), undo.format(found))

    told = trying.tried(
        [
            fault("good:h1", "touch {0}/good:h1", "rm {0}/good:h1"),
            fault("unfit:h1", "exit 3", "true"),
            fault("unseen:h1", "true", "true"),
            fault("more:h1", "touch {0}/more:h1 {0}/other:h1", "rm {0}/more:h1 {0}/other:h1"),
            fault("stays:h1", "touch {0}/stays:h1", "true"),
            fault("stuck:h1", "touch {0}/stuck:h1", "rm {0}/stuck:h1; exit 4"),
            fault("last:h1", "touch {0}/last:h1", "rm {0}/last:h1"),
        ],
        trying.found(),
    )
    wrong = {name: one["wrong"] for name, one in told.items()}
    assert wrong["good:h1"] == wrong["last:h1"] == []
    assert told["good:h1"]["found"] == "it is there"
    assert "ended with code 3" in wrong["unfit:h1"][0]
    assert wrong["unseen:h1"] == ["unseen:h1 was not found"]
    assert wrong["more:h1"] == ["other:h1: it is there was found too"]
    assert wrong["stays:h1"] == ["stays:h1: it is there is still found"]
    assert "ended with code 4" in wrong["stuck:h1"][0]


def test_no_fault_is_begun_when_the_time_is_over(
    plant: Any, trying: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "LIMIT_S", -60.0)
    (told,) = trying.tried([plant.Fault(("good:h1",), "h1", "true", "true")], {}).values()
    assert told["wrong"] == ["not tried: -1 minutes were over"]


def test_a_clean_lab_with_more_or_less_than_is_listed_is_told_of(plant: Any, trying: Any) -> None:
    told, now = trying.clean_lab()
    assert set(now) == {"clean:lab"}
    assert "clean:lab: it is there was not expected" in told["wrong"]
    assert "server_alone:lb1 was expected" in told["wrong"]
