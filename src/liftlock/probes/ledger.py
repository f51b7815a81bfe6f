"""Every object the prober made or found, and what must be true of it now."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from liftlock.probes.log import JsonLines, json_lines


class Stage(StrEnum):
    """How far an object is in its life."""

    INTENDED = "intended"
    """The request to make it is about to go out."""
    UNSURE = "unsure"
    """That request failed: it may be there all the same."""
    CREATED = "created"
    READY = "ready"
    """It reached its state; its fields are on record."""
    KEPT = "kept"
    """Ready, and to be left alone: it must be there, unchanged."""
    FOUND = "found"
    """A tenant's own: it was there before us and must be there, unchanged."""
    DELETING = "deleting"
    GONE = "gone"
    """It was deleted and seen gone: it must not come back."""
    FAILED = "failed"
    """It did not reach its state, or would not go."""
    LOST = "lost"
    """The cloud accepted it and then did not know it."""
    CHANGED = "changed"
    """A field became another while nobody touched it."""


MUST_EXIST = frozenset({Stage.KEPT, Stage.FOUND})
OPEN = frozenset(set(Stage) - {Stage.FOUND, Stage.GONE})
"""Stages after which something of ours may be left in the cloud."""


@dataclass(frozen=True, slots=True)
class Life:
    """One object."""

    kind: str
    name: str
    id: str = ""
    """Empty until the cloud told it."""
    stage: Stage = Stage.INTENDED
    fields: Mapping[str, object] = field(default_factory=dict)
    """Its stable fields when it was ready."""
    reason: str = ""
    """Why it is failed, lost or changed."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others: our names are unique, tenants' are not."""
        return self.kind, (self.id if self.stage is Stage.FOUND else self.name)

    def at(self, stage: Stage, reason: str = "", **changes: Any) -> Life:
        """The same object, further on."""
        return replace(self, stage=stage, reason=reason, **changes)


@dataclass(frozen=True, slots=True)
class Finding:
    """A write that the cloud lost, changed, or did not undo."""

    what: str
    """`lost`, `changed`, `not gone`, `failed`, or `unreadable` (the question was not answered)."""
    kind: str
    name: str
    id: str
    detail: str
    t: float
    """Epoch seconds at which it was found."""


class Ledger:
    """The file of lives and findings; safe between threads."""

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        self._lives, self._findings = read_ledger(text)
        self._lines = JsonLines(path)
        self._lock = threading.Lock()

    def note(self, life: Life) -> Life:
        """Record how far `life` is; it is on file when this returns."""
        with self._lock:
            self._lines.write({"t": round(time.time(), 3), **asdict(life)})
            self._lives[life.key] = life
        return life

    def find(self, what: str, life: Life, detail: str) -> None:
        """Record something that must be told: once per object and sort."""
        finding = Finding(what, life.kind, life.name, life.id, detail, round(time.time(), 3))
        with self._lock:
            if any(
                (f.what, f.kind, f.name, f.id) == (what, life.kind, life.name, life.id)
                for f in self._findings
            ):
                return
            self._findings.append(finding)
            self._lines.write({"finding": asdict(finding)})

    def lives(self, *stages: Stage) -> tuple[Life, ...]:
        """Every object at one of `stages`."""
        with self._lock:
            return tuple(life for life in self._lives.values() if life.stage in stages)

    def must_exist(self, kind: str) -> dict[str, Life]:
        """The objects of `kind` that every list must contain now, by id."""
        with self._lock:
            return {
                life.id: life
                for life in self._lives.values()
                if life.kind == kind and life.stage in MUST_EXIST
            }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What must be told."""
        with self._lock:
            return tuple(self._findings)

    def close(self) -> None:
        """Write nothing more."""
        self._lines.close()


def read_ledger(text: str) -> tuple[dict[tuple[str, str], Life], list[Finding]]:
    """Lives as they are at the end of a ledger's text, and its findings; a cut line is skipped."""
    lives: dict[tuple[str, str], Life] = {}
    findings: list[Finding] = []
    for line in json_lines(text)[0]:
        found = line.get("finding")
        if isinstance(found, dict):
            findings.append(Finding(**found))
            continue
        life = _life(line)
        lives[life.key] = life
    return lives, findings


def _life(line: Mapping[str, Any]) -> Life:
    return Life(
        kind=line["kind"],
        name=line["name"],
        id=line["id"],
        stage=Stage(line["stage"]),
        fields=line["fields"],
        reason=line["reason"],
    )


def count(lives: Iterable[Life], findings: Iterable[Finding]) -> dict[str, object]:
    """A ledger in numbers, with every finding by name."""
    stages: dict[str, int] = {}
    for life in lives:
        stages[life.stage] = stages.get(life.stage, 0) + 1
    told = [asdict(finding) for finding in findings]
    return {
        "stages": stages,
        "lost": sum(finding["what"] == "lost" for finding in told),
        "changed": sum(finding["what"] == "changed" for finding in told),
        "failed": sum(finding["what"] == "failed" for finding in told),
        "not_gone": sum(finding["what"] == "not gone" for finding in told),
        "unreadable": sum(finding["what"] == "unreadable" for finding in told),
        "findings": told,
    }
