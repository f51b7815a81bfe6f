"""Released files: found where pip would find them, kept by hash, and never another than was recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.drivers.artefacts.released import ReleasedArtefacts
from liftlock.errors import BadInput, LiftlockError, Refused, Unreachable
from liftlock.knowledge.artefact import Artefact, Kind
from tests.contract.artefacts.small_index import SmallIndex, sha256

SDIST = {"releasenotes/notes/a.yaml": "fixes: [less]", "PKG-INFO": "Name: barge", "barge/x.py": "x = 1"}
WHEEL = {"barge/x.py": "x = 1", "barge-1.0.0.dist-info/METADATA": "Name: barge"}


def filled(index: SmallIndex) -> SmallIndex:
    index.release("barge", "1.0.0", SDIST, WHEEL)
    index.release("barge", "1.1.0", SDIST, {})
    index.release("barge", "1.1.0.0rc1", SDIST, {})
    return index


def found(shelf: ReleasedArtefacts, version: str = "1.0.0", kind: Kind = Kind.SDIST) -> Artefact:
    artefact = shelf.find("barge", version, kind)
    assert artefact is not None
    return artefact


def anything(path: str) -> bool:
    return True


def cached(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "cache").rglob("*.tar.gz"))


@pytest.mark.parametrize("html", [False, True])
def test_a_file_is_found_with_its_hash_and_read_without_its_top_folder(index: SmallIndex, html: bool) -> None:
    filled(index).html = html
    shelf = ReleasedArtefacts()
    artefact = found(shelf)
    assert artefact.sha256 == sha256(index.files["barge"]["barge-1.0.0.tar.gz"])
    assert shelf.texts(artefact, lambda path: path.startswith("releasenotes/")) == {
        "releasenotes/notes/a.yaml": "fixes: [less]"
    }
    assert shelf.texts(found(shelf, kind=Kind.WHEEL), anything) == WHEEL


def test_final_versions_are_listed_oldest_first_and_a_name_nobody_has_has_none(index: SmallIndex) -> None:
    filled(index)
    assert ReleasedArtefacts().versions("barge") == ("1.0.0", "1.1.0")
    assert ReleasedArtefacts().versions("raft") == ()


def test_what_was_not_released_so_is_not_found(index: SmallIndex) -> None:
    filled(index)
    assert ReleasedArtefacts().find("barge", "1.1.0", Kind.WHEEL) is None
    assert ReleasedArtefacts().find("barge", "9.9.9", Kind.SDIST) is None
    assert ReleasedArtefacts().find("raft", "1.0.0", Kind.SDIST) is None


def test_what_is_kept_is_never_asked_for_again(index: SmallIndex) -> None:
    filled(index)
    shelf = ReleasedArtefacts()
    first = shelf.texts(found(shelf), anything)
    asked = list(index.asked)
    again = ReleasedArtefacts()
    assert again.texts(found(again), anything) == first
    assert index.asked == asked


def test_offline_answers_the_same_from_the_cache_and_asks_nothing(index: SmallIndex) -> None:
    filled(index)
    online = ReleasedArtefacts()
    first = online.texts(found(online), anything)
    index.asked.clear()
    offline = ReleasedArtefacts(offline=True)
    assert offline.texts(found(offline), anything) == first
    assert offline.versions("barge") == ("1.0.0", "1.1.0")
    assert offline.find("barge", "9.9.9", Kind.SDIST) is None
    assert index.asked == []


def test_a_silent_index_is_no_trouble_for_what_is_kept(index: SmallIndex) -> None:
    filled(index)
    shelf = ReleasedArtefacts()
    first = shelf.texts(found(shelf), anything)
    index.status = 503
    again = ReleasedArtefacts()
    assert again.texts(found(again), anything) == first


def test_a_silent_index_is_told_without_its_password(
    index: SmallIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(index).status = 503
    with pytest.raises(Unreachable, match=r"on 127\.0\.0\.1 cannot be used: it says 503") as told:
        ReleasedArtefacts().find("barge", "1.0.0", Kind.SDIST)
    in_three_parts(told.value)
    monkeypatch.setenv("PIP_INDEX_URL", "http://somebody:s3cret@127.0.0.1:1/simple/")
    with pytest.raises(Unreachable, match="cannot be used: ConnectionError") as told:
        ReleasedArtefacts().find("barge", "1.0.0", Kind.SDIST)
    in_three_parts(told.value)


def test_offline_without_a_cache_is_told(index: SmallIndex) -> None:
    filled(index)
    with pytest.raises(Unreachable, match="nothing is known about barge") as told:
        ReleasedArtefacts(offline=True).find("barge", "1.0.0", Kind.SDIST)
    in_three_parts(told.value)
    listed = found(ReleasedArtefacts())
    with pytest.raises(Unreachable, match=r"barge-1\.0\.0\.tar\.gz is not in the cache") as told:
        ReleasedArtefacts(offline=True).texts(listed, anything)
    in_three_parts(told.value)


def test_another_file_than_was_listed_is_thrown_away(index: SmallIndex, tmp_path: Path) -> None:
    filled(index)
    index.sent["barge-1.0.0.tar.gz"] = index.files["barge"]["barge-1.1.0.tar.gz"]
    shelf = ReleasedArtefacts()
    artefact = found(shelf)
    with pytest.raises(Refused, match=f"recorded was {artefact.sha256}") as told:
        shelf.texts(artefact, anything)
    in_three_parts(told.value)
    assert cached(tmp_path) == []
    index.sent.clear()
    assert shelf.texts(artefact, anything) == SDIST


def test_a_file_that_was_changed_in_the_cache_is_not_read(index: SmallIndex, tmp_path: Path) -> None:
    filled(index)
    shelf = ReleasedArtefacts()
    artefact = found(shelf)
    shelf.texts(artefact, anything)
    (path,) = cached(tmp_path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(Refused, match="in the cache was changed") as told:
        shelf.texts(artefact, anything)
    in_three_parts(told.value)
    assert str(path) in told.value.hint
    path.unlink()
    assert shelf.texts(artefact, anything) == SDIST


def test_a_released_file_that_became_another_on_the_index_is_noticed(index: SmallIndex) -> None:
    filled(index)
    found(ReleasedArtefacts())
    index.files["barge"]["barge-1.0.0.tar.gz"] += b"\0"
    with pytest.raises(Refused, match=r"barge-1\.0\.0\.tar\.gz is another file than it was") as told:
        ReleasedArtefacts().find("barge", "1.2.0", Kind.SDIST)
    in_three_parts(told.value)


def test_a_file_that_left_the_index_is_told(index: SmallIndex) -> None:
    filled(index)
    shelf = ReleasedArtefacts()
    artefact = found(shelf)
    del index.files["barge"]["barge-1.0.0.tar.gz"]
    with pytest.raises(Unreachable, match="no longer on the package index") as told:
        shelf.texts(artefact, anything)
    in_three_parts(told.value)


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.SDIST, "barge-2.0.tar.gz"), (Kind.WHEEL, "barge-2.0-py3-none-any.whl")]
)
def test_an_archive_that_is_none_is_told(index: SmallIndex, kind: Kind, name: str) -> None:
    index.files["barge"] = {name: b"no archive"}
    shelf = ReleasedArtefacts()
    with pytest.raises(BadInput, match=name) as told:
        shelf.texts(found(shelf, "2.0", kind), anything)
    in_three_parts(told.value)


def test_a_cache_that_cannot_be_written_is_told(index: SmallIndex, tmp_path: Path) -> None:
    filled(index)
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(BadInput, match="cannot be used") as told:
        ReleasedArtefacts().find("barge", "1.0.0", Kind.SDIST)
    in_three_parts(told.value)


def test_a_listing_that_was_damaged_is_told(index: SmallIndex, tmp_path: Path) -> None:
    filled(index)
    found(ReleasedArtefacts())
    (tmp_path / "cache" / "liftlock" / "listings" / "barge.json").write_text("[{}]")
    with pytest.raises(BadInput, match=r"barge\.json cannot be read") as told:
        ReleasedArtefacts().find("barge", "1.0.0", Kind.SDIST)
    in_three_parts(told.value)


def test_an_extra_index_is_asked_too(index: SmallIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(index)
    monkeypatch.setenv("PIP_INDEX_URL", index.address.replace("/simple/", "/empty/"))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"file:///nowhere {index.address}")
    assert found(ReleasedArtefacts()).version == "1.0.0"


def test_what_is_kept_about_a_file_is_recalled_by_name(index: SmallIndex) -> None:
    filled(index)
    shelf = ReleasedArtefacts()
    artefact = found(shelf)
    assert shelf.recall(artefact, "notes.json") is None
    shelf.keep(artefact, "notes.json", "{}")
    assert ReleasedArtefacts(offline=True).recall(artefact, "notes.json") == "{}"
    assert shelf.recall(artefact, "other.json") is None


def test_a_file_without_the_hash_it_is_kept_by_is_not_found(index: SmallIndex) -> None:
    filled(index).hash_name = "md5"
    assert ReleasedArtefacts().find("barge", "1.0.0", Kind.SDIST) is None


def test_a_hash_that_leads_out_of_the_cache_is_not_found(index: SmallIndex) -> None:
    filled(index).listed_hash = "../../elsewhere"
    assert ReleasedArtefacts().find("barge", "1.0.0", Kind.SDIST) is None


def test_a_name_that_leads_out_of_the_cache_is_not_found(index: SmallIndex, tmp_path: Path) -> None:
    index.files["barge"] = {"../../barge-1.0.0.tar.gz": b"", "/barge-1.0.0.tar.gz": b""}
    assert ReleasedArtefacts().versions("barge") == ()


def in_three_parts(error: LiftlockError) -> None:
    assert error.what
    assert error.now
    assert error.hint
    assert "s3cret" not in str(error)
