"""What liftlock itself has left around a cloud: backups, and the mark of whoever works on it. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup of databases beside the journal."""

    name: str
    made_at: float
    """When its last copy was complete, in seconds since the epoch."""
    databases: tuple[str, ...]
    """Databases of which it lists a complete copy, under their usual names, sorted; the copies were not read again."""
    proven: bool
    """Whether every one of them was restored on the side and found equal."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Whoever works on the cloud from another bastion, or did so when it died."""

    who: str
    """Login, process, machine and since when: for people."""
    silent_s: float
    """Since the last sign of life, in seconds, by the database server's clock."""
    alive: bool
    """Whether that is recent enough to keep the cloud from others."""
