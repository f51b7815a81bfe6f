"""The page about the checks has each of them, as the code says it.

To accept a change: `LIFTLOCK_ACCEPT=1 pytest tests/docs/test_checks_page.py`, and read the diff.
"""

from __future__ import annotations

import os

from liftlock.checks.registry import checks
from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "checks.md"
MARK = "<!-- This table is written by"


def table() -> str:
    rows = ["| name | question | speaks when | as |", "|---|---|---|---|"]
    rows += [
        f"| `{name}` | {one.question} | {one.when} | {', '.join(one.says)} |"
        for name, one in checks().items()
    ]
    return "\n".join([f"There are {len(checks())}.", "", *rows]) + "\n"


def test_the_page_has_every_check_as_the_code_says_it() -> None:
    head, mark, rest = PAGE.read_text().partition(MARK)
    note, _, written = rest.partition("\n\n")
    if os.environ.get("LIFTLOCK_ACCEPT"):
        written = table()
        PAGE.write_text(f"{head}{mark}{note.rstrip()}\n\n{written}")
    assert written == table()
