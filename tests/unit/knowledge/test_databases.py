"""Revisions read from migrations that nobody runs."""

from __future__ import annotations

from liftlock.knowledge.derivation import derivations
from liftlock.knowledge.fact import Change, Turn

PLACE = "barge/db/migrations"


def revision(name: str, follows: str | None, body: str = "pass", top: str = "") -> str:
    head = f"from alembic import op\n{top}\nrevision = {name!r}\ndown_revision = {follows!r}\n"
    return f"{head}def upgrade():\n    {body}\n"


def release(**revisions: str) -> dict[str, str]:
    return {f"{PLACE}/versions/{file}.py": text for file, text in revisions.items()}


def changes(before: dict[str, str], after: dict[str, str]) -> list[Change]:
    database = derivations()["database"]
    readings = [database.ask(texts) for texts in (before, after)]
    assert [r.unread for r in readings] == ["", ""]
    return list(database.compare(readings[0].records, readings[1].records))


OLD = release(a=revision("aaa", None))


def test_new_revisions_come_in_the_order_in_which_they_run_and_the_end_moves() -> None:
    # The names alone would say the opposite.
    new = release(a=revision("aaa", None), z=revision("zzz", "aaa"), b=revision("bbb", "zzz"))
    assert changes(OLD, new) == [
        Change(Turn.NEW, "zzz", "", PLACE),
        Change(Turn.NEW, "bbb", "", PLACE),
        Change(Turn.CHANGED, "where it ends", "aaa → bbb", PLACE),
    ]


def test_a_revision_taken_out_of_the_middle_is_told_with_what_that_means() -> None:
    before = release(a=revision("aaa", None), b=revision("bbb", "aaa"), c=revision("ccc", "bbb"))
    after = release(a=revision("aaa", None), c=revision("ccc", "aaa"))
    assert changes(before, after) == [
        Change(Turn.GONE, "bbb", "the newer release cannot find a database that stands at it", PLACE),
        Change(Turn.STAYS, "where it ends", "ccc", PLACE),
    ]


def test_branches_are_known_by_folder_by_label_and_by_what_they_follow() -> None:
    labelled = "branch_labels = ('expand',)"
    new = {
        **OLD,
        f"{PLACE}/versions/2025.1/contract/c.py": revision("ccc", None),
        f"{PLACE}/versions/e.py": revision("eee", None, top=labelled),
        f"{PLACE}/versions/f.py": revision("fff", "eee"),
    }
    assert {(c.name, c.under) for c in changes(OLD, new) if c.turn is Turn.NEW} == {
        ("ccc", f"{PLACE} contract"),
        ("eee", f"{PLACE} expand"),
        ("fff", f"{PLACE} expand"),
    }


def test_a_merge_follows_all_that_it_merges() -> None:
    new = release(
        a=revision("aaa", None),
        b=revision("bbb", "aaa"),
        c=revision("ccc", "aaa"),
        m="revision = 'mmm'\ndown_revision = ('bbb', 'ccc')\n",
    )
    assert changes(OLD, new)[-1] == Change(Turn.CHANGED, "where it ends", "aaa → mmm", PLACE)


def calls(body: str, top: str = "") -> str:
    new = release(a=revision("aaa", None), b=revision("bbb", "aaa", body, top))
    return changes(OLD, new)[0].text


def test_what_a_revision_does_is_told_by_table_and_column() -> None:
    assert calls("op.add_column('boats', sa.Column('keel', sa.Text))") == "add_column boats.keel"
    assert calls("op.create_index('ix', TABLE, ['keel'])", "TABLE = 'boats'") == "create_index boats"
    assert calls("op.create_table(named(), sa.Column('id'))") == "create_table ?"
    assert calls("op.drop_column('boats', 'keel')") == "drop_column boats.keel"


def test_what_happens_in_a_batch_is_told_with_its_table() -> None:
    body = "with op.batch_alter_table('boats') as batch:\n        batch.add_column(sa.Column('keel'))"
    assert calls(body) == "add_column boats.keel"


def test_what_its_own_functions_do_counts_and_what_nobody_calls_does_not() -> None:
    top = "def paint():\n    op.drop_table('moss')\ndef idle():\n    op.drop_table('boats')\n"
    assert calls("paint()", top) == "drop_table moss"


def test_sql_and_functions_of_other_modules_are_named_as_unread() -> None:
    assert calls("op.execute('DELETE FROM boats')") == "SQL or data of its own"
    assert (
        calls("migration.add_enum('x')", "from barge.db import migration")
        == "calls barge.db.migration.add_enum"
    )


def test_numbered_migrations_of_old_releases_are_a_chain_too() -> None:
    folder = "barge/db/sqlalchemy/migrate_repo"
    before = {f"{folder}/versions/{n}_x.py": "" for n in ("001", "002")}
    after = {
        **before,
        f"{folder}/versions/003_y.py": "print 'python 2'",
        f"{folder}/versions/__init__.py": "",
    }
    assert changes(before, after) == [
        Change(Turn.NEW, "003", "", folder),
        Change(Turn.CHANGED, "where it ends", "002 → 003", folder),
    ]


def test_a_chain_that_bites_its_tail_ends_nowhere_and_does_not_hang() -> None:
    after = release(a=revision("aaa", "bbb"), b=revision("bbb", "aaa"))
    assert {c.name for c in changes({}, after)} == {"aaa", "bbb"}
