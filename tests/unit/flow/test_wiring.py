"""Drivers are chosen by what the cloud file says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.cloud.file import CloudFile, load
from liftlock.drivers import deployers
from liftlock.drivers.deployers.venv.deployer import VenvDeployer
from liftlock.drivers.shells.ssh import SshShell
from liftlock.errors import BadInput
from liftlock.flow.wiring import deployer
from liftlock.sim.clock import SimClock
from tests.sites import CLOUD_FILE


@pytest.fixture
def file(tmp_path: Path) -> CloudFile:
    (tmp_path / "cloud.yaml").write_text(CLOUD_FILE)
    return load(tmp_path / "cloud.yaml")


def asking_for(file: CloudFile, kind: str) -> object:
    return deployer(replace(file, deployer=replace(file.deployer, kind=kind)), SshShell({}), SimClock())


def test_the_deployer_is_the_file_of_its_name(
    file: CloudFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(asking_for(file, "venv"), VenvDeployer)
    (tmp_path / "by_carrier_pigeon.py").write_text("def deployer_of(file, shell, clock): return 'coo'")
    monkeypatch.setattr(deployers, "__path__", [*deployers.__path__, str(tmp_path)])
    assert asking_for(file, "by_carrier_pigeon") == "coo"


def test_a_deployer_of_which_there_is_no_file_is_refused_by_name(file: CloudFile) -> None:
    with pytest.raises(BadInput, match="no deployer `rpm`") as told:
        asking_for(file, "rpm")
    assert told.value.hint == "name one of venv as `deployer.kind`"
