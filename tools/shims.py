"""2023.1 to 2024.1 on the real lab, where old code fails on what new code's migrations leave: with shims and without.

The plan obeys a rehearsal made on copies of the lab's own databases. Where it found a gap, the service is handed over
all the same: what a shim does and what users feel without it is the question here.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rounds import (
    bastion,
    boot,
    felt,
    fresh_lab,
    probing,
    report,
    rollback,
    seconds,
    tenants_things,
    upgrade,
)

SOURCE, TARGET = "2023.1", "2024.1"
ENVIRONMENTS = Path("/var/cache/liftlock-dev/envs")
"""Where `tools/environments.py` puts one for each series."""


def applied(folder: Path) -> dict[str, Any]:
    """There with the shims that the rehearsal found, back, there again and finalized, under one prober."""
    words, rehearsed = _rehearsed(folder)
    boots = {}
    with probing(folder / "probes") as prober:
        runs = [upgrade(folder / "plan-2.json", "blue_green", *words, target=TARGET)]
        boots["on green"] = boot("evidence-green")
        back = rollback(prober)
        boots["on blue again"] = boot("evidence-blue")
        runs.append(upgrade(folder / "plan-3.json", "blue_green", *words, target=TARGET))
        ends = seconds(lambda: bastion("liftlock", "finalize", "--cloud", "lab"))
        boots["at the end"] = boot("evidence-end")
        prober.await_(good=3000, calm=15)
        summary = prober.stop()
    return {
        "rehearsed": rehearsed,
        "requests_failed": summary["requests_failed"],
        "rollback": back,
        "finalize_seconds": ends,
        "server_boot_list_delete_seconds": boots,
        "users_things": tenants_things(folder),
        "felt": felt(summary),
        "reports": [report(run, folder / "probes") for run in runs],
    }


def left_out(folder: Path) -> dict[str, Any]:
    """There without them: what was predicted of whom, and what failed."""
    words, rehearsed = _rehearsed(folder)
    with probing(folder / "probes") as prober:
        run = upgrade(folder / "plan-2.json", "blue_green", *words, "--no-shim", target=TARGET)
        prober.await_(good=3000, calm=15)
        summary = prober.stop()
    told = report(run, folder / "probes")
    return {
        "rehearsed": rehearsed,
        "predicted": told["predicted"],
        "failed": dict(Counter(request["service"] for request in told["failed_requests"])),
        "felt": felt(summary),
        "report": told,
    }


def _rehearsed(folder: Path) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """A lab, its plan rehearsed: the words with which the next plan obeys it, and what was found of each service."""
    fresh_lab(folder, SOURCE, TARGET)
    environments = {series: ENVIRONMENTS / series for series in (SOURCE, TARGET)}
    if missing := [str(place) for place in environments.values() if not place.exists()]:
        sys.exit(f"there is no {missing[0]}: `python tools/environments.py` makes it")
    plan, found = folder / "plan-1.json", folder / "rehearsal.json"
    bastion("liftlock", "plan", "--to", TARGET, "--strategy", "blue_green", "-o", str(plan))
    sides = ("--old-env", str(environments[SOURCE]), "--new-env", str(environments[TARGET]))
    took = seconds(
        lambda: bastion("liftlock", "rehearse", str(plan), *sides, "--rounds", "1", "-o", str(found))
    )
    proofs = json.loads(found.read_text())["proofs"]
    verdicts = {proof["service"]: proof["verdict"] for proof in proofs}
    overlaps = [
        word for name, verdict in verdicts.items() if verdict == "gap" for word in ("--overlap", name)
    ]
    rehearsed = {
        "seconds": took,
        "verdicts": verdicts,
        "handed_over_all_the_same": overlaps[1::2],
        "proofs": proofs,
    }
    return ("--rehearsal", str(found), *overlaps), rehearsed
