"""What a check has to say about a cloud."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    BLOCKER = "blocker"
    """Nothing may be changed before it is settled."""
    WARNING = "warning"
    """An upgrade can go on; a human should know and decide."""
    NOTE = "note"
    """Worth knowing."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found."""

    severity: Severity
    about: str
    """The host, part, database or endpoint it is about; the cloud's name when it is about all of it."""
    what: str
    """What is the case, as one sentence without a full stop; starts with the thing it is about."""
    fix: str
    """What to do, with a command where there is one."""
    check: str = ""
    """Name of the check that found it; filled in by `examine`."""

    def __str__(self) -> str:
        return f"{self.severity}: {self.what}\n  next: {self.fix}"


def blocker(about: str, what: str, fix: str) -> Finding:
    """A finding that forbids going on."""
    return Finding(Severity.BLOCKER, about, what, fix)


def warning(about: str, what: str, fix: str) -> Finding:
    """A finding for a human to decide about."""
    return Finding(Severity.WARNING, about, what, fix)


def note(about: str, what: str, fix: str) -> Finding:
    """A finding worth knowing."""
    return Finding(Severity.NOTE, about, what, fix)
