"""`make evidence`: long rounds on the real lab; the figures go to `docs/evidence/<issue>-<commit>.json`.

Each function is one figure. The lab that is there is taken down first, and nothing is left up afterwards.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from liftlock.drivers.provisioners.nspawn.leftovers import leftovers
from liftlock.drivers.provisioners.nspawn.place import LabPlace

ROOT = Path(__file__).parents[1]
LIFTLOCK = str(Path(sys.executable).parent / "liftlock")
ISSUE = os.environ.get("LIFTLOCK_ISSUE", "2")
IDLE_S = int(os.environ.get("LIFTLOCK_IDLE_S", "600"))
"""How long the idle lab is probed, in seconds."""


def liftlock(*words: str) -> str:
    """What `liftlock` prints on standard output; ends everything when it fails."""
    print("$ liftlock", *words, flush=True)
    ended = subprocess.run([LIFTLOCK, *words], stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        sys.exit(f"`liftlock {' '.join(words)}` ended with code {ended.returncode}\n{ended.stdout}")
    return ended.stdout


def bastion(*words: str) -> str:
    """The same on the lab's bastion."""
    return liftlock("lab", "exec", "--", *words)


def seconds(act: Callable[[], object]) -> float:
    """How long it took."""
    began = time.monotonic()
    act()
    return round(time.monotonic() - began, 1)


def up() -> float:
    """Seconds from nothing (images and releases cached) to a cloud that answers; of a healthy one: to know it."""
    return seconds(lambda: liftlock("lab", "up", "--series", "2025.1"))


def down() -> dict[str, Any]:
    """Seconds, and what is left of the lab on the machine."""
    took = seconds(lambda: liftlock("lab", "down"))
    return {"seconds": took, "left": list(leftovers(LabPlace.from_environment()))}


def idle(folder: Path) -> dict[str, Any]:
    """What the prober says about a lab that nobody touches."""
    out = str(folder / "idle")
    bastion("liftlock", "probe", "run", "--cloud", "probe", "--seconds", str(IDLE_S), "--out", out)
    return felt(json.loads((folder / "idle" / "summary.json").read_text()))


def felt(summary: dict[str, Any]) -> dict[str, Any]:
    """A prober's summary without the lists."""
    one = ("total", "failed", "outage_s", "worst_gap_ms", "p50_ms", "p95_ms")
    services = {name: {k: numbers[k] for k in one} for name, numbers in summary["services"].items()}
    whole = ("requests_total", "requests_failed", "requests_per_s", "connections", "writes", "not_probed")
    return {**{k: summary[k] for k in whole}, "services": services}


def demo(folder: Path) -> dict[str, Any]:
    """`make demo` on cached images: its seconds, and the report of its upgrade in place."""
    environment = {**os.environ, "DEMO_RESULTS": str(folder / "demo")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    took = seconds(lambda: subprocess.run([ROOT / "tools" / "demo.sh"], env=environment, check=True))
    report = json.loads(
        bastion("liftlock", "report", "--probes", str(folder / "demo" / "probes"), "-f", "json")
    )
    return {"seconds": took, "report": report}


def restore(folder: Path) -> dict[str, Any]:
    """Seconds back to the release of before; fails if users' things are not what they were."""
    took = seconds(lambda: bastion("liftlock", "restore", "--yes-lose-writes-of", "lab"))
    bastion("liftlock", "verify")
    compared = bastion(
        "liftlock", "lab", "tenants", "compare", "--saved", str(folder / "demo" / "before.json")
    )
    return {"seconds": took, "users_things": compared.strip()}


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    load = [round(one, 1) for one in os.getloadavg()]
    return {"cores": os.cpu_count(), "memory_mib": memory, "kernel": platform.release(), "load_before": load}


def commit() -> str:
    """Short id of the commit, with a mark if files differ from it."""
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """All figures, in the order in which an operator would live through them; each is written at once."""
    found: dict[str, Any] = {"commit": commit(), "date": datetime.now(UTC).isoformat(timespec="seconds")}
    found["machine"] = machine()
    folder = Path(tempfile.mkdtemp(prefix="liftlock-evidence-", dir="/var/tmp"))
    file = ROOT / "docs" / "evidence" / f"{ISSUE}-{found['commit']}.json"
    file.parent.mkdir(exist_ok=True)
    figures: dict[str, Callable[[], object]] = {
        "up_from_nothing_seconds": up,
        "up_again_seconds": up,
        "idle": lambda: idle(folder),
        "demo": lambda: demo(folder),
        "restore": lambda: restore(folder),
        "down": down,
    }
    liftlock("lab", "down")
    for name, figure in figures.items():
        found[name] = figure()
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print(f"written to {file}; logs are in {folder}")


if __name__ == "__main__":
    main()
