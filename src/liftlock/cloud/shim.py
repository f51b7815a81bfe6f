"""A shim: statements with which the old release's code goes on beside the new on the new schema."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shim:
    """Statements that make one hazard harmless for as long as both releases serve; each may be repeated."""

    database: str
    table: str
    column: str
    form: str
    """`column`, `renamed column`, `default`, `trigger`, `view` or `plain index`."""
    apply: tuple[str, ...]
    """After the migration, in this order."""
    undo: tuple[str, ...]
    """Before the old release is contracted away."""
    bare: str
    """A query that answers 1 while the hazard is there and this shim is not, else 0."""
    save: tuple[str, ...] = ()
    """Before the migration: what it would lose is put aside."""
    aside: str = ""
    """The table it is put into, if there is one."""
    why: str = ""
    """Why the value it gives is one that either release would have written."""
