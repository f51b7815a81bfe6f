"""The status document on a terminal: a page that is redrawn, and never larger than it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.text import Text

from liftlock.plan.words import GOING_BACK, duration

WIDTH, HEIGHT = 80, 24
"""Columns and lines of the smallest terminal it fits."""
STYLES = {
    "progressing": "green",
    "done": "green",
    "waiting": "cyan",
    "held": "yellow",
    "slow": "yellow",
    "stalled": "red",
    "failed": "red",
}
"""Assessment -> how it is shown."""
STAGES_AT_LEAST = 3
"""Stages that are shown however much there is to say: the one under way and its neighbours."""
_FIGURES = 34
"""Columns of a stage's state, steps and seconds."""

Document = Mapping[str, Any]


def page(found: Document, width: int = WIDTH, height: int = HEIGHT) -> Group:
    """What `--watch` shows: at most `height` lines of at most `width` columns.

    Sentence, next and the last lossless step are always there; the table of stages gets what room is left.
    """
    top, bottom = [*_head(found, width)], [*_foot(found, width)]
    room = height - len(top) - len(bottom)
    told = _insights(found, width, max(0, min(room - STAGES_AT_LEAST - 1, HEIGHT // 4)))
    table = list(_stages(found, width, room - len(told)))
    return Group(*(top + table + told + bottom)[:height])


def _head(found: Document, width: int) -> Iterator[Text]:
    about = "  ".join(str(found[k]) for k in ("cloud", "lift", "run") if found[k])
    plan = f"  plan #{found['plan_fingerprint']}" if found["plan_fingerprint"] else ""
    yield _cut(f"{about}{plan}  {found['at']}".strip(), width, "dim")
    yield from _folded(found["sentence"], width, 4, STYLES[found["assessment"]])
    if found["since"]:
        since = f"{found['assessment']} since {found['since']}, for {duration(found['since_seconds'])}"
        yield _cut(since + (f"; {found['process']}" if found["process"] else ""), width, "dim")
    if found["probes"]:
        felt = found["probes"]
        yield _cut(f"users: {felt['failed']} of {felt['requests']} probes failed", width)


def _foot(found: Document, width: int) -> Iterator[Text]:
    if eta := found["eta"]:
        left = duration(eta["seconds"])
        yield _cut(f"about {left} to {eta['until']} ({eta['at']}), by {eta['basis']}", width, "dim")
    yield from _labelled("next", found["next"], width, 4)
    yield from _labelled("back", found["way_back"].removeprefix(GOING_BACK).strip(), width, 2)
    if found["last_lossless_step"]:
        yield from _labelled("last lossless", found["last_lossless_step"], width, 3)


def _insights(found: Document, width: int, room: int) -> list[Text]:
    """The worst first, a line or two each; those that find no room are counted."""
    lines: list[Text] = []
    # What the sentence says already is not said again.
    told = [i["sentence"] for i in found["insights"] if i["sentence"] not in found["sentence"]]
    for position, sentence in enumerate(told):
        more = list(_folded(f"! {sentence}", width, 2, "yellow", indent="  "))
        left = len(told) - position
        if len(lines) + len(more) + (1 if left > 1 else 0) > room:
            return [*lines, _cut(f"! and {left} more: `liftlock status`", width, "yellow")][:room]
        lines += more
    return lines


def _stages(found: Document, width: int, room: int) -> Iterator[Text]:
    rows = found["stage_table"]
    if not rows or room < STAGES_AT_LEAST:
        return
    shown = _window(rows, (found["stage"] or len(rows)) - 1, room - 1)
    name = max(1, width - _FIGURES - 4)
    yield _cut(f"    {'stage':<{name}}{'state':<9}{'steps':>8}{'seconds':>9}{'planned':>8}", width, "dim")
    for row in shown:
        here = row["stage"] == found["stage"]
        gate = f"[{row['gate']}] " if row["gate"] else ""
        steps = f"{row['steps_done']}/{row['steps']}"
        figures = f"{row['state']:<9}{steps:>8}{row['seconds']:>9.0f}{row['planned_seconds']:>8.0f}"
        title = set_cell_size(gate + row["name"], name - 1)
        mark = "»" if here else " "
        yield _cut(f"{mark}{row['stage']:>2} {title} {figures}", width, "bold" if here else "")


def _window(rows: Sequence[Document], here: int, room: int) -> Sequence[Document]:
    """As many rows as there is room for, the stage under way in the middle of them."""
    first = max(0, min(here - room // 2, len(rows) - room))
    return rows[first : first + room]


def _labelled(label: str, words: str, width: int, lines: int) -> Iterator[Text]:
    yield from _folded(f"{label}: {words}", width, lines, indent="  ")


def _folded(words: str, width: int, lines: int, style: str = "", indent: str = "") -> Iterator[Text]:
    """The words over at most so many lines, the last one cut if they are more."""
    plain = " ".join(words.split())
    first, *rest = Text(plain).wrap(_RULER, width) or [Text()]
    behind = plain[len(first.plain.rstrip()) :].strip()
    folded = [first.plain.rstrip()]
    if rest:
        folded += [indent + t.plain.rstrip() for t in Text(behind).wrap(_RULER, max(1, width - len(indent)))]
    for position, line in enumerate(folded[:lines]):
        last = position == lines - 1 and len(folded) > lines
        yield _cut(line + " …" if last else line, width, style, more=last)


def _cut(words: str, width: int, style: str = "", *, more: bool = False) -> Text:
    line = " ".join(words.splitlines())
    if cell_len(line) > width:
        line = set_cell_size(line.rstrip(" …") if more else line, width - 1).rstrip() + "…"
    return Text(line, style=style, no_wrap=True, end="\n")


_RULER = Console(width=WIDTH, color_system=None, force_terminal=False)
"""Wrapping asks a console for nothing but its rules about tabs and words."""
