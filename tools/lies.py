"""Let every change of every story over the simulated cloud be a lie, once, and print what became of each.

A lie: the port says that it was done, and nothing was. `python tools/lies.py [--json FILE] [STRATEGY-STORY …]`; about
two minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.scenario.boundaries import STORIES, Place, Story, Told, begin  # noqa: E402  (not an installed package)
from tests.scenario.lies import Fate, Lie, calls_of, changes_of, endings, told_a_lie  # noqa: E402

from liftlock.sim.faults import PowerCut  # noqa: E402


@dataclass
class Row:
    """One story."""

    strategy: str
    verb: str
    lies: int
    fates: dict[str, int]
    calls: int
    """How often ports are asked for something when nobody lies."""
    not_told: list[str]
    """Changes that nobody was told about, or whose error led nowhere, with what became of them."""
    told: list[dict[str, object]]
    """The others, with the first error."""


def row(story: Story, folder: Path) -> Row:
    """Every change of one story, each a lie once."""
    here = folder / f"{story.strategy}-{story.name}"
    place = begin(story, here)
    clean = endings(story, place)
    calls = calls_of(story, place.copy(here.with_suffix(".counted")))
    lies = [_one(story, clean, place.copy(here.with_suffix(".lie")), change) for change in changes_of(clean)]
    fates = Counter(lie.fate for lie in lies)
    return Row(
        story.strategy,
        story.name,
        len(lies),
        {fate: fates[fate] for fate in Fate},
        sum(calls.values()),
        [f"{lie.change}: {lie.fate}; {lie.told}" for lie in lies if lie.fate is not Fate.TOLD],
        [asdict(lie) for lie in lies if lie.fate is Fate.TOLD],
    )


def _one(story: Story, clean: Sequence[Told], place: Place, change: str) -> Lie:
    try:
        return told_a_lie(story, clean, place, change)
    finally:
        shutil.rmtree(place.folder)


def main() -> int:
    """Print the table as it comes; the code is 1 when a lie led nowhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here as well")
    parser.add_argument("stories", nargs="*", metavar="STRATEGY-STORY", help="blue_green-run (default: all)")
    chosen = parser.parse_args()
    loud = threading.excepthook
    threading.excepthook = lambda told: None if told.exc_type is PowerCut else loud(told)
    memory = Path("/dev/shm")  # noqa: S108  (a folder of its own is made there)
    table: list[Row] = []
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for story in STORIES:
            if chosen.stories and f"{story.strategy}-{story.name}" not in chosen.stories:
                continue
            made = row(story, Path(folder))
            table.append(made)
            told = ", ".join(f"{count} {fate}" for fate, count in made.fates.items())
            print(f"{made.strategy} {made.verb}: {made.lies} lies: {told}; {made.calls} calls", flush=True)
            for sentence in made.not_told:
                print(f"    {sentence}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(made) for made in table], indent=1) + "\n")
    return int(any(made.fates[Fate.LOST] for made in table))


if __name__ == "__main__":
    sys.exit(main())
