"""Migrations made up for the purpose, each with what it does to the old release of `tiny`."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.rehearsal.hazards import Verdict, Why

OVERLAP, SHIM, GAP = Verdict.OVERLAP, Verdict.SHIM, Verdict.GAP


@dataclass(frozen=True)
class MadeUp:
    """One migration and its truth."""

    name: str
    statements: tuple[str, ...]
    verdict: Verdict
    place: str = ""
    """Table and column of the hazard."""
    why: Why | None = None
    unreadable: tuple[str, ...] = ()
    """Classes."""
    unwritable: tuple[str, ...] = ()
    note: str = ""
    """Words of a note there has to be."""
    mapped: tuple[tuple[str, str], ...] = ()
    """Words of the models, and what the new release has instead."""


def of(name: str, *statements: str, **truth: object) -> MadeUp:
    return MadeUp(name, statements, **truth)  # type: ignore[arg-type]


WIDGETS = ("Part", "Widget")
"""Parts read their widget whenever they are read."""

HARMLESS = (
    of(
        "a new table",
        "CREATE TABLE boxes (id INT PRIMARY KEY, widget_id VARCHAR(36) NOT NULL)",
        verdict=OVERLAP,
    ),
    of("a new nullable column", "ALTER TABLE widgets ADD depth INT NULL", verdict=OVERLAP),
    of(
        "a new column with a default", "ALTER TABLE widgets ADD depth INT NOT NULL DEFAULT 4", verdict=OVERLAP
    ),
    of("a new index", "CREATE INDEX by_note ON widgets (note)", verdict=OVERLAP),
    of("a table gone that nobody maps", "DROP TABLE vendor_leftovers", verdict=OVERLAP),
    of("a wider text", "ALTER TABLE widgets MODIFY note TEXT NULL", verdict=OVERLAP),
    of("a wider number", "ALTER TABLE widgets MODIFY size BIGINT NOT NULL", verdict=OVERLAP),
    of(
        "a wider enum",
        "ALTER TABLE widgets MODIFY colour ENUM('red','green','blue')",
        verdict=OVERLAP,
        note="widgets.colour may hold 'blue'",
    ),
    of(
        "a wider character set",
        "ALTER TABLE widgets CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        verdict=OVERLAP,
    ),
    of(
        "a unique key with the primary one in it",
        "ALTER TABLE widgets ADD UNIQUE once (id, name)",
        verdict=OVERLAP,
    ),
    of(
        "a foreign key that old code declares itself",
        "ALTER TABLE widgets ADD CONSTRAINT owned FOREIGN KEY (owner_id) REFERENCES owners (id)",
        verdict=OVERLAP,
    ),
    of(
        "a check that old code always meets",
        "ALTER TABLE widgets ADD CONSTRAINT yes_or_no CHECK (active IN (0, 1))",
        verdict=OVERLAP,
    ),
    of(
        "a trigger that fills a new column",
        "ALTER TABLE widgets ADD depth INT NULL",
        "CREATE TRIGGER fills BEFORE INSERT ON widgets FOR EACH ROW SET NEW.depth = NEW.size * 2",
        verdict=OVERLAP,
    ),
    of("a new generated column", "ALTER TABLE widgets ADD twice INT AS (size * 2) VIRTUAL", verdict=OVERLAP),
    of(
        "a constraint gone",
        "ALTER TABLE widgets MODIFY state VARCHAR(16) NULL DEFAULT 'new'",
        verdict=OVERLAP,
    ),
    of(
        "rows of the new release",
        "INSERT INTO labels (word) VALUES ('heavy')",
        verdict=OVERLAP,
        note="old code sees 1 more rows in labels",
    ),
    of(
        "NULLs filled as old code fills them",
        "UPDATE widgets SET weight = 0 WHERE weight IS NULL",
        verdict=OVERLAP,
        note="1 rows of widgets have 0 as weight",
    ),
)

SHIMMED = (
    of(
        "a nullable column gone",
        "ALTER TABLE widgets DROP COLUMN note",
        verdict=SHIM,
        place="widgets.note",
        why=Why.COLUMN_GONE,
        unreadable=WIDGETS,
        unwritable=("Widget",),
    ),
    of(
        "a column gone that old code fills with a constant",
        "ALTER TABLE widgets DROP COLUMN active",
        verdict=SHIM,
        place="widgets.active",
        why=Why.COLUMN_GONE,
        unreadable=WIDGETS,
        unwritable=("Widget",),
    ),
    of(
        "a column renamed",
        "ALTER TABLE widgets RENAME COLUMN note TO remark",
        verdict=SHIM,
        place="widgets.note",
        why=Why.COLUMN_GONE,
        unreadable=WIDGETS,
        unwritable=("Widget",),
    ),
    of(
        "a column renamed that must have a value",
        "ALTER TABLE parts CHANGE label title VARCHAR(255) NOT NULL",
        verdict=SHIM,
        place="parts.label",
        why=Why.COLUMN_GONE,
        unreadable=("Part",),
        unwritable=("Part",),
    ),
    of(
        "a table renamed",
        "RENAME TABLE labels TO stickers",
        verdict=SHIM,
        place="labels",
        why=Why.TABLE_GONE,
        unreadable=("Label",),
        unwritable=("Label",),
    ),
    of(
        "a new column without default",
        "ALTER TABLE widgets ADD depth INT NOT NULL",
        verdict=SHIM,
        place="widgets.depth",
        why=Why.NEEDS_VALUE,
        unwritable=("Widget",),
    ),
    of(
        "no NULL any more, with a default",
        "UPDATE widgets SET note = 'none' WHERE note IS NULL",
        "ALTER TABLE widgets MODIFY note VARCHAR(255) NOT NULL DEFAULT 'none'",
        verdict=SHIM,
        place="widgets.note",
        why=Why.NO_NULL,
        unwritable=("Widget",),
    ),
    of(
        "a default gone",
        "ALTER TABLE widgets ALTER COLUMN state DROP DEFAULT",
        verdict=SHIM,
        place="widgets.state",
        why=Why.DEFAULT_GONE,
        unwritable=("Widget",),
    ),
)

BROKEN = (
    of(
        "a column gone that has no usual value",
        "ALTER TABLE widgets DROP COLUMN size",
        verdict=GAP,
        place="widgets.size",
        why=Why.COLUMN_GONE,
        unreadable=WIDGETS,
        unwritable=("Widget",),
    ),
    of(
        "a table gone",
        "DROP TABLE labels",
        verdict=GAP,
        place="labels",
        why=Why.TABLE_GONE,
        unreadable=("Label",),
        unwritable=("Label",),
    ),
    of(
        "no NULL any more, and no value instead",
        "ALTER TABLE widgets MODIFY owner_id VARCHAR(36) NOT NULL",
        verdict=GAP,
        place="widgets.owner_id",
        why=Why.NO_NULL,
        unwritable=("Widget",),
    ),
    of(
        "a narrower text",
        "ALTER TABLE widgets MODIFY name VARCHAR(64)",
        verdict=GAP,
        place="widgets.name",
        why=Why.NARROWED,
        unwritable=("Widget",),
    ),
    of(
        "a narrower number",
        "UPDATE parts SET amount = 1",
        "ALTER TABLE parts MODIFY amount INT",
        verdict=GAP,
        place="parts.amount",
        why=Why.NARROWED,
        unwritable=("Part",),
    ),
    of(
        "another type",
        "ALTER TABLE widgets MODIFY size VARCHAR(20) NOT NULL",
        verdict=GAP,
        place="widgets.size",
        why=Why.OTHER_TYPE,
        unreadable=WIDGETS,
    ),
    of(
        "a narrower enum",
        "UPDATE widgets SET colour = 'red'",
        "ALTER TABLE widgets MODIFY colour ENUM('red')",
        verdict=GAP,
        place="widgets.colour",
        why=Why.ENUM,
        unwritable=("Widget",),
    ),
    of(
        "a narrower character set",
        "ALTER TABLE labels MODIFY word VARCHAR(64) CHARACTER SET latin1 NOT NULL",
        verdict=GAP,
        place="labels.word",
        why=Why.CHARSET,
        unwritable=("Label",),
    ),
    of(
        "a unique key",
        "UPDATE widgets SET name = id",
        "ALTER TABLE widgets ADD UNIQUE once (name)",
        verdict=GAP,
        place="widgets.name",
        why=Why.UNIQUE,
        unwritable=("Widget",),
    ),
    of(
        "a foreign key",
        "ALTER TABLE parts ADD CONSTRAINT whole FOREIGN KEY (widget_id) REFERENCES widgets (id)",
        verdict=GAP,
        place="parts.widget_id",
        why=Why.FOREIGN_KEY,
        unwritable=("Part",),
    ),
    of(
        "a check",
        "ALTER TABLE widgets ADD CONSTRAINT big CHECK (size > 2)",
        verdict=GAP,
        place="widgets.size",
        why=Why.CHECK,
        unwritable=("Widget",),
    ),
    of(
        "a trigger that refuses",
        "CREATE TRIGGER refuses BEFORE INSERT ON labels FOR EACH ROW"
        " IF NEW.word = 'never' THEN SIGNAL SQLSTATE '45000'; END IF",
        verdict=GAP,
        place="labels",
        why=Why.TRIGGER,
        unwritable=("Label",),
    ),
    of(
        "a column generated now",
        "ALTER TABLE widgets DROP COLUMN weight, ADD COLUMN weight INT AS (size * 2) VIRTUAL",
        verdict=GAP,
        place="widgets.weight",
        why=Why.GENERATED,
        unwritable=("Widget",),
    ),
    of(
        "values changed and nothing else",
        "UPDATE widgets SET state = 'worn' WHERE state = 'used'",
        verdict=GAP,
        place="widgets.state",
        why=Why.ROWS,
        unreadable=WIDGETS,
    ),
    of(
        "rows moved to where old code does not look",
        "CREATE TABLE stickers AS SELECT * FROM labels",
        "DELETE FROM labels",
        verdict=GAP,
        place="labels",
        why=Why.ROWS,
        unreadable=("Label",),
    ),
    of(
        "a migration that this data stops",
        "ALTER TABLE widgets ADD UNIQUE once (name)",
        verdict=GAP,
        place="widgets",
        why=Why.ABORTS,
    ),
)

ALL = (*HARMLESS, *SHIMMED, *BROKEN)
