"""What changes between two series, as far as a person wrote it down.

Kept by hand, see `written_down.py`. What released files tell is derived instead: `derivation.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from liftlock import ini
from liftlock.knowledge.written_down import written_down


@dataclass(frozen=True, slots=True)
class Edit:
    """One option set or removed in an INI file, the operator's words around it kept."""

    path: str
    """`/etc/nova/nova.conf`."""
    section: str
    option: str
    value: str | None
    """The new value; None removes the option."""
    because: str
    """Why the hop needs it, with the upstream source."""

    def applied(self, text: str) -> str:
        """The file's text with the option so."""
        return ini.edited(text, self.section, self.option, self.value)


@dataclass(frozen=True, slots=True)
class Move:
    """One option under another name or in another section; its value, which may be a secret, is kept unread."""

    path: str
    section: str
    option: str
    new_section: str
    new_option: str
    keep: bool
    """Whether the option stays where it is too: another one was read from there."""
    because: str

    def applied(self, text: str) -> str:
        """The file's text with the option there."""
        to = (self.new_section, self.new_option)
        return ini.moved(text, self.section, self.option, to, keep=self.keep)


@dataclass(frozen=True, slots=True)
class Rewording:
    """A text that the new release writes into a column and the old one cannot read, and how the old one writes it."""

    database: str
    table: str
    column: str
    new: str
    old: str


def needs_read_committed(target: str, service: str) -> bool:
    """Whether a migration of the service on the way to `target` rebuilds a table that is read meanwhile."""
    return service in written_down(target).get("rebuilds_tables", ())


def rewordings(target: str, service: str) -> tuple[Rewording, ...]:
    """What the service at `target` must write in the old words as long as the old release may read it."""
    return tuple(
        Rewording(r["database"], r["table"], r["column"], r["new"], r["old"])
        for r in written_down(target).get("rewording", ())
        if r["service"] == service
    )


def edits_for(target: str) -> tuple[Edit, ...]:
    """Edits that a hop to `target` asks for; empty when nothing is known."""
    return tuple(
        Edit(e["path"], e["section"], e["option"], e.get("value"), e["because"])
        for e in written_down(target).get("edit", ())
    )
