"""What a proof did not look at is said."""

from __future__ import annotations

from dataclasses import replace

from liftlock.cloud.mapping import Mapped, MappedColumn
from liftlock.cloud.schema import Column
from liftlock.knowledge.catalogue import services
from liftlock.ports.scratch import Outcome
from liftlock.rehearsal.hazards import Evidence, Trial
from liftlock.rehearsal.history import History
from liftlock.rehearsal.limits import ALWAYS, limits
from tests.unit.rehearsal.made import evidence, family, table

NOTE = Column("note", "varchar(9)")
CODE = MappedColumn("note", "VARCHAR(9)")


def told(found: Evidence, *problems: str) -> str:
    lines = limits(services()["neutron"], Mapped((), problems), [found])
    assert set(ALWAYS) <= set(lines)
    return " | ".join(lines)


def test_a_copy_without_rows_proves_nothing_about_rows() -> None:
    bare = evidence(family(CODE), table(NOTE), table(NOTE), rows=(("things", 0),))
    assert "db: the copy has no rows" in told(bare)
    assert "the copy has no rows" not in told(replace(bare, rows=(("things", 3),)))


def test_a_migration_that_would_change_rows_is_named_if_there_are_none() -> None:
    texts = {"abc": "op.execute(sa.table('things').update())", "def": "op.add_column('things', x)"}
    bare = replace(evidence(family(CODE), table(NOTE), table(NOTE)), history=History(revisions=texts))
    assert "db.things: the text of revision abc changes rows" in told(bare)
    assert "revision def" not in told(bare)
    assert "revision abc" not in told(replace(bare, rows=(("things", 1),)))


def test_what_was_lacking_before_and_what_could_not_be_tried_is_named() -> None:
    hopeless = Trial("insert things", "things", Outcome("1054", 1054), Outcome())
    found = told(
        evidence(family(CODE), table(), table(), trials=(hopeless,)), "neutron.x could not be imported: E"
    )
    assert "old code maps what the copy lacked already: things.note" in found
    assert "rows made up for these tables were not taken before the migration: things" in found
    assert "neutron.x could not be imported" in found


def test_a_table_nobody_maps_that_is_gone_is_named_and_no_more() -> None:
    found = evidence(family(CODE), table(NOTE), table(NOTE))
    before = replace(found.before, tables={**found.before.tables, "vendor": table(name="vendor")})
    assert "tables that old code does not map are gone: vendor" in told(replace(found, before=before))
