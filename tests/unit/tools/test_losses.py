"""The figure of losses: what counts for those who wrote, and what a list is found wanting in beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.knowledge.kinds import object_kinds
from liftlock.rehearsal.strays import Astray

TOOLS = Path(__file__).parents[3] / "tools"


@pytest.fixture(scope="module")
def losses() -> Iterator[Any]:
    sys.path.insert(0, str(TOOLS))
    import losses

    yield losses
    sys.path.remove(str(TOOLS))


@pytest.fixture(scope="module")
def at_work(losses: Any) -> Any:
    import at_work

    return at_work


def test_what_was_made_and_deleted_is_nothing_and_what_was_made_and_changed_was_made(losses: Any) -> None:
    from tenants.ledger import CHANGED, DELETED, MADE, Ledger, Thing

    kept = Ledger()
    for name, told in {
        "passed": (MADE, CHANGED, DELETED),
        "grown": (MADE, CHANGED),
        "old": (CHANGED, CHANGED),
        "worn": (CHANGED, DELETED),
    }.items():
        for fate in told:
            kept.note(fate, Thing("port", name))
    found = losses.fates(kept.document()["fates"])
    assert found == {("port", "grown"): MADE, ("port", "old"): CHANGED, ("port", "worn"): DELETED}


def test_each_way_in_which_a_list_is_wrong_is_counted_and_named(losses: Any) -> None:
    true = {("port", "a"): "made", ("port", "b"): "deleted", ("image", "c"): "changed"}
    told = {("port", "a"): "made", ("image", "c"): "made", ("user", "d"): "changed"}
    found = losses.beside(told, true)
    assert found["agree"] == 1
    assert found["missing"]["which"] == ["port b: deleted"]
    assert found["surplus"]["which"] == ["user d: changed"]
    assert found["otherwise"]["which"] == ["image c: made, and changed in truth"]


def test_servers_that_a_restore_leaves_astray_are_those_that_were_made_or_deleted(losses: Any) -> None:
    listed = {"strays": [{"id": "a", "why": str(Astray.UNKNOWN)}, {"id": "b", "why": str(Astray.GONE)}]}
    true = {("server", "a"): "made", ("server", "b"): "deleted", ("server", "c"): "changed"}
    found = losses.beside(losses.strays(listed), losses.servers(true))
    assert found["agree"] == 2
    assert not found["missing"]["count"]


def test_a_restore_is_judged_by_what_was_seen_before_and_after_it(losses: Any, tmp_path: Path) -> None:
    looks: list[dict[str, Any]] = [
        {"port p": {"name": "old"}, "image i": {}},
        {"port p": {"name": "new"}, "user u": {}},
        {"port p": {"name": "old"}, "image i": {}},
    ]
    rows = [("changed", "port", "p"), ("made", "user", "u"), ("deleted", "image", "i")]
    fates = [{"fate": fate, "kind": kind, "id": thing} for fate, kind, thing in rows]
    for number, look in enumerate(looks):
        (tmp_path / f"look-{number}.json").write_text(json.dumps(look))
    (tmp_path / "ledger.json").write_text(
        json.dumps({"fates": fates, "writes": [{"port": 9696}], "failed": []})
    )
    (tmp_path / "made-before.json").write_text(json.dumps({"failed": []}))
    found = losses.judged(tmp_path, {"losses": fates[:2], "strays": [], "unread": []})
    assert found["list_beside_ledger"]["missing"]["which"] == ["image i: deleted"]
    assert found["list_beside_what_was_gone"]["agree"] == 2
    assert found["list_beside_what_was_gone"]["missing"]["which"] == ["image i: deleted"]
    assert found["not_as_at_the_backup"]["count"] == 0


def test_people_write_kinds_that_a_list_knows_and_enough_of_them(at_work: Any) -> None:
    works = at_work.WORKS
    assert {work.kind for work in works} <= {kind.name for kind in object_kinds()}
    assert len({work.kind for work in works}) >= 40
    each = at_work.MADE_OF_EACH + at_work.DELETED_OF_EACH
    assert sum(each + work.more + len(work.changes) for work in works) >= 400
