"""`make evidence`: long rounds on the real lab; the figures go to `docs/evidence/<issue>-<commit>.json`.

Each function is one figure. `LIFTLOCK_ISSUE` chooses whose; words on the command line choose among those, and are
added to what the file holds already. The lab that is there is taken down first, and nothing is left up afterwards.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import adopted
import broken
import faults
import kills
import lab_clouds
import losses
import plant
import rounds
import shims
from figures import commit
from rounds import USUAL_RATE, bastion, felt, liftlock, probing, seconds

from liftlock.drivers.provisioners.nspawn.leftovers import leftovers
from liftlock.drivers.provisioners.nspawn.place import LabPlace

ROOT = Path(__file__).parents[1]
ISSUE = os.environ.get("LIFTLOCK_ISSUE", "3")
IDLE_S = int(os.environ.get("LIFTLOCK_IDLE_S", "600"))
"""How long the idle lab is probed, in seconds."""
REQUESTS = 3000
"""At least so many in each round."""
PRESSURE = 37.5
"""Turns of reading per second in the round under load (a page is three requests): 50 requests per second in all."""

Figure = Callable[[Path], object]
"""Measures, with a folder of its own for logs."""


def up(_: Path) -> float:
    """Seconds from nothing (images and releases cached) to a cloud that answers; of a healthy one: to know it."""
    return seconds(lambda: liftlock("lab", "up", "--series", "2025.1"))


def down(_: Path) -> dict[str, Any]:
    """Seconds, and what is left of the lab on the machine."""
    took = seconds(lambda: liftlock("lab", "down"))
    return {"seconds": took, "left": list(leftovers(LabPlace.from_environment()))}


def idle(folder: Path) -> dict[str, Any]:
    """What the prober says about a lab that nobody touches."""
    bastion("liftlock", "probe", "run", "--cloud", "probe", "--seconds", str(IDLE_S), "--out", str(folder))
    return felt(json.loads((folder / "summary.json").read_text()))


def in_place(folder: Path) -> dict[str, Any]:
    """The upgrade by the book, the report on it, and the way back to the backup."""
    rounds.fresh_lab(folder)
    with probing(folder / "probes") as prober:
        run = rounds.upgrade(folder / "plan.json", "in_place")
        prober.await_(calm=20)
        prober.stop()
    report = rounds.report(run, folder / "probes")
    back = seconds(lambda: bastion("liftlock", "restore", "--yes-lose-writes-of", "lab"))
    bastion("liftlock", "verify")
    things = rounds.tenants_things(folder)
    return {"report": report, "restore": {"seconds": back, "users_things": things}}


def round_trip(folder: Path, *, rate: float = USUAL_RATE, busy: bool = False) -> dict[str, Any]:
    """Upgrade, rollback, upgrade, finalize, retire under one prober, on a fresh lab; `busy`: one core is burnt."""
    rounds.fresh_lab(folder)
    boots: dict[str, float] = {}
    with ExitStack() as meanwhile:
        burner = meanwhile.enter_context(rounds.burning()) if busy else None
        prober = meanwhile.enter_context(probing(folder / "probes", rate=rate))
        first = rounds.upgrade(folder / "plan-1.json")
        boots["on green"] = rounds.boot("evidence-green")
        back = rounds.rollback(prober)
        boots["on blue again"] = rounds.boot("evidence-blue")
        second = rounds.upgrade(folder / "plan-2.json")
        ends = {
            verb: seconds(lambda: bastion("liftlock", verb, "--cloud", "lab"))  # noqa: B023
            for verb in ("finalize", "retire")
        }
        boots["at the end"] = rounds.boot("evidence-end")
        prober.await_(good=REQUESTS, calm=15)
        burnt = burner.share() if burner else None
        summary = prober.stop()
    return {
        "requests_failed": summary["requests_failed"],
        "part_of_a_core_burnt": burnt,
        "rollback": back,
        "finalize_seconds": ends["finalize"],
        "retire_seconds": ends["retire"],
        "server_boot_list_delete_seconds": boots,
        "users_things": rounds.tenants_things(folder),
        "felt": felt(summary),
        "reports": [rounds.report(run, folder / "probes") for run in (first, second)],
    }


def green_killed(folder: Path) -> list[dict[str, Any]]:
    """Something of green killed, in mid-cutover and after, eight times on one lab."""
    rounds.fresh_lab(folder)
    return kills.kills(folder)


def bastion_lost(folder: Path) -> dict[str, Any]:
    """Requests and work sent back to blue by hand."""
    rounds.fresh_lab(folder)
    return kills.lost_bastion(folder)


def faults_and_kills(folder: Path) -> dict[str, Any]:
    """The cloud broken in twelve ways in one lift that goes back, then the runner killed ten times in the next ones.

    Each round has a lab of its own: what a lift adds to databases stays there.
    """
    rounds.fresh_lab(folder)
    found = {}
    for name, act in (("faults", broken.broken), ("kills", faults.runner_killed)):
        (folder / name).mkdir()
        shutil.copy(folder / "before.json", folder / name)
        found[name] = act(folder / name)
        print(json.dumps(found, indent=1, ensure_ascii=False), flush=True)
    return found


def kills_alone(folder: Path) -> dict[str, Any]:
    """The runner killed ten times on a lab of its own."""
    rounds.fresh_lab(folder)
    return faults.runner_killed(folder)


def bench(folder: Path) -> Any:
    """`bench/blue_green.py`: both strategies and both ways back beside each other."""
    found = folder / "bench.json"
    subprocess.run([sys.executable, ROOT / "bench" / "blue_green.py", "--json", found], check=True)
    return json.loads(found.read_text())


def demo(folder: Path) -> dict[str, Any]:
    """`make demo` on cached images: its seconds; it fails if one request failed."""
    liftlock("lab", "down")
    environment = {**os.environ, "DEMO_RESULTS": str(folder)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    took = seconds(lambda: subprocess.run([ROOT / "tools" / "demo.sh"], env=environment, check=True))
    return {"seconds": took, "felt": felt(json.loads((folder / "probes" / "summary.json").read_text()))}


FIGURES: Mapping[str, Mapping[str, Figure]] = {
    "2": {
        "up_from_nothing_seconds": up,
        "up_again_seconds": up,
        "idle": idle,
        "in_place": in_place,
        "down": down,
    },
    "3": {
        "demo": demo,
        "round_1": round_trip,
        "round_2": round_trip,
        "round_3": round_trip,
        "load": partial(round_trip, rate=PRESSURE, busy=True),
        "bench": bench,
        "kills": green_killed,
        "lost_bastion": bastion_lost,
        "down": down,
    },
    "4": {
        "round_1": faults_and_kills,
        "round_2": faults_and_kills,
        "round_3": faults_and_kills,
        "kills": kills_alone,
        "taken_over": faults.taken_over,
        "down": down,
    },
    "5": {
        "shims": shims.applied,
        "no_shims": shims.left_out,
        "losses": losses.losses,
        "down": down,
    },
    "6": {
        "planted": plant.planting,
        "golden": lab_clouds.recorded,
        "adopted": adopted.adopted,
        "down": down,
    },
}
"""Issue -> name -> figure, in the order in which an operator would live through them."""


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    load = [round(one, 1) for one in os.getloadavg()]
    return {"cores": os.cpu_count(), "memory_mib": memory, "kernel": platform.release(), "load_before": load}


def main(chosen: list[str]) -> None:
    """The chosen figures, or all, one after the other; each is written at once."""
    figures = FIGURES[ISSUE]
    if unknown := set(chosen) - set(figures):
        sys.exit(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(figures)}")
    file = ROOT / "docs" / "evidence" / f"{ISSUE}-{commit()}.json"
    file.parent.mkdir(exist_ok=True)
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"commit": commit()}
    found |= {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    folder = Path(tempfile.mkdtemp(prefix="liftlock-evidence-", dir="/var/tmp"))
    liftlock("lab", "down")
    for name in chosen or figures:
        found[name] = figures[name](folder / name)
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    liftlock("lab", "down")
    print(f"written to {file}; logs are in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
