"""Stories are told in memory: every line of a journal is synced, and no disk loses its power here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.memory import in_memory


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with in_memory() as folder:
        yield folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """For all tests of a file."""
    with in_memory() as folder:
        yield folder
