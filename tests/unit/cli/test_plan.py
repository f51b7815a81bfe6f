"""What is typed around a plan that was written: shown, compared, sent to users."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.flow.plan import plan
from liftlock.plan import codec
from liftlock.sim.cloud import SimCloud
from tests.pages import fetched
from tests.sites import GREEN, sim_site
from tests.unit.cli.terminal import typed


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    for name, more in (("plan", GREEN), ("other", "")):
        made, _ = plan(sim_site(tmp_path, SimCloud.tiny(), more), "2026.1")
        codec.write(made, tmp_path / f"{name}.json")
    return tmp_path


def test_a_plan_is_shown_compared_and_sent_without_a_cloud(desk: Path) -> None:
    shown = typed(["plan", "show", "plan.json"], desk)
    assert shown.code == 0, shown.err
    assert shown.out.startswith("upgrade tiny: 2025.1 → 2026.1\n")
    page = typed(["plan", "show", "plan.json", "-f", "html", "-o", "plan.html"], desk)
    assert (page.code, page.out) == (0, "")
    html = (desk / "plan.html").read_text()
    assert html.startswith("<!doctype html>")
    assert fetched(html) == []
    again = typed(["plan", "show", "plan.json", "-f", "json"], desk)
    assert again.out == (desk / "plan.json").read_text()
    mail = typed(["plan", "show", "plan.json", "--for", "users", "--begins", "at noon"], desk)
    assert "It begins at noon." in mail.out
    differs = typed(["plan", "diff", "plan.json", "other.json"], desk)
    assert "~ strategy: blue_green → in_place" in differs.out
    same = typed(["plan", "diff", "plan.json", "plan.json"], desk)
    assert same.out == "nothing differs but the moment they were made\n"


@pytest.mark.parametrize(
    "words",
    [
        ["show", "none.json"],
        ["show", "cloud.yaml"],
        ["show", "plan.json", "-f", "html", "-o", "no/where.html"],
        ["show", "plan.json", "--for", "users", "-f", "html"],
        ["diff", "plan.json", "none.json"],
    ],
)
def test_what_cannot_be_shown_is_told_in_three_parts(desk: Path, words: list[str]) -> None:
    told = typed(["plan", *words], desk)
    assert told.code
    assert told.in_three_parts, told.err
