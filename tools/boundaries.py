"""Cut the power at every boundary of every story over the simulated cloud, and print the table of what became of it.

`python tools/boundaries.py [--json FILE] [STRATEGY-STORY …]`; about a quarter of an hour of one core.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.scenario.boundaries import (  # noqa: E402  (the tests are no package that is installed)
    STORIES,
    Place,
    Story,
    Told,
    begin,
    complaints,
    cuts,
    disturbed,
    undisturbed,
)

from liftlock.sim.faults import PowerCut  # noqa: E402

HEAD = ("strategy", "verb", "cut", "power cut", "tried", "converged", "repeated", "seconds")
WIDTHS = (10, 8, 5, 11, 6, 9, 8, 7)


@dataclass
class Row:
    """One line of the table."""

    strategy: str
    verb: str
    cut: str
    """`once`, or `twice`: again soon after liftlock was started again."""
    power_cut: str
    """Early, before the boundary takes effect, or late, after it and before anything follows."""
    tried: int = 0
    converged: int = 0
    """Ended where the undisturbed story ends, with the same changes but for those in `repeated`."""
    repeated: dict[str, int] = field(default_factory=dict)
    """Change -> how often it was made once more, in all that was tried."""
    wrong: list[str] = field(default_factory=list)
    """What became of the others, a sentence each."""
    seconds: float = 0.0
    """Of one core."""

    def cells(self) -> tuple[str, ...]:
        """As printed."""
        again = sum(self.repeated.values())
        figures = (self.tried, self.converged, again, f"{self.seconds:.0f}")
        return (self.strategy, self.verb, self.cut, self.power_cut, *map(str, figures))


def rows(story: Story, folder: Path) -> Iterator[Row]:
    """Four: cut once and twice, early and late."""
    here = folder / f"{story.strategy}-{story.name}"
    place = begin(story, here)
    clean = undisturbed(story, place.copy(here.with_suffix(".clean")))
    for twice in (False, True):
        for late in (False, True):
            yield row(story, place, clean, late=late, twice=twice)


def row(story: Story, place: Place, clean: Told, *, late: bool, twice: bool) -> Row:
    """All boundaries of one story."""
    made = Row(story.strategy, story.name, "twice" if twice else "once", "late" if late else "early")
    began, repeated, here = time.process_time(), Counter[str](), place.folder.with_suffix(".cut")
    for number, boundary in enumerate(clean.touches):
        at = cuts(clean.touches, number, late=late, twice=twice)
        try:
            told = disturbed(story, place.copy(here), at, stubborn=number % 2 == 0)
            wrong = complaints(story, clean, told)
            repeated += told.changes - clean.changes
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}"]
        made.tried += 1
        made.converged += not wrong
        made.wrong += [f"{boundary}: {sentence}" for sentence in wrong]
        shutil.rmtree(here)
    made.repeated = dict(sorted(repeated.items()))
    made.seconds = round(time.process_time() - began, 1)
    return made


def line(cells: tuple[str, ...]) -> str:
    """One line of the table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def main() -> int:
    """Print the table as it comes; the code is 1 when something did not converge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here as well")
    parser.add_argument("stories", nargs="*", metavar="STRATEGY-STORY", help="blue_green-run (default: all)")
    chosen = parser.parse_args()
    # Guards look on threads of their own, and die with the power.
    loud = threading.excepthook
    threading.excepthook = lambda told: None if told.exc_type is PowerCut else loud(told)
    memory = Path("/dev/shm")  # noqa: S108  (a folder of its own is made there)
    table: list[Row] = []
    print(line(HEAD))
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for story in STORIES:
            if chosen.stories and f"{story.strategy}-{story.name}" not in chosen.stories:
                continue
            for made in rows(story, Path(folder)):
                table.append(made)
                print(line(made.cells()), flush=True)
                for sentence in made.wrong[:5]:
                    print(f"    {sentence}")
    tried, converged = sum(r.tried for r in table), sum(r.converged for r in table)
    print(f"{converged} of {tried} converged, {sum(r.seconds for r in table):.0f} s")
    if chosen.json:
        told = {"tried": tried, "converged": converged, "rows": [asdict(r) for r in table]}
        chosen.json.write_text(json.dumps(told, indent=1) + "\n")
    return int(converged != tried)


if __name__ == "__main__":
    sys.exit(main())
