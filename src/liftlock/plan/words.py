"""How plans write times, and how wide they are."""

from __future__ import annotations

WIDTH = 100
"""Columns of the terminal a plan fits in."""

GOING_BACK = "going back from here:"
"""Stands before how to get back from where a stage ends, and what that costs: in the plan, live and in the status."""


def duration(seconds: float) -> str:
    """A time for people, to two digits that matter.

    >>> duration(0.4), duration(59.6), duration(200), duration(7260)
    ('1 s', '1 min', '3 min 20 s', '2 h 1 min')
    """
    whole = max(1, round(seconds)) if seconds > 0 else 0
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    return f"{left} s"
