"""Risks that a cloud's owners accepted, as they keep them in git: `risks.yaml` beside the cloud file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import yaml

from liftlock.cloud.model import AcceptedRisk
from liftlock.cloud.reading import KEYED, Matches, Reading
from liftlock.errors import BadInput
from liftlock.files import read_text, write_text

HEAD = """\
# Risks that are accepted for a while, by name. Keep this file in git, beside the cloud file.
# Written by `liftlock risk accept` and `liftlock risk withdraw`; other comments do not stay.
"""
LARGEST = 1 << 20
"""Bytes; ten thousand acceptances take one MiB."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    def mistake(self, value: Any) -> str | None:
        """What is wrong with `value`, or None."""
        return None if day(value) else f"must be a day like 2026-12-24, is {str(value)[:40]!r}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One acceptance as it stands in the file."""

    name: Annotated[str, Matches(r"[a-z0-9_]+(:.+)?", "a finding's name, `check:about`")] = field(
        metadata=KEYED
    )
    who: Annotated[str, Matches(r"\S.*", "a person")]
    reason: Annotated[str, Matches(r"\S.*", "a reason")]
    until: Annotated[str, Day()]


@dataclass(frozen=True, slots=True)
class RiskFile:
    """The whole file."""

    risks: tuple[Entry, ...] = ()


def day(word: str) -> date | None:
    """The day a word like `2026-12-24` names; None when it names none."""
    try:
        return date.fromisoformat(word) if len(word) == len("2026-12-24") else None
    except ValueError:
        return None


def read(path: Path) -> tuple[AcceptedRisk, ...]:
    """Everything accepted in a file, in its order; nothing where there is no file.

    Raises one `BadInput` that lists every mistake with its line.
    """
    hint = "correct it; `liftlock risk accept` writes it as it should be"
    source = "mend it, or name another as `policy.risks`"
    try:
        text = read_text(path, "list of risks", largest=LARGEST, source=source, again=hint)
    except BadInput as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return ()
        raise
    reading = Reading(text, path.parent)
    found = reading.read(RiskFile)
    if found is None:
        told = "\n".join(f"  - {mistake}" for mistake in reading.mistakes)
        raise BadInput(f"{path} cannot be used\n{told}", hint=hint)
    return tuple(AcceptedRisk(*split(e.name), e.who, e.reason, e.until) for e in found.risks)


def split(name: str) -> tuple[str, str]:
    """The check and the thing of a finding's name; the thing is empty where all are meant.

    >>> split("clocks_differ:cmp1"), split("clocks_differ")
    (('clocks_differ', 'cmp1'), ('clocks_differ', ''))
    """
    check, _, about = name.partition(":")
    return check, about


def write(path: Path, risks: Iterable[AcceptedRisk]) -> None:
    """Replace the file in one move. Raises `BadInput` if it cannot be written."""
    entries = {r.name: {"who": r.who, "reason": r.reason, "until": r.until} for r in risks}
    text = HEAD + yaml.safe_dump({"risks": entries}, sort_keys=False, allow_unicode=True, width=110)
    write_text(path, text, "list of risks", hint="name another as `policy.risks` in the cloud file")
