"""For the whole story: somebody writes down every command line that any process on the machine had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.story.process_list import ProcessList


@pytest.fixture(scope="session", autouse=True)
def process_list() -> Iterator[ProcessList]:
    """Everything that `ps` would have shown since the story began."""
    with ProcessList() as found:
        yield found
