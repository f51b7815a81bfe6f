"""What every `Deployer` promises, over the simulator and over a host of the lab."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.deployers.venv.deployer import VenvDeployer
from liftlock.errors import BadInput, LiftlockError, StepFailed
from liftlock.ports.deployer import Deployer
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.contract.lab_host import HOST, LabShell

WORKS = ("keystone-manage", "db_sync", "--expand")
FAILS = ("keystone-manage", "db_sync", "--contract")
HANGS = ("glance-manage", "db", "expand")
ROOT = "/var/tmp/liftlock-contract"
COUNT = "/var/tmp/liftlock-contract-count"


@dataclass
class Place:
    """A host that holds no release of `release`, which has three programs: one works, one fails, one takes long."""

    port: Deployer
    host: str
    release: str
    started: Callable[[], int]
    let_go: Callable[[], None]
    """The program that takes long ends now."""


def over_sim() -> Place:
    hangs = Fault(Kind.PROGRAM_HANGS, what=" ".join(HANGS))
    cloud = SimCloud.tiny(faults=[hangs, Fault(Kind.PROGRAM_FAILS, what=" ".join(FAILS))])

    def let_go() -> None:
        cloud.hosts["ctl-blue"].results["long"] = cloud.hosts["ctl-blue"].results["short"]

    return Place(
        cloud.hands.deployer, "ctl-blue", cloud.builds["2026.1"], lambda: len(cloud.programs), let_go
    )


def archive(folder: Path, release: str) -> None:
    """A release with three programs, packed as a real one is."""
    home = folder / "tree" / "opt" / "openstack" / release
    (home / "bin").mkdir(parents=True)
    texts = {
        "keystone-manage": f'#!/bin/sh\necho x >> {COUNT}; echo "$@"; id -un; [ "$2" = --expand ]\n',
        "glance-manage": f"#!/bin/sh\necho x >> {COUNT}; while [ ! -e {COUNT}.go ]; do sleep 0.2; done; echo ended\n",
    }
    for name, text in texts.items():
        (home / "bin" / name).write_text(text)
        (home / "bin" / name).chmod(0o755)
    target = folder / f"control-{release}.tar.zst"
    subprocess.run(["tar", "-C", folder / "tree", "--zstd", "-cf", target, "opt"], check=True)


@pytest.fixture(params=["sim", pytest.param("venv", marks=pytest.mark.lab)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sim":
        yield over_sim()
        return
    shell = LabShell()
    port = VenvDeployer(shell, SystemClock(), tmp_path, root=ROOT)
    release = port.release_of("2026.1")
    archive(tmp_path, release)
    yield Place(
        port,
        HOST,
        release,
        lambda: len(shell.run(HOST, f"cat {COUNT} 2>/dev/null; true").out.split()),
        lambda: shell.run(HOST, f"touch {COUNT}.go") and None,
    )
    shell.run(HOST, f"touch {COUNT}.go; sleep 1; rm -rf {ROOT} {COUNT} {COUNT}.go")
    for name in ("short", "long", "bad"):
        port.forget(HOST, name)


@pytest.fixture
def staged(place: Place) -> Place:
    place.port.stage(place.host, place.release)
    return place


def test_a_series_without_a_release_is_bad_input(place: Place) -> None:
    assert place.port.release_of("2026.1").startswith("2026.1-")
    with pytest.raises(BadInput):
        place.port.release_of("1999.1")


def test_a_release_has_a_folder_of_its_own_on_every_host(place: Place) -> None:
    assert place.port.folder(place.release).endswith(f"/{place.release}")
    assert place.port.folder(place.release).startswith("/")


def test_staging_adds_a_release_and_changes_neither_the_current_one_nor_anything_when_repeated(
    place: Place,
) -> None:
    before, current = place.port.staged(place.host), place.port.current(place.host)
    assert place.release not in before
    for _ in range(2):
        place.port.stage(place.host, place.release)
        assert set(place.port.staged(place.host)) == {*before, place.release}
        assert place.port.current(place.host) == current


def test_only_a_staged_release_can_be_switched_to_or_run(place: Place) -> None:
    current = place.port.current(place.host)
    with pytest.raises(StepFailed):
        place.port.switch(place.host, place.release)
    with pytest.raises(StepFailed):
        place.port.run(place.host, place.release, "short", WORKS, timeout_s=60)
    assert place.port.current(place.host) == current


def test_after_a_switch_the_release_is_current(staged: Place) -> None:
    for _ in range(2):
        staged.port.switch(staged.host, staged.release)
        assert staged.port.current(staged.host) == staged.release
    assert staged.release in staged.port.staged(staged.host)


def test_a_program_is_run_once_per_name_until_it_is_forgotten(staged: Place) -> None:
    first = staged.port.run(staged.host, staged.release, "short", WORKS, timeout_s=60)
    assert first.code == 0
    assert first.out
    assert staged.port.run(staged.host, staged.release, "short", WORKS, timeout_s=60) == first
    assert staged.started() == 1
    staged.port.forget(staged.host, "short")
    staged.port.forget(staged.host, "short")
    staged.port.run(staged.host, staged.release, "short", WORKS, timeout_s=60)
    assert staged.started() == 2


def test_a_program_that_fails_says_its_code(staged: Place) -> None:
    assert staged.port.run(staged.host, staged.release, "bad", FAILS, timeout_s=60).code == 1


def test_a_program_that_takes_too_long_goes_on_and_is_found_again(staged: Place) -> None:
    staged.port.run(staged.host, staged.release, "short", WORKS, timeout_s=60)
    before = staged.started()
    for _ in range(2):
        with pytest.raises(LiftlockError) as failed:
            staged.port.run(staged.host, staged.release, "long", HANGS, timeout_s=2)
        assert "as the unit long" in failed.value.now
    staged.let_go()
    assert staged.port.run(staged.host, staged.release, "long", HANGS, timeout_s=60).code == 0
    assert staged.started() == before + 1
