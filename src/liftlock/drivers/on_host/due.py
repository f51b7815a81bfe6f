"""On a host: when the clock will start something next, by a crontab's line or a timer."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Words of cron for five fields (crontab(5))."""
NAMES = {
    4: ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    5: ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
"""Field, counted from 1 -> its names; the first month is 1, the first day of the week 0."""
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
FARTHEST = 366 * 4 + 1
"""Days: a 29th of February comes at least that often."""


def values(field: str, number: int) -> set[int]:
    """Numbers a field of a crontab stands for; `number` says which of the five, from 1. Raises ValueError."""
    low, high = LIMITS[number - 1]
    found: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = ("", "", "") if span == "*" else span.partition("-")
        begin = one_of(first, number) if first else low
        end = one_of(last, number) if last else begin if first and not step else high
        found.update(range(begin, end + 1, int(step or 1)))
    if not found or min(found) < low or max(found) > high:
        raise ValueError(field)
    return {0 if number == 5 and n == 7 else n for n in found}


def one_of(word: str, number: int) -> int:
    """A number, or a name that stands for one."""
    names = NAMES.get(number, ())
    return names.index(word) + (number == 4) if word in names else int(word)


def next_time(words: str, now: datetime) -> float:
    """When a crontab's line is due after `now`, in seconds since the epoch; 0 if that cannot be told.

    >>> next_time("0 3 * * *  keystone  rotate", datetime(2026, 1, 5, 4, 0)) == datetime(2026, 1, 6, 3, 0).timestamp()
    True
    """
    word = words.split(None, 1)[0]
    fields = (SHORT.get(word, "") if word.startswith("@") else words).split()[:5]
    try:
        minutes, hours, days, months, weekdays = (values(f, n) for n, f in enumerate(fields, 1))
    except ValueError:
        return 0.0
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    for later in range(FARTHEST):
        day = (now + timedelta(days=later)).replace(hour=0, minute=0, second=0, microsecond=0)
        fits = (day.day in days, day.isoweekday() % 7 in weekdays)
        if day.month not in months or not (any(fits) if either else all(fits)):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                found = day.replace(hour=hour, minute=minute)
                if found > now:
                    return found.timestamp()
    return 0.0


def soonest(lines: Iterable[str], now: datetime) -> float:
    """When the first of some lines is due; 0 if one of them cannot be told."""
    found = [next_time(line, now) for line in lines]
    return min(found) if found and all(found) else 0.0


def of_directory(root: Path, directory: str, now: datetime) -> float:
    """When cron starts what is in a directory of `run-parts`, by `/etc/crontab`; 0 if that does not tell."""
    tab = root / "etc/crontab"
    lines = tab.read_text(errors="replace").splitlines() if tab.is_file() else []
    runs = re.compile(rf"run-parts\b.*/{re.escape(directory)}(?:\s|$)")
    return soonest((x for x in lines if not x.lstrip().startswith("#") and runs.search(x)), now)


def of_timer(name: str) -> float:
    """When systemd starts a timer's unit next; 0 for one that counts from the boot, and for an old systemd."""
    words = ["systemctl", "show", "--property=NextElapseUSecRealtime", "--value", "--timestamp=unix", name]
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return 0.0
    return float(told[1:]) if re.fullmatch(r"@\d+", told) else 0.0
