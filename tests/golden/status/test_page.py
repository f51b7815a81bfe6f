"""The page of `status --watch` fits a terminal of 80 columns and 24 lines at every moment of recorded runs."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from tests.golden.status.moments import NAMES, document_of

from liftlock.cli.pages.status import HEIGHT, WIDTH, page

PAGES = Path(__file__).parent / "pages"
LONG = "a-word-that-has-no-place-at-which-it-could-be-folded-" * 4


def shown(found: dict[str, Any], width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    """Lines of the page as a terminal of that size shows them."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False, color_system=None)
    with console.capture() as captured:
        console.print(page(found, width, height))
    return captured.get().splitlines()


def squeezed(words: str) -> str:
    return "".join(words.split())


def fits(lines: list[str], width: int = WIDTH, height: int = HEIGHT) -> bool:
    return len(lines) <= height and all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_fits_and_the_sentence_what_is_next_and_the_last_lossless_step_are_whole(name: str) -> None:
    found = document_of(name)
    lines = shown(found)
    assert fits(lines)
    text = squeezed("".join(lines))
    for key in ("sentence", "next", "last_lossless_step"):
        assert squeezed(found[key]) in text, key
    if found["insights"]:
        assert squeezed(found["insights"][0]["sentence"])[:100] in text


@pytest.mark.parametrize("name", ["running", "failed_step", "waiting_and_the_approval_expires", "retired"])
def test_the_page_reads_as_it_did(name: str) -> None:
    now = "\n".join(line.rstrip() for line in shown(document_of(name))) + "\n"
    golden = PAGES / f"{name}.txt"
    if os.environ.get("LIFTLOCK_ACCEPT"):
        PAGES.mkdir(exist_ok=True)
        golden.write_text(now)
    assert now == golden.read_text()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("words", [LONG, "very " * 100, "漢字" * 25, "漢字" * 150, "two\nlines\n" * 30])
def test_whatever_is_said_at_whatever_length_the_page_fits(name: str, words: str) -> None:
    found = document_of(name)
    found |= dict.fromkeys(("sentence", "next", "way_back", "last_lossless_step", "process", "cloud"), words)
    found["insights"] = [{"kind": "step failed", "sentence": f"{n} {words}", "steps": []} for n in range(30)]
    found["eta"] = {"at": "", "seconds": 1.0, "until": words, "basis": words}
    found["probes"] = {"requests": 10**12, "failed": 10**12, "silent_seconds": 1.0}
    found["stage_table"] = [{**row, "name": words, "gate": words} for row in found["stage_table"]]
    lines = shown(found)
    assert fits(lines)
    for label in ("next:", "last lossless:"):
        assert any(line.startswith(label) for line in lines), label
    assert any(line.startswith(words[:10].split("\n", maxsplit=1)[0]) for line in lines), (
        "the sentence is gone"
    )


def test_a_plan_of_many_stages_shows_those_around_the_one_under_way() -> None:
    found = document_of("running")
    row = found["stage_table"][0]
    found["stage_table"] = [{**row, "stage": n, "name": f"stage number {n}"} for n in range(1, 61)]
    found |= {"stage": 40, "stages": 60}
    lines = shown(found)
    assert fits(lines)
    assert [line for line in lines if line.startswith("»40 stage number 40 ")]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 50), (60, 20), (20, 24), (40, 10), (3, 3)])
def test_a_live_terminal_never_scrolls(width: int, height: int) -> None:
    """What rich writes to a terminal, in lines: more than there are would scroll at every turn."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    with Live(console=console, auto_refresh=False) as live:
        live.update(page(document_of("failed_step"), width, height - 1), refresh=True)
        assert out.getvalue().count("\n") < height - 1


def test_a_document_can_be_written_as_json() -> None:
    for name in NAMES:
        assert json.loads(json.dumps(document_of(name))) == document_of(name)
