"""Makes a recorded cloud for the golden plans: of the simulator's, or of a snapshot that came from outside.

    python tools/golden_cloud.py --simulated
    python tools/golden_cloud.py NAME --snapshot FILE [--cloud-file FILE] [--hosts]

A snapshot from outside is blotted first (`liftlock snapshot blot`): no secret, and numbers for what users call their
things; with `--hosts` for the cloud, its hosts and addresses too. It is refused while something in it looks like a key
or a token. Afterwards: `LIFTLOCK_ACCEPT=1 pytest tests/golden/test_plans.py`, and read the plans.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.golden import simulated
from tests.golden.recorded import keep

from liftlock.cloud.blotting import blot, leftovers
from liftlock.cloud.codec import read
from liftlock.cloud.file import load


def main() -> None:
    """Write the files, and say where."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", help="what the recorded cloud is called: lab_ha")
    parser.add_argument("--simulated", action="store_true", help="make the simulator's clouds anew")
    parser.add_argument("--snapshot", type=Path, help="file of `liftlock assess --save`")
    parser.add_argument(
        "--cloud-file", type=Path, help="the cloud file it was made with, if it declares green"
    )
    parser.add_argument("--hosts", action="store_true", help="blot names of hosts and addresses too")
    chosen = parser.parse_args()
    if chosen.simulated:
        for name in simulated.CLOUDS:
            print(of_the_simulator(name))
    elif chosen.name and chosen.snapshot:
        print(from_outside(chosen.name, chosen.snapshot, chosen.cloud_file, hosts=chosen.hosts))
    else:
        parser.error("give --simulated, or a name and --snapshot")


def of_the_simulator(name: str) -> Path:
    """Survey one of the simulator's clouds and keep what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = simulated.CLOUDS[name](Path(folder))
        declared = Path(folder, "cloud.yaml").read_text() if cloud.greens else ""
    return keep(name, cloud, declared)


def from_outside(name: str, snapshot: Path, cloud_file: Path | None, *, hosts: bool) -> Path:
    """Keep a snapshot of a real cloud, blotted; ends the program while something in it looks like a secret.

    Raises `BadInput` for a file that is no snapshot, or a cloud file that cannot be used or holds a password.
    """
    if hosts and cloud_file:
        sys.exit("a cloud file names hosts and addresses: leave out --hosts or --cloud-file")
    shown = blot(read(snapshot), hosts=hosts)
    if left := leftovers(shown):
        sys.exit("looks like a key or a token: " + ", ".join(left))
    if cloud_file:
        load(cloud_file)  # refuses a password in it, and does not repeat it
    return keep(name, shown, cloud_file.read_text() if cloud_file else "")


if __name__ == "__main__":
    main()
