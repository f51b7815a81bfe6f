"""Read again what nova's workers write about themselves in each series, from the released wheels.

    python tools/floors.py

Run after `tools/catalogue.py`. Fetches one wheel a series into the cache (`~/.cache/liftlock`) and writes
`src/liftlock/knowledge/floors/nova.toml`. A series of which the package index has no nova is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from liftlock.drivers.artefacts.released import ReleasedArtefacts
from liftlock.flow.releases.hop import side
from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.catalogue import Series, releases
from liftlock.knowledge.derivation import derivations
from liftlock.knowledge.derivations.service_versions import REFUSES_BELOW, WRITES

FILE = Path(__file__).resolve().parent.parent / "src/liftlock/knowledge/floors/nova.toml"


def main() -> None:
    """Write the file."""
    shelf = ReleasedArtefacts(tell=lambda words: print(words, file=sys.stderr))
    lines = ["# Made by `python tools/floors.py`, not by hand: read from the code in the wheels it names."]
    for series in releases().values():
        lines += entry(shelf, series)
    FILE.write_text("\n".join(lines) + "\n")


def entry(shelf: ReleasedArtefacts, series: Series) -> Iterator[str]:
    """The lines about one series; none where there is no wheel or it does not tell."""
    wheel = side(shelf, "nova", series, {Kind.WHEEL}).artefacts.get(Kind.WHEEL)
    asked = derivations()["service_versions"]
    records = asked.ask(shelf.texts(wheel, asked.wants)).records if wheel else {}
    if wheel and WRITES in records:
        yield from ("", "[[floor]]", f'series = "{series.id}"')
        yield f"writes = {records[WRITES]['value']}"
        yield f"refuses_below = {records.get(REFUSES_BELOW, {}).get('value', 0)}"
        yield f'wheel = "{wheel.filename}"'
        yield f'sha256 = "{wheel.sha256}"'


if __name__ == "__main__":
    main()
