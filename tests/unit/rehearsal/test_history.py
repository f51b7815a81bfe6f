"""Statements find the revision they belong to."""

from __future__ import annotations

import pytest

from liftlock.ports.scratch import Said
from liftlock.rehearsal.history import Change, History, history


def said(*statements: str) -> list[Said]:
    return [Said(7, "neutron", s, 0.5) for s in statements]


HEARD = said(
    "SELECT alembic_version.version_num FROM alembic_version",
    "ALTER TABLE ports ADD COLUMN hints TEXT",
    "UPDATE alembic_version SET version_num='aaa' WHERE alembic_version.version_num = 'zzz'",
    "SELECT id, profile FROM bindings",
    "ALTER TABLE subnets DROP COLUMN in_use",
    "UPDATE bindings SET profile = ''",
    "INSERT INTO alembic_version (version_num) VALUES ('bbb')",
    "CREATE TABLE half (id INT)",
)


def test_a_statement_belongs_to_the_revision_written_down_after_it() -> None:
    found = history(HEARD)
    assert [(c.statement, c.revision) for c in found.changes] == [
        ("ALTER TABLE ports ADD COLUMN hints TEXT", "aaa"),
        ("ALTER TABLE subnets DROP COLUMN in_use", "bbb"),
        ("UPDATE bindings SET profile = ''", "bbb"),
        ("CREATE TABLE half (id INT)", ""),
    ]


def test_the_one_to_blame_names_table_and_column_as_whole_words() -> None:
    found = history(HEARD)
    blamed = found.blame("subnets", "in_use")
    assert blamed is not None
    assert (blamed.revision, blamed.seconds) == ("bbb", 0.5)
    assert found.blame("subnet", "in_use") is None


def test_who_changed_values_is_not_who_put_rows_in_or_altered_the_table() -> None:
    update = Change("UPDATE quotas SET deleted = 1", "aaa")
    insert = Change("INSERT INTO quotas (name, deleted) VALUES ('x', 0)", "bbb")
    alter = Change("ALTER TABLE quotas MODIFY deleted INT", "ccc")
    found = History((update, alter, insert))
    assert found.blame("quotas", "deleted", rows=True) == update
    assert found.blame("quotas", "deleted") == alter


def test_what_nobody_heard_is_read_in_the_one_revision_that_names_it() -> None:
    texts = {"ccc": "op.drop_column('subnets', 'in_use')", "ddd": "op.add_column('ports', 'x')"}
    blamed = History(revisions=texts).blame("subnets", "in_use")
    assert blamed == Change("", "ccc")
    assert History(revisions={**texts, "eee": texts["ccc"]}).blame("subnets", "in_use") is None


def test_questions_are_kept_apart_from_changes() -> None:
    assert "SELECT id, profile FROM bindings" in history(HEARD).reads


def test_renames_are_read_from_statements() -> None:
    changes = (
        Change("ALTER TABLE things CHANGE old new VARCHAR(3)"),
        Change("ALTER TABLE things RENAME COLUMN `a` TO `b`"),
        Change("ALTER TABLE things CHANGE same same VARCHAR(9)"),
        Change("RENAME TABLE boxes TO crates"),
        Change("ALTER TABLE labels RENAME TO stickers"),
    )
    found = History(changes)
    assert found.renamed("things") == {"old": "new", "a": "b"}
    assert found.renamed_tables() == {"boxes": "crates", "labels": "stickers"}


def test_names_are_followed_through_every_rename_and_copy() -> None:
    changes = (
        Change("ALTER TABLE things CHANGE a b INT"),
        Change("ALTER TABLE things CHANGE b c INT"),
        Change("UPDATE things SET e = d WHERE d IS NOT NULL"),
        Change("UPDATE others SET y = x"),
    )
    found = History(changes).renamed("things")
    assert (found["a"], found["d"]) == ("c", "e")
    assert "x" not in found


@pytest.mark.parametrize(
    ("statement", "carried"),
    [
        ("INSERT INTO notes SELECT id, note FROM things", True),
        ("CREATE TABLE notes AS SELECT * FROM things", True),
        ("UPDATE things SET quiet = (note IS NULL)", True),
        ("UPDATE things SET note = 'x' WHERE note IS NULL", False),
        ("UPDATE things SET note = NULL, size = 1", False),
        ("INSERT INTO things (note) VALUES ('x')", False),
        ("ALTER TABLE things MODIFY note TEXT", False),
    ],
)
def test_values_are_carried_elsewhere_by_whoever_reads_them_to_write(statement: str, carried: bool) -> None:
    assert bool(History((Change(statement),)).carried("things", "note")) is carried


def test_values_that_a_migration_read_and_wrote_itself_are_carried_too() -> None:
    heard = said("SELECT things.id, things.note FROM things", "INSERT INTO notes VALUES (1, 'x')")
    assert history(heard).carried("things", "note")
    assert not history(heard[:1]).carried("things", "note")


@pytest.mark.parametrize(
    ("statements", "anew"),
    [
        (("DROP TABLE things", "CREATE TABLE things (id INT)"), True),
        (("CREATE TABLE things (id INT)",), False),
        (("DROP INDEX a ON things", "CREATE UNIQUE INDEX b ON things (note)"), False),
        (("DROP TABLE others", "CREATE TABLE others (thing INT REFERENCES things (id))"), False),
    ],
)
def test_only_a_table_that_was_dropped_and_created_is_made_anew(
    statements: tuple[str, ...], anew: bool
) -> None:
    assert History(tuple(map(Change, statements))).made_anew("things") is anew


TEXTS = {
    "ccc": "revision = 'ccc'\ndown_revision = 'bbb'\nop.create_table('half')",
    "ddd": "revision = 'ddd'\ndown_revision = ('ccc', 'aaa')",
    "eee": "revision: str = 'eee'\ndown_revision: str | None = 'zzz'\nop.drop_table('other')",
}


def test_what_was_not_finished_belongs_to_the_revision_that_was_under_way() -> None:
    found = history(HEARD, TEXTS).unfinished()
    assert found == Change("CREATE TABLE half (id INT)", "ccc", 0.5)
    # Its own statements were done, and the next revision failed before it said anything.
    assert history(HEARD[:-1], {"ccc": TEXTS["ccc"]}).unfinished() == Change("", "ccc")
    assert History().unfinished() is None
