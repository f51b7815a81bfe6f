"""The way from a release's own lists of options to a file that its own validator takes, with oslo.config itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.cloud.adoption.path import of_service
from liftlock.knowledge.options import Facts
from tests.contract.options.releases import NEW, OLD, asked, install, run

TEXT = """\
[DEFAULT]
stays = false
goes = away
old_name = kept
older_name = moved
dashed_before = dashes
many_before = 1
many_before = 2
picky = a
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("releases")
    return install(root / "old", "31.0.0", OLD), install(root / "new", "33.0.0", NEW)


@pytest.fixture(scope="module")
def releases(folders: tuple[Path, Path]) -> tuple[Facts, Facts]:
    return asked(folders[0], "2025.1-a"), asked(folders[1], "2027.1-b")


def test_options_are_told_as_files_write_them(releases: tuple[Facts, Facts]) -> None:
    found = {o.name: o for o in releases[0].options if o.source.package == "nova"}
    assert found["stays"].default == "true"
    assert found["picky"].choices == ("a", "b", "c")
    assert found["dashed_name"].aliases == (("", "dashed_before"),)
    assert found["new_name"].section == "place"
    assert found["new_name"].aliases == (("DEFAULT", "older_name"),)
    assert found["many"].multi
    assert (found["goes"].leaving, found["goes"].since, found["goes"].why) == (
        True,
        "30.0.0",
        "nobody uses it",
    )


def test_one_list_that_fails_loses_no_other(releases: tuple[Facts, Facts]) -> None:
    lost = {s.name: s.problem for s in releases[0].lost if s.package == "nova"}
    assert lost == {
        "nova.broken": "ModuleNotFoundError: No module named 'no_such_library'",
        "nova.leaves": "SystemExit: I leave",
    }


def test_lists_of_test_suites_are_not_asked(releases: tuple[Facts, Facts]) -> None:
    assert "nova.tests" not in {source.name for source in releases[0].sources}


def without_broken(facts: Facts) -> Facts:
    """The release with every list in order."""
    sources = tuple(source for source in facts.sources if not source.problem)
    return Facts(facts.release, facts.packages, sources, facts.options, facts.rules)


def test_the_targets_own_validator_takes_what_was_adopted(
    folders: tuple[Path, Path], releases: tuple[Facts, Facts], tmp_path: Path
) -> None:
    old, new = (without_broken(facts) for facts in releases)
    (adopted,) = of_service("nova", {"/etc/nova/nova.conf": TEXT}, old, new)
    before, after = tmp_path / "before.conf", tmp_path / "after.conf"
    before.write_text(TEXT)
    after.write_text(adopted.after)
    words = ("-m", "oslo_config.validator", "--namespace", "nova.conf", "--check-defaults", "--input-file")
    refused = run(folders[1], *words, before)
    assert refused.returncode == 1
    assert "goes" in refused.stdout + refused.stderr
    taken = run(folders[1], *words, after)
    assert (taken.returncode, "deprecated" in taken.stdout + taken.stderr) == (0, False), taken.stderr


def test_an_option_of_a_package_with_a_list_that_fails_may_have_moved_there(
    releases: tuple[Facts, Facts],
) -> None:
    (adopted,) = of_service("nova", {"/etc/nova/nova.conf": "[DEFAULT]\ngoes = x\n"}, *releases)
    assert [change.kind.value for change in adopted.changes if change.name == "[DEFAULT] goes"] == ["unknown"]
