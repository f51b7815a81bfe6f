"""audit: who did what, when, on which evidence; also of a journal that somebody has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from liftlock.plan.fingerprint import short
from liftlock.ports.journal import Event, Journal

_SAID_ELSEWHERE = (
    "gate",
    "fingerprint",
    "given_at",
    "why",
    "request",
    "title",
    "until",
    "asked_at",
    "note",
    "found",
    "what",
    "now",
    "for good",
)


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of the journal, for people."""

    seq: int
    at: object
    """Seconds since the epoch; what stands there instead, where somebody changed it."""
    run: str
    step: str
    """`4.2`, or `4` for a stage, or empty."""
    event: str
    who: str
    evidence: str
    """On what it rests: the reason, the plan that was approved, what was measured, what went wrong."""
    digest: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What a journal tells, and whether it can be believed."""

    deeds: tuple[Deed, ...]
    broken: str
    """The first line that is not what was written, in one sentence; empty if the chain holds."""


def audit(journal: Journal, run: str = "", *, last: str = "") -> Audit:
    """Every line of a run (of all runs if empty), and the verdict on the whole chain.

    `last` is a digest kept elsewhere, in full or at least its first 12 digits: it must be in the chain.
    """
    every = journal.stored()
    return Audit(
        tuple(deed(line) for line in every if run in ("", line["run"])),
        journal.verify_chain(last),
    )


def deed(line: Mapping[str, Any]) -> Deed:
    """One line as it is stored; what cannot be understood is shown as it is."""
    ordinal = f".{line['ordinal']}" if line["ordinal"] else ""
    return Deed(
        line["seq"],
        line["at"],
        str(line["run"]),
        f"{line['stage'] or ''}{ordinal}",
        str(line["event"]),
        str(line["who"]),
        evidence(str(line["event"]), str(line["detail"])),
        str(line["digest"]),
    )


def evidence(event: str, stored: str) -> str:
    """What a line's detail says, in words."""
    try:
        detail = json.loads(stored)
    except ValueError:
        return stored
    if not isinstance(detail, dict):
        return stored
    return "; ".join(filter(None, _words(event, detail)))


def _words(event: str, detail: Mapping[str, Any]) -> Iterator[str]:
    gate = f"gate “{detail['gate']}”" if detail.get("gate") else ""
    if event == Event.APPROVED:
        yield f"{gate} of plan #{short(str(detail.get('fingerprint', '')))}, given at {detail.get('given_at', '')}"
    elif event == Event.REFUSED:
        yield " of ".join(filter(None, (str(detail.get("request", "")), gate)))
    elif event == Event.EXTENDED:
        yield f"approvals of {gate} hold until {detail.get('until', '')}, asked for at {detail.get('asked_at', '')}"
    else:
        yield gate
    yield from _named(detail, ("title", "what", "why", "note", "found", "now"))
    yield " ".join(f"{k}={v}" for k, v in detail.items() if k not in _SAID_ELSEWHERE and v != "")


def _named(detail: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if value := detail.get(name):
            yield f"{name}: {value}" if name in ("now", "found") else str(value)
