"""Revisions of a release's databases: those new, those gone, where each chain ends, and what each revision calls.

Read from the migrations in the wheel by syntax tree, nothing is run. Blind by nature: what a function of another
module or a line of SQL does is named, not known. A revision that is gone matters most: a database that stands there
cannot be found by the newer release (neutron 29 took twelve out of the middle of its chain).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change, Turn
from liftlock.knowledge.operations import operations
from liftlock.knowledge.syntax import assigned, constant, parsed

_NUMBERED = re.compile(r"(\d{3})_\w+\.py")
"""A migration of sqlalchemy-migrate, which services used until Xena."""
_BRANCHES = ("expand", "contract")
ENDS = "where it ends"
LOST = "the newer release cannot find a database that stands at it"


def wants(path: str) -> bool:
    """Migrations of alembic, and of sqlalchemy-migrate before it."""
    return "/versions/" in path and path.endswith(".py") and "/tests/" not in path


def read(texts: Mapping[str, str]) -> Records:
    """Place and revision -> place, branch, the revisions it follows, and what it calls."""
    found: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        place, _, inside = path.partition("/versions/")
        record = _numbered(inside) if place.endswith("/migrate_repo") else _revision(path, text, inside)
        if record:
            found[f"{place}:{record['revision']}"] = {"place": place, **record}
    return {key: {**record, "branch": _branch(key, found)} for key, record in found.items()}


def _numbered(inside: str) -> dict[str, str]:
    named = _NUMBERED.fullmatch(inside)
    # Every number follows the one before: what a chain is stays the same.
    return {"revision": named[1], "follows": f"{int(named[1]) - 1:03}", "branch": ""} if named else {}


def _revision(path: str, text: str, inside: str) -> dict[str, str]:
    """What a file of alembic tells; empty for one that is no revision."""
    tree = parsed(path, text)
    revision = constant(assigned(tree, "revision"))
    if not isinstance(revision, str):
        return {}
    labels = _words(constant(assigned(tree, "branch_labels")))
    # A folder (keystone, neutron) or a part of the file's name (glance).
    told = [branch for branch in _BRANCHES if f"{branch}/" in inside or f"_{branch}" in inside]
    return {
        "revision": revision,
        "follows": " ".join(_words(constant(assigned(tree, "down_revision")))),
        "branch": (told or list(labels) or [""])[0],
        "calls": "; ".join(operations(tree, path.partition("/")[0])),
    }


def _words(value: object) -> tuple[str, ...]:
    """One or several revisions or labels, however alembic lets them be written."""
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple | list) else ()


def _branch(key: str, found: Records) -> str:
    """The revision's own branch, or that of the nearest one it follows (glance labels only the first)."""
    seen: set[str] = set()
    while key in found and key not in seen:
        seen.add(key)
        record = found[key]
        if record["branch"] or not record["follows"]:
            return record["branch"]
        key = f"{record['place']}:{record['follows'].split()[0]}"
    return ""


def compare(before: Records, after: Records) -> Iterator[Change]:
    """Revisions gone, revisions new in the order in which they run, and the end of every chain."""
    for key in sorted(before.keys() - after.keys()):
        yield Change(Turn.GONE, before[key]["revision"], LOST, _under(before[key]))
    for key in sorted(
        after.keys() - before.keys(), key=lambda key: (_under(after[key]), _depth(key, after), key)
    ):
        yield Change(Turn.NEW, after[key]["revision"], after[key].get("calls", ""), _under(after[key]))
    old, new = ends(before), ends(after)
    for under in sorted(old.keys() | new.keys()):
        was, becomes = " ".join(old.get(under, ())), " ".join(new.get(under, ()))
        turn = Turn.STAYS if was == becomes else Turn.CHANGED
        yield Change(
            turn, ENDS, was if was == becomes else f"{was or 'nothing'} → {becomes or 'nothing'}", under
        )


def ends(records: Records) -> Mapping[str, tuple[str, ...]]:
    """Place and branch -> heads: revisions that none follows."""
    followed = {f"{r['place']}:{before}" for r in records.values() for before in r["follows"].split()}
    found: dict[str, list[str]] = {}
    for key in sorted(records.keys() - followed):
        found.setdefault(_under(records[key]), []).append(records[key]["revision"])
    return {under: tuple(heads) for under, heads in found.items()}


def _under(record: Mapping[str, str]) -> str:
    return f"{record['place']} {record['branch']}".strip()


def _depth(key: str, records: Records) -> int:
    """How many revisions come before this one."""
    depth = 0
    seen: set[str] = set()
    while key in records and key not in seen:
        seen.add(key)
        depth += 1
        key = f"{records[key]['place']}:{(records[key]['follows'].split() or [''])[0]}"
    return depth


DERIVATION = Derivation("database", Kind.WHEEL, wants, read, compare)
