"""Remake the options and policy rules that the product ships, in an environment of each release's own lock.

One command, run by a maintainer when a lock has changed:

    python tools/options.py 2026.1 --python /var/cache/liftlock-dev/envs/2026.1/bin/python

The environment has to be made from `src/liftlock/drivers/deployers/venv/locks/2026.1.txt`: its identity is what the
facts are kept under. It writes `src/liftlock/knowledge/option_facts/2026.1.json.xz`, the same bytes for the same
environment, and says what could not be asked.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from liftlock.drivers.deployers.venv.build import release_id
from liftlock.drivers.option_reading import printed, program
from liftlock.knowledge.options import parse
from liftlock.knowledge.release_facts import ENDING, FOLDER, packed

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Ask the environment, write the file, say what is in it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("series")
    parser.add_argument("--python", type=Path, required=True, help="the Python of the release's environment")
    wish = parser.parse_args()
    words = [wish.python, "-W", "ignore", "-c", program()]
    ended = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd="/")
    told = printed(ended.stdout)
    release = release_id(wish.series)
    file = ROOT / "src/liftlock/knowledge" / FOLDER / f"{wish.series}{ENDING}"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(packed(release, told, reasons=False))
    facts = parse(release, told)
    print(f"{file}: {len(facts.options)} options, {len(facts.rules)} rules, {file.stat().st_size} bytes")
    for source in facts.lost:
        print(f"  not asked: {source.package} {source.name}: {source.problem}")


if __name__ == "__main__":
    main()
