"""The report as one self-contained page: no script, nothing fetched."""

from __future__ import annotations

import time
from typing import Any

from liftlock.cli.pages.template import template
from liftlock.flow.records.report import Report
from liftlock.plan.words import duration

LEFT, WIDTH = 100.0, 890.0
"""Where the timeline begins and how wide it is, in the picture's own units."""


def page(report: Report) -> str:
    """HTML of the report."""
    filters = {"moment": moment, "seconds": duration}
    return template("report", filters).render(r=report, services=services(report), marks=marks(report))


def moment(at: float) -> str:
    """A time as people write it, in UTC, with seconds."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def services(report: Report) -> list[dict[str, Any]]:
    """Rows of the picture: each service with the spans in which it failed."""
    found = report.probes.get("services", {})
    return [
        {
            "name": name,
            "row": row,
            "spans": [
                {
                    "x": round(place(report, span["from"]), 1),
                    "width": round(max(1.5, place(report, span["to"]) - place(report, span["from"])), 1),
                    "seconds": round(span["to"] - span["from"], 1),
                }
                for span in numbers["outages"]
            ],
        }
        for row, (name, numbers) in enumerate(found.items())
    ]


def marks(report: Report) -> list[dict[str, Any]]:
    """Where each stage began."""
    return [
        {"x": round(place(report, s.began_at), 1), "label": str(s.number)}
        for s in report.stages
        if s.began_at is not None
    ]


def place(report: Report, at: float) -> float:
    """Where a moment lies in the picture."""
    begin = report.began_at
    end = max(report.ended_at, report.probes.get("to") or 0.0)
    share = (at - begin) / (end - begin) if end > begin else 0.0
    return LEFT + WIDTH * min(1.0, max(0.0, share))
