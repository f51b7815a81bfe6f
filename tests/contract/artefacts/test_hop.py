"""A hop from made-up releases: derived once, the same offline, and what nobody can know is said."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from liftlock.cli.verbs.hop import summary
from liftlock.drivers.artefacts.released import ReleasedArtefacts
from liftlock.errors import LiftlockError, Refused
from liftlock.flow.releases.hop import Hop, hops, topics
from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.derivation import derivations
from liftlock.knowledge.fact import Coverage, Fact, Turn
from liftlock.knowledge.installed import TOPICS as INSTALLED
from tests.contract.artefacts.small_index import SmallIndex, sha256
from tests.unit.cli.terminal import typed

BEFORE, AFTER = (releases()[s].versions["nova"] for s in ("2025.1", "2026.1"))


def code(version: str, writes: int, programs: str) -> Mapping[str, str]:
    return {
        f"nova-{version}.dist-info/METADATA": "Name: nova\nRequires-Python: >=3.10\n",
        f"nova-{version}.dist-info/entry_points.txt": f"[console_scripts]\n{programs}",
        "nova/objects/service.py": f"SERVICE_VERSION = {writes}\n",
    }


def published(index: SmallIndex) -> SmallIndex:
    old = {"releasenotes/notes/a.yaml": "fixes: [old]"}
    index.release("nova", BEFORE, old, code(BEFORE, 68, "nova-api = nova:api"))
    new = {**old, "releasenotes/notes/b.yaml": "upgrade:\n  - |\n    First line.\n    Second line.\n"}
    index.release("nova", AFTER, new, code(AFTER, 72, ""))
    return index


def derived(*about: str, offline: bool = False, source: str = "2025.1", target: str = "2026.1") -> Hop:
    (hop,) = hops(ReleasedArtefacts(offline=offline), ["nova"], source, target, about)
    return hop


def of(hop: Hop, topic: str) -> list[Fact]:
    return [fact for fact in hop.facts if fact.topic == topic]


def test_every_fact_names_the_two_files_it_was_read_from(index: SmallIndex) -> None:
    published(index)
    hop = derived(*derivations())
    assert (hop.before, hop.after) == (BEFORE, AFTER)
    assert {fact.topic for fact in hop.facts} >= {"notes", "entry_points", "service_versions", "python"}
    for fact in hop.facts:
        assert fact.coverage is Coverage.DERIVED
        assert [a.version for a in fact.artefacts] == [BEFORE, AFTER]
        for artefact in fact.artefacts:
            assert artefact.kind is derivations()[fact.topic].kind
            assert artefact.sha256 == sha256(index.files["nova"][artefact.filename])
    (note,) = of(hop, "notes")
    assert (note.change.turn, note.change.name) == (Turn.NEW, "b.yaml")


def test_offline_the_answer_is_the_same_and_nothing_is_asked_or_unpacked(
    index: SmallIndex, tmp_path: Path
) -> None:
    published(index)
    online = derived()
    index.asked.clear()
    for path in (tmp_path / "cache").rglob("nova-*"):
        path.unlink()
    assert derived(offline=True) == online
    assert derived() == online
    assert index.asked == []


def test_a_topic_alone_fetches_only_the_files_that_tell_it(index: SmallIndex) -> None:
    published(index)
    assert {fact.topic for fact in derived("notes").facts} == {"notes"}
    assert not [path for path in index.asked if path.endswith(".whl")]


def test_what_was_not_released_in_that_form_is_unknown_and_no_error(index: SmallIndex) -> None:
    published(index)
    for name in [n for n in index.files["nova"] if n.endswith(".tar.gz")]:
        del index.files["nova"][name]
    hop = derived()
    (fact,) = of(hop, "notes")
    assert fact.coverage is Coverage.UNKNOWN
    assert fact.change.text == f"no sdist of nova {BEFORE} was listed on the index"
    assert of(hop, "python")[0].coverage is Coverage.DERIVED


def test_what_cannot_be_parsed_is_unknown_with_the_place(index: SmallIndex) -> None:
    published(index)
    broken = {**code(AFTER, 72, ""), "nova/objects/service.py": "print 'python 2'\n"}
    index.release("nova", AFTER, {}, broken)
    (fact,) = of(derived(), "service_versions")
    assert fact.coverage is Coverage.UNKNOWN
    assert "nova/objects/service.py, line 1" in fact.change.text
    assert [a.version for a in fact.artefacts] == [BEFORE, AFTER]


def test_a_kept_reading_that_was_damaged_is_made_again(index: SmallIndex, tmp_path: Path) -> None:
    published(index)
    first = derived()
    readings = [p for p in (tmp_path / "cache").rglob("*.json") if p.parent.parent.name == "readings"]
    assert readings
    for path in readings:
        path.write_text("{torn")
    assert derived(offline=True) == first


def test_a_file_changed_in_the_cache_stops_the_hop(index: SmallIndex, tmp_path: Path) -> None:
    published(index)
    shelf = ReleasedArtefacts()
    wheel = shelf.find("nova", AFTER, Kind.WHEEL)
    assert wheel
    shelf.texts(wheel, lambda path: False)
    (path,) = (tmp_path / "cache").rglob("*.whl")
    path.write_bytes(b"no wheel")
    with pytest.raises(Refused, match="in the cache was changed"):
        derived()


def test_a_series_the_catalogue_has_no_versions_of_is_asked_of_the_index(index: SmallIndex) -> None:
    published(index)
    for version in ("34.0.0", "34.1.0", "34.2.0.0rc1", "36.0.0"):
        index.release("nova", version, {}, code(version, 73, ""))
    hop = derived("python", source="2026.1", target="2026.2")
    assert hop.after == "34.1.0"
    assert summary(hop).startswith(f"nova {AFTER} → 34.1.0 (by its major): ")


def test_a_service_that_was_not_yet_there_is_unknown(index: SmallIndex) -> None:
    hop = next(iter(hops(ReleasedArtefacts(), ["placement"], "mitaka", "2026.1", ["python"])))
    (fact,) = hop.facts
    assert fact.coverage is Coverage.UNKNOWN
    assert "placement in the older series" in fact.change.text


def test_options_and_policies_are_those_of_environments_of_the_two_series(index: SmallIndex) -> None:
    published(index)
    hop = derived()
    for topic in INSTALLED:
        facts = of(hop, topic)
        assert {fact.coverage for fact in facts} == {Coverage.DERIVED}
        assert {tuple(a.filename for a in fact.artefacts) for fact in facts} == {
            ("2025.1.json.xz", "2026.1.json.xz")
        }


def test_options_of_a_series_whose_environment_nobody_asked_are_unknown(index: SmallIndex) -> None:
    published(index)
    for topic in INSTALLED:
        (fact,) = of(derived(source="2023.2"), topic)
        assert (fact.coverage, fact.artefacts) == (Coverage.UNKNOWN, ())
        assert "no environment of 2023.2 was asked" in fact.change.text


def test_what_people_wrote_down_is_there_and_said_to_be_by_hand(index: SmallIndex) -> None:
    published(index)
    facts = of(derived(), "by_hand")
    assert {fact.coverage for fact in facts} == {Coverage.BY_HAND}
    assert "[DEFAULT] manager_shutdown_timeout" in {fact.change.name for fact in facts}
    assert of(derived(source="2024.1", target="2026.1"), "by_hand") == facts


def test_all_services_are_told_where_none_is_named(index: SmallIndex) -> None:
    found = list(hops(ReleasedArtefacts(), [], "2025.1", "2026.1", ["by_hand"]))
    assert [hop.service for hop in found] == list(services())


def test_the_table_is_for_people_and_json_has_everything(index: SmallIndex, tmp_path: Path) -> None:
    published(index)
    words = ["hop", "show", "nova", "--from", "epoxy", "--to", "gazpacho", "--topic", "notes"]
    told = typed([*words, "-f", "json"], tmp_path)
    assert told.code == 0, told.err
    (row,) = json.loads(told.out)
    assert row["Text"] == "First line.\nSecond line."
    assert row["SHA-256"].split()[1] == sha256(index.files["nova"][f"nova-{AFTER}.tar.gz"])
    assert f"nova {BEFORE} → {AFTER}: 1 notes" in told.err
    table = typed([*words, "--offline"], tmp_path)
    assert "First line. Second line." in table.out
    assert "SHA-256" not in table.out
    listed = typed([*words, "--offline", "-f", "csv"], tmp_path)
    assert next(csv.DictReader(listed.out.splitlines()))["Coverage"] == "derived"
    column = typed([*words, "--offline", "-c", "SHA-256", "-f", "value"], tmp_path)
    assert column.out.strip() == row["SHA-256"]


@pytest.mark.parametrize("topic", topics())
def test_every_topic_can_be_asked_for_alone(index: SmallIndex, topic: str) -> None:
    published(index)
    assert {fact.topic for fact in derived(topic).facts} <= {topic}


def test_a_silent_index_without_a_cache_ends_in_three_parts(index: SmallIndex, tmp_path: Path) -> None:
    index.status = 503
    told = typed(["hop", "show", "nova", "--from", "2025.1", "--to", "2026.1"], tmp_path)
    assert told.code == LiftlockError.exit_code
    assert told.in_three_parts
    assert "s3cret" not in told.said


HOP = ["hop", "show", "nova", "--from", "2025.1", "--to", "2026.1"]


def test_a_silent_index_with_a_cache_is_no_trouble_for_whoever_types_it(
    index: SmallIndex, tmp_path: Path
) -> None:
    published(index)
    first = typed(HOP, tmp_path)
    assert first.code == 0, first.said
    index.status = 503
    assert typed(HOP, tmp_path).out == first.out
    assert typed([*HOP, "--offline"], tmp_path).out == first.out


@pytest.mark.parametrize("where", ["in the cache", "on its way"])
def test_another_file_than_its_hash_says_is_told_in_three_parts_with_both_hashes(
    index: SmallIndex, tmp_path: Path, where: str
) -> None:
    published(index)
    wheel = next(name for name in index.files["nova"] if AFTER in name and name.endswith(".whl"))
    if where == "on its way":
        index.sent[wheel] = b"somebody else's nova"
    else:
        assert typed(HOP, tmp_path).code == 0
        (kept,) = (tmp_path / "cache").rglob(wheel)
        kept.write_bytes(b"somebody else's nova")
        shutil.rmtree(*(tmp_path / "cache").rglob("readings"))
    told = typed(HOP, tmp_path)
    assert told.code == Refused.exit_code
    assert told.in_three_parts, told.said
    assert sha256(b"somebody else's nova") in told.said
    assert sha256(index.files["nova"][wheel]) in told.said
    assert "somebody else" not in told.said
