"""risk: accept risks by name for a while, and take that back. Blockers cannot be accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from liftlock.checks.finding import BLOCKER, RISK
from liftlock.checks.registry import NEVER_ACCEPTED, checks
from liftlock.cloud.model import AcceptedRisk
from liftlock.cloud.reading import nearest
from liftlock.cloud.risks import day, read, split, write
from liftlock.errors import BadInput, Refused

LONGEST_DAYS = 366
"""What is accepted for longer is not accepted for a while."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What somebody asks for."""

    name: str
    """A finding's name, `clocks_differ:cmp1`, or a check's for everything it finds."""
    who: str
    reason: str
    until: str
    """Last day on which it holds, `2026-12-24`."""


def accept(path: Path, wish: Acceptance, now: float) -> AcceptedRisk:
    """Write the acceptance into the file at `path`, in place of one of the same name; `now` in seconds since the epoch.

    Raises `BadInput` for an unknown name or a day that is none, over or too far away, and `Refused` for what cannot be
    accepted.
    """
    check, about = split(wish.name)
    refuse_unacceptable(check)
    refuse_impossible_day(wish.until, datetime.fromtimestamp(now, UTC).date())
    if not wish.reason.strip():
        raise BadInput("an acceptance needs a reason", hint="`--reason 'why this is no problem until then'`")
    made = AcceptedRisk(check, about, wish.who, " ".join(wish.reason.split()), wish.until)
    kept = [risk for risk in read(path) if risk.name != made.name]
    write(path, (*kept, made))
    return made


def withdraw(path: Path, name: str) -> AcceptedRisk:
    """Take an acceptance out of the file and return it; raises `BadInput` if there is none of that name."""
    found = {risk.name: risk for risk in read(path)}
    if name not in found:
        raise BadInput(
            f"nobody accepted `{name}`",
            hint=f"accepted are {', '.join(found) or 'no risks'}: `liftlock risk list`",
        )
    write(path, (risk for risk in found.values() if risk.name != name))
    return found[name]


def refuse_unacceptable(check: str) -> None:
    """Return if what the check of that name finds can be a risk that people accept."""
    known = checks()
    if check not in known:
        guess = nearest(check, known)
        raise BadInput(
            f"no check is called `{check}`" + (f"; the nearest is `{guess}`" if guess else ""),
            hint="`liftlock assess` names every finding; docs/checks.md lists all checks",
        )
    if RISK in known[check].says and check not in NEVER_ACCEPTED:
        return
    if BLOCKER in known[check].says:
        raise Refused(f"`{check}` finds blockers: nobody can accept them", hint="settle what it found")
    if check in NEVER_ACCEPTED:
        raise Refused(f"`{check}` cannot be accepted: it asks for a decision", hint="do what it says")
    raise BadInput(f"`{check}` gives advice: nothing is to be accepted", hint="follow it, or leave it")


def refuse_impossible_day(until: str, today: date) -> None:
    """Return if an acceptance can hold until that day."""
    last = day(until)
    if last is None:
        raise BadInput(f"`{until}` is no day", hint="write it like 2026-12-24")
    if last < today:
        raise BadInput(f"{until} is over: today is {today}", hint="name a day to come")
    if (last - today).days > LONGEST_DAYS:
        raise BadInput(
            f"{until} is {(last - today).days} days away: a risk is accepted for {LONGEST_DAYS} days at most",
            hint="name an earlier day; it can be accepted again then",
        )
