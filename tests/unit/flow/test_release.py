"""The way from one series to another, and what may be one lift of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from liftlock.errors import BadInput, Refused
from liftlock.flow.releases.release import known, path, release
from liftlock.knowledge.catalogue import releases, services
from tests.unit.cli.terminal import typed


def lifts(source: str, target: str) -> list[tuple[str, str, int]]:
    return [(hop.source, hop.target, hop.lift) for hop in path(source, target)]


def test_over_two_slurp_hops_computes_are_upgraded_between_where_nova_refuses_the_older_ones() -> None:
    assert lifts("2024.1", "2026.1") == [("2024.1", "2025.1", 1), ("2025.1", "2026.1", 2)]
    assert "does not start while a nova-compute writes less than 68, and 2024.1 writes 67" in (
        path("2024.1", "2026.1")[1].why
    )


def test_over_two_slurp_hops_there_is_one_lift_where_nova_works_with_the_oldest_computes() -> None:
    assert lifts("2023.1", "2025.1") == [("2023.1", "2024.1", 1), ("2024.1", "2025.1", 1)]
    assert "may be one lift with the hop before" in path("2023.1", "2025.1")[1].why


def test_the_rule_that_supports_a_hop_is_told() -> None:
    assert [hop.rule for hop in path("zed", "2024.1")] == [
        "the next series",
        "from SLURP to SLURP (TC resolution of 2022-02-10)",
    ]


def test_from_mitaka_every_series_is_a_stop_until_slurp_begins() -> None:
    stops = [hop.target for hop in path("mitaka", "2026.2")]
    order = list(releases())
    assert stops == [*order[1 : order.index("2023.1") + 1], "2024.1", "2025.1", "2026.1", "2026.2"]


def test_where_numbers_are_not_known_a_lift_of_its_own_is_advised() -> None:
    assert "not known" in path("mitaka", "ocata")[1].why
    assert path("mitaka", "ocata")[1].lift == 2


@pytest.mark.parametrize(("source", "target"), [("2026.1", "2025.1"), ("2025.1", "epoxy")])
def test_no_way_leads_back_or_nowhere(source: str, target: str) -> None:
    with pytest.raises(Refused, match="upgrades only go forward"):
        path(source, target)


def test_a_series_nobody_made_is_refused() -> None:
    with pytest.raises(BadInput, match=r"1999\.9"):
        release("1999.9")


def test_only_series_with_a_lock_are_installable() -> None:
    assert [found.series.id for found in known() if found.installable] == [
        "2023.1",
        "2024.1",
        "2025.1",
        "2026.1",
    ]


def test_a_release_tells_where_one_can_go_and_the_oldest_agents_of_each_service() -> None:
    found = release("epoxy")
    assert found.hop_to == ("2025.2", "2026.1")
    assert found.floors.keys() == services().keys()
    assert found.floors["nova"] == "nova-compute of service version 66 (2023.1); it writes 68"


def test_a_version_is_said_to_be_listed_or_placed_by_its_major(tmp_path: Path) -> None:
    def of(words: str) -> list[str]:
        return typed(f"release of {words} -f value -c series -c basis".split(), tmp_path).out.split("\n")[:2]

    assert of("oslo.messaging 4.6.1") == ["mitaka", "listed"]
    assert of("nova 34.0.0") == ["2026.2", "by major"]


@pytest.mark.parametrize("words", ["nova 99.0", "nova unknown", "left-pad 1.0", "nova ''"])
def test_a_version_of_no_series_is_refused_in_three_parts(words: str, tmp_path: Path) -> None:
    told = typed(["release", "of", *words.split()], tmp_path)
    assert told.code == BadInput.exit_code
    assert told.in_three_parts


def test_verbs_answer_in_every_format(tmp_path: Path) -> None:
    rows = json.loads(typed(["release", "list", "-f", "json"], tmp_path).out)
    assert [row["Series"] for row in rows] == list(releases())
    shown = json.loads(typed(["release", "show", "gazpacho", "-f", "json"], tmp_path).out)
    assert shown["versions"]["nova"] == releases()["2026.1"].versions["nova"]
    assert shown["follows"] == ["2025.1", "2025.2"]
    assert "nova 31." in typed(["release", "show", "epoxy"], tmp_path).out
    way = typed(
        ["release", "path", "2024.1", "2026.1", "-f", "value", "-c", "From", "-c", "To", "-c", "Lift"],
        tmp_path,
    )
    assert way.out.split() == ["2024.1", "2025.1", "1", "2025.1", "2026.1", "2"]
    assert "2 hops in 2 lifts" in way.err
    assert typed(["release", "path", "2025.1", "2026.1", "-f", "yaml"], tmp_path).code == 0
