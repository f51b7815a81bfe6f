"""What a check has to say about a cloud."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    BLOCKER = "blocker"
    """Nothing may be changed before it is settled; nobody can accept it."""
    RISK = "risk"
    """An upgrade can go on; somebody removes it, or accepts it by name (`liftlock risk accept`)."""
    ADVICE = "advice"
    """Worth knowing or doing; nobody needs to decide about it."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


BLOCKER, RISK, ADVICE = Severity


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
    evidence: str
    """What was read, and where: `systemctl show on cmp1: nova-compute is active, 3 restarts`; never a secret."""
    check: str = ""
    """Name of the check that found it; filled in by `examine`."""
    accepted: str = ""
    """For a risk: who accepted it, until when and why; empty while nobody has. Filled in by `examine`."""

    @property
    def name(self) -> str:
        """Under which it is accepted and talked about: `clocks_differ:cmp1`; the same as long as the thing is."""
        return f"{self.check}:{self.about}"

    @property
    def degree(self) -> str:
        """Its severity, and whether it was accepted: `risk (accepted)`."""
        return f"{self.severity} (accepted)" if self.accepted else str(self.severity)

    def __str__(self) -> str:
        lines = [f"{self.degree}: {self.what}", f"  seen: {self.evidence}"]
        if self.accepted:
            lines.append(f"  kept: {self.accepted}")
        return "\n".join([*lines, f"  next: {self.fix}"])


def blocker(about: str, what: str, fix: str, evidence: str) -> Finding:
    """A finding that forbids going on."""
    return Finding(Severity.BLOCKER, about, what, fix, evidence)


def risk(about: str, what: str, fix: str, evidence: str) -> Finding:
    """A finding for a human to decide about."""
    return Finding(Severity.RISK, about, what, fix, evidence)


def advice(about: str, what: str, fix: str, evidence: str) -> Finding:
    """A finding worth knowing."""
    return Finding(Severity.ADVICE, about, what, fix, evidence)
