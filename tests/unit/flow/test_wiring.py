"""Drivers are chosen by what the cloud file says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from liftlock.cloud.file import CloudFile, load
from liftlock.drivers import balancers, deployers
from liftlock.drivers.deployers.venv.deployer import VenvDeployer
from liftlock.drivers.shells.ssh import SshShell
from liftlock.errors import BadInput
from liftlock.flow.wiring import balancer, deployer
from liftlock.sim.clock import SimClock
from tests.sites import CLOUD_FILE


@pytest.fixture
def file(tmp_path: Path) -> CloudFile:
    (tmp_path / "cloud.yaml").write_text(CLOUD_FILE)
    return load(tmp_path / "cloud.yaml")


def asking_for(file: CloudFile, what: str, kind: str) -> object:
    file = replace(file, **{what: replace(getattr(file, what), kind=kind)})
    shell = SshShell({})
    return deployer(file, shell, SimClock()) if what == "deployer" else balancer(file, shell)


@pytest.mark.parametrize(
    ("what", "room", "usual", "kept"),
    [
        ("deployer", deployers, "venv", VenvDeployer),
        ("balancer", balancers, "haproxy", tuple),
    ],
)
def test_a_driver_is_the_file_of_its_name(
    file: CloudFile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    room: ModuleType,
    usual: str,
    kept: type,
) -> None:
    assert isinstance(asking_for(file, what, usual), kept)
    (tmp_path / "by_carrier_pigeon.py").write_text(f"def {what}_of(*given): return 'coo'")
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    assert asking_for(file, what, "by_carrier_pigeon") == "coo"
    with pytest.raises(BadInput, match=f"no {what} `rpm`") as told:
        asking_for(file, what, "rpm")
    assert told.value.hint == f"name one of by_carrier_pigeon, {usual} as `{what}.kind`"
