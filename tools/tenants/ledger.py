"""What was made, changed and deleted, as those tell who did it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

MADE, CHANGED, DELETED = "made", "changed", "deleted"

Fates = dict[tuple[str, str], str]
"""(kind, id) -> what became of it in the end."""


@dataclass(frozen=True)
class Thing:
    """An object, by its kind and id as a restore's list has them."""

    kind: str
    id: str
    name: str = ""
    handle: str = ""
    """What its service's API wants instead of the id, or what else is needed to change it."""


class Ledger:
    """Kept by several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.fates: Fates = {}
        self.names: dict[tuple[str, str], str] = {}
        self.failed: list[dict[str, str]] = []
        self.writes: list[dict[str, Any]] = []
        """Each request that wrote: service's port, method, path and status."""

    def note(self, fate: str, thing: Thing) -> None:
        """Something became of an object; what was made and deleted is as if it had never been."""
        key = (thing.kind, thing.id)
        with self._lock:
            self.names[key] = thing.name
            was = self.fates.get(key)
            if fate == DELETED and was == MADE:
                del self.fates[key]
            elif not (fate == CHANGED and was):
                self.fates[key] = fate

    def fail(self, what: str, error: Exception) -> None:
        """Something that was wished was not done."""
        with self._lock:
            self.failed.append({"what": what, "error": f"{type(error).__name__}: {error}"})

    def wrote(self, **request: Any) -> None:
        """A request that wrote was answered well."""
        with self._lock:
            self.writes.append(request)

    def document(self) -> dict[str, Any]:
        """All of it, for a file."""
        fates = [
            {"fate": fate, "kind": kind, "id": thing, "name": self.names[kind, thing]}
            for (kind, thing), fate in sorted(self.fates.items())
        ]
        return {"fates": fates, "failed": self.failed, "writes": self.writes}


def fates(rows: list[dict[str, Any]]) -> Fates:
    """What rows with a fate, a kind and an id say."""
    return {(row["kind"], row["id"]): row["fate"] for row in rows}


def plain(thing: Thing) -> dict[str, str]:
    """For a file."""
    return asdict(thing)
