"""Records the lab's clouds: fresh at 2024.1, fresh at 2025.1, and with green serving at the gate `finalize`.

Snapshots and cloud files go to a folder outside of this repository; each line that is printed at the end makes a golden
cloud of one (`tools/golden_cloud.py`).
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from rounds import bastion, fresh_lab, new_lab, upgrade

from liftlock.cloud.blotting import blot, leftovers
from liftlock.cloud.codec import read
from liftlock.cloud.model import Cloud
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.flow.assess import judge, running_series
from liftlock.knowledge.catalogue import releases

KEPT = Path("/var/cache/liftlock-dev/golden")


def recorded(folder: Path) -> dict[str, Any]:
    """Three clouds, and what the checks say about each for every series that is one hop away."""
    told = {}
    new_lab(folder / "2024.1", "2024.1")
    told["lab_2024"] = kept("lab_2024", "2025.1")
    fresh_lab(folder / "2025.1")
    told["lab_2025"] = kept("lab_2025", "2026.1")
    upgrade(folder / "plan.json")
    told["lab_at_finalize"] = kept("lab_at_finalize", "2026.1")
    for name in told:
        print(
            f"python tools/golden_cloud.py {name} --snapshot {KEPT}/{name}.json --cloud-file {KEPT}/{name}.yaml"
        )
    return told


def kept(name: str, target: str) -> dict[str, Any]:
    """Keep the lab that is up under a name: its snapshot, readable by root only, and its cloud file."""
    KEPT.mkdir(mode=0o700, parents=True, exist_ok=True)
    snapshot = KEPT / f"{name}.json"
    bastion("liftlock", "assess", "--to", target, "--save", str(snapshot), "-f", "json")
    shutil.copyfile(LabPlace.from_environment().cloud_file, snapshot.with_suffix(".yaml"))
    return about(read(snapshot))


def about(cloud: Cloud) -> dict[str, Any]:
    """What a snapshot is worth as a golden cloud."""
    source = running_series(cloud)
    return {
        "runs": source,
        "hosts": len(cloud.hosts),
        "instances": len(cloud.compute.instances),
        "problems": list(cloud.problems),
        "looks_like_a_secret": list(leftovers(blot(cloud))),
        "findings": {
            series.id: dict(Counter(str(found.severity) for found in judge(cloud, series.id).findings))
            for series in releases().values()
            if source in series.follows
        },
    }
