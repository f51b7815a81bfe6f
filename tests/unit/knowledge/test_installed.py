"""What a hop changes in options and policies, of releases made up for it and of those that are shipped."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock.knowledge.fact import Coverage, Turn
from liftlock.knowledge.installed import TOPICS, installed
from liftlock.knowledge.options import Facts, parse

OURS, LIBRARY = "nova", "oslo-messaging"


def facts(options: list[dict[str, Any]], rules: list[dict[str, Any]] | None = None, **sources: Any) -> Facts:
    entries = [
        {
            "kind": "options",
            "name": "nova.conf",
            "address": "nova.conf:list_opts",
            "declares": options,
            **sources,
        },
        {"kind": "rules", "name": "nova", "address": "nova.policies:list_rules", "declares": rules or []},
    ]
    library = [{"section": "DEFAULT", "name": "of_the_library", "default": str(len(options))}]
    other = [{"kind": "options", "name": "o", "address": "o:o", "declares": library}]
    return parse("x", {"format": 1, "packages": {"nova 1": entries, "oslo.messaging 2": other}})


def option(name: str, default: str | None = "1", **more: Any) -> dict[str, Any]:
    return {"section": "DEFAULT", "name": name, "default": default, **more}


def told(topic: str, before: Facts, after: Facts) -> dict[str, tuple[str, str]]:
    found = list(TOPICS[topic]("nova", OURS, before, after))
    assert len({change.name for _, change in found}) == len(found)
    return {change.name: (change.turn.value, change.text) for _, change in found}


def test_an_option_is_gone_new_renamed_changed_or_deprecated_and_otherwise_not_told() -> None:
    before = facts([option("stays"), option("gone"), option("old"), option("moves"), option("ages")])
    after = facts(
        [
            option("stays"),
            option("young", "2", aliases=[["", "old"]]),
            option("moves", "5"),
            option("ages", leaving=True, since="33.0.0"),
            option("fresh", None),
            option("duty", None, required=True),
        ]
    )
    assert told("options", before, after) == {
        "gone": ("gone", ""),
        "old": ("changed", "is [DEFAULT] young now"),
        "moves": ("changed", "the default is `5`, before `1`"),
        "ages": ("changed", "is deprecated for removal (since 33.0.0)"),
        "fresh": ("new", "the default is nothing"),
        "duty": ("new", "must be set"),
        "young": ("changed", "the default is `2`, before `1`"),
    }


def test_an_option_whose_list_could_not_be_asked_is_unknown_and_not_gone() -> None:
    before, after = facts([option("ours")]), facts([], problem="ImportError")
    found = [(c, change.turn, change.name) for c, change in TOPICS["options"]("nova", OURS, before, after)]
    assert found == [(Coverage.UNKNOWN, Turn.STAYS, "ours")]


def test_a_rule_is_gone_new_renamed_or_lets_in_others() -> None:
    before = facts(
        [], [{"name": "a", "check": "x"}, {"name": "b"}, {"name": "c"}, {"name": "d", "check": "x"}]
    )
    after = facts(
        [],
        [
            {"name": "a", "check": "y"},
            {"name": "e", "old_name": "c"},
            {"name": "f"},
            {"name": "d", "check": "x"},
        ],
    )
    assert told("policies", before, after) == {
        "a": ("changed", "lets in `y`, before `x`"),
        "b": ("gone", ""),
        "c": ("changed", "is decided by e now"),
        "f": ("new", "lets in everybody"),
    }


def test_what_a_library_declares_is_told_of_the_library_alone() -> None:
    before, after = facts([option("a")]), facts([option("a"), option("b")])
    assert set(told("options", before, after)) == {"b"}
    assert [c.name for _, c in TOPICS["options"]("oslo.messaging", LIBRARY, before, after)] == [
        "of_the_library"
    ]


@pytest.mark.parametrize("topic", TOPICS)
def test_of_shipped_series_every_fact_is_derived_and_names_both_files_with_their_hashes(topic: str) -> None:
    found = list(installed("nova", topic, "2025.1", "2026.1"))
    assert {f.coverage for f in found} == {Coverage.DERIVED}
    assert {tuple(a.filename for a in f.artefacts) for f in found} == {("2025.1.json.xz", "2026.1.json.xz")}
    assert all(len(a.sha256) == 64 for f in found for a in f.artefacts)


@pytest.mark.parametrize(
    ("deliverable", "source"), [("nova", "2023.2"), ("horizon", "2025.1"), ("zun", "2025.1")]
)
@pytest.mark.parametrize("topic", TOPICS)
def test_what_nobody_asked_is_unknown(deliverable: str, source: str, topic: str) -> None:
    (fact,) = installed(deliverable, topic, source, "2026.1")
    assert (fact.coverage, fact.artefacts) == (Coverage.UNKNOWN, ())
