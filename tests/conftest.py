"""The real lab, for every test that asks for it; and `from tests.clouds import small_cloud` works anywhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.lab.story.operator import Operator, lab_is_there

STORY = (
    *("test_client", "test_prober", "test_bad_input", "test_in_place"),
    *("test_blue_green", "test_secrets", "test_taken_down", "test_tutorial"),
)
"""Files of `tests/lab/story` in the order in which an operator would live through them."""

CALM = {
    "deadline": None,
    "database": None,
    "suppress_health_check": (HealthCheck.too_slow, HealthCheck.filter_too_much),
}
settings.register_profile("house", max_examples=100, derandomize=True, **CALM)
settings.register_profile("search", max_examples=3000, **CALM)
settings.load_profile(os.environ.get("LIFTLOCK_HYPOTHESIS", "house"))
"""The same examples each time; `LIFTLOCK_HYPOTHESIS=search` looks further, for whoever has an hour."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """For whoever writes a test: minutes are saved, and nothing is proved about `up` and `down`."""
    parser.addoption("--lab-as-it-is", action="store_true", help="use the lab that is up, and leave it up")


@pytest.fixture(scope="session", autouse=True)
def _folder_of_its_own() -> Iterator[None]:
    """Test processes side by side are one database host to the driver: each leaves copies in another folder there."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    folder = f"/var/tmp/liftlock-tests-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("liftlock.drivers.databases.mariadb._INCOMING", folder)
        yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def the_lab(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Operator]:
    """Somebody with a terminal, and the lab at 2025.1: brought up from nothing, by an `up` that is killed twice."""
    operator = Operator(tmp_path_factory.mktemp("operator"))
    if pytestconfig.getoption("--lab-as-it-is"):
        yield operator
        return
    if lab_is_there():
        operator.types("liftlock lab down").well()
    up = "liftlock lab up --series 2025.1"
    operator.killed_when(up, lambda line: line.startswith("host db1"))
    operator.killed_when(up, lambda line: "tables of keystone" in line)
    operator.types(up).well()
    yield operator
    if lab_is_there():
        operator.types("liftlock lab down").well()


@pytest.fixture(autouse=True)
def _lab_for_drivers(request: pytest.FixtureRequest) -> None:
    """Whatever lab is up serves for the contracts of drivers; without one, the lab of the story comes up."""
    if needs_some_lab(request.node) and not lab_is_there():
        request.getfixturevalue("the_lab")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests without a lab, then those with labs of their own, then those that share the one lab, as a story."""
    items.sort(key=moment)


def moment(item: pytest.Item) -> int:
    """When a test's turn is."""
    if not item.get_closest_marker("lab"):
        return 0
    if "story" in item.path.parts:
        return 3 + STORY.index(item.path.stem)
    return 2 if needs_some_lab(item) else 1


def needs_some_lab(item: pytest.Item) -> bool:
    """Whether a test looks at hosts of whatever lab is up."""
    module = getattr(item, "module", None)
    return item.get_closest_marker("lab") is not None and hasattr(module, "LabShell")
