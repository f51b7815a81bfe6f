"""A cloud to probe, and a way to probe it quickly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.probes.lying_cloud import Cloud, honest_cloud
from tests.contract.probes.probing import Probing


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with honest_cloud() as cloud:
        yield cloud


@pytest.fixture
def probing(cloud: Cloud, tmp_path: Path) -> Probing:
    return Probing(cloud, tmp_path / "run")
