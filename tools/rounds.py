"""What is typed on the real lab, again and again: for `make evidence`, `make bench`, and rounds that break something.

Every command line is printed before it is run; one that fails ends everything, after the prober was told to stop.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LIFTLOCK = str(Path(sys.executable).parent / "liftlock")
USUAL_RATE = 8.0
"""Turns of reading per second of a prober: with pages of three requests and writes 12 requests per second in all."""
SERVERS = "--image probe-image --flavor probe-flavor --network probe-net"
"""What the prober's project boots servers from."""


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


def new_lab(folder: Path, source: str = "2025.1") -> None:
    """A lab at `source` that nobody has touched, with tenants' things, which are described in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    liftlock("lab", "down")
    liftlock("lab", "up", "--series", source)
    bastion("liftlock", "lab", "tenants", "make", "--save", str(folder / "before.json"))


def fresh_lab(folder: Path, source: str = "2025.1", target: str = "2026.1") -> None:
    """The same, with the release of `target` built for whatever a lift may put it on."""
    new_lab(folder, source)
    # What is not for the Python of the newer Debian, the lab's green has on blue's (lab/cloudfile.py).
    for image in ("control", "control-trixie") if target >= "2026" else ("control",):
        liftlock("lab", "release", target, "--image", image)


def tenants_things(folder: Path) -> str:
    """That they are unchanged, in words; ends everything if they are not."""
    return bastion("liftlock", "lab", "tenants", "compare", "--saved", str(folder / "before.json")).strip()


class Prober:
    """One that runs, in its own process; it logs into a folder."""

    def __init__(self, running: subprocess.Popen[bytes], folder: Path) -> None:
        self._running = running
        self.folder = folder

    def await_(self, *, good: int = 0, calm: float = 0.0) -> None:
        """Wait for so many good answers in all, and so many seconds without a failure."""
        liftlock("probe", "await", str(self.folder), "--good", str(good), "--calm", str(calm))

    def stop(self) -> Mapping[str, Any]:
        """Let it check all it made, clear it away and sum up; its summary."""
        self._running.send_signal(signal.SIGTERM)
        self._running.wait(timeout=600)
        summary: dict[str, Any] = json.loads((self.folder / "summary.json").read_text())
        return summary

    def requests(self) -> list[dict[str, Any]]:
        """Its log so far."""
        lines = (self.folder / "requests.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]


@contextmanager
def probing(folder: Path, *words: str, rate: float = USUAL_RATE) -> Iterator[Prober]:
    """A prober that is well under way; it is told to stop at the latest when the block ends."""
    command = ["lab", "exec", "--", "liftlock", "probe", "run", "--cloud", "probe"]
    command += ["--rate", str(rate), "--out", str(folder), *words]
    print("$ liftlock", *command, "&", flush=True)
    with subprocess.Popen([LIFTLOCK, *command], stdout=subprocess.DEVNULL) as running:
        prober = Prober(running, folder)
        try:
            prober.await_(good=200, calm=5)
            yield prober
        finally:
            if running.poll() is None:
                running.terminate()


class Burner:
    """A process of ours that wants one core of this machine for itself."""

    def __init__(self, process: int) -> None:
        self.process = process
        self._began = time.monotonic()

    def share(self) -> float:
        """Which part of one core it has got so far: the lab has three times its weight."""
        ticks = sum(int(word) for word in Path(f"/proc/{self.process}/stat").read_text().split()[13:15])
        return round(ticks / os.sysconf("SC_CLK_TCK") / (time.monotonic() - self._began), 2)


@contextmanager
def burning() -> Iterator[Burner]:
    """One core of this machine kept busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as burner:
        try:
            yield Burner(burner.pid)
        finally:
            burner.kill()


def upgrade(plan: Path, strategy: str = "blue_green", *words: str, target: str = "2026.1") -> str:
    """Plan, approve and run: in place to the end, blue/green to the gate `finalize`; returns the run's id."""
    bastion("liftlock", "plan", "--to", target, "--strategy", strategy, *words, "-o", str(plan))
    bastion("liftlock", "approve", str(plan), "--gate", "start")
    bastion("liftlock", "run", str(plan), "--no-wait")
    bastion("liftlock", "verify")
    status = json.loads(bastion("liftlock", "status", "-f", "json"))
    awaited = "waits at gate “finalize”" if strategy == "blue_green" else "finished"
    if awaited not in status["status"]:
        sys.exit(f"the run should have come to “{awaited}”: {status['status']}")
    run: str = status["run"]
    return run


def boot(name: str) -> float:
    """Seconds until the plain client has a new server ACTIVE, listed and deleted again."""
    client = ("openstack", "--os-cloud", "probe", "server")

    def life() -> None:
        bastion(*client, "create", "--wait", *SERVERS.split(), name)
        if name not in bastion(*client, "list", "-f", "value", "-c", "Name"):
            sys.exit(f"{name} is not listed")
        bastion(*client, "delete", "--wait", name)

    return seconds(life)


def rollback(prober: Prober) -> dict[str, Any]:
    """The way back under a prober, until every object it ever made or found was asked for; as the prober sees it."""
    said = time.time()
    bastion("liftlock", "rollback")
    done = time.time()
    # Ends with an error if one object is not as it must be.
    writes = json.loads(bastion("liftlock", "probe", "check-ledger", "--cloud", "probe", str(prober.folder)))
    checked = time.time()
    bastion("liftlock", "verify")
    later = [r for r in prober.requests() if r["t"] >= said and "green" in (r["backend"] or "")]
    # Green is asked for the assets of its own pages for some seconds more: blue has them not.
    on_green = [r["t"] for r in later if r["verb"] != "asset"]
    return {
        "last_request_to_green_seconds": round(max(on_green, default=said) - said, 2),
        "last_asset_of_greens_pages_seconds": round(max((r["t"] for r in later), default=said) - said, 2),
        "rolled_back_seconds": round(done - said, 1),
        "objects_checked_seconds": round(checked - said, 1),
        "objects": writes["stages"],
        "findings": writes["findings"],
    }


def report(run: str, probes: Path) -> dict[str, Any]:
    """What `liftlock report` says about a run."""
    told: dict[str, Any] = json.loads(
        bastion("liftlock", "report", run, "--probes", str(probes), "-f", "json")
    )
    return told


def felt(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A prober's summary without the lists of what went well; every failure by name."""
    one = ("total", "failed", "outage_s", "worst_gap_ms", "p50_ms", "p95_ms")
    services = {name: {k: numbers[k] for k in one} for name, numbers in summary["services"].items()}
    whole = ("requests_total", "requests_failed", "requests_per_s", "connections", "writes", "not_probed")
    return {**{k: summary[k] for k in whole}, "failures": summary["failures"], "services": services}


def between(report: Mapping[str, Any], first: str, last: str) -> float:
    """Seconds from the begin of the stage whose name begins with `first` to the begin of that with `last`."""
    began = {
        words: next(s["began_at"] for s in report["stages"] if s["name"].startswith(words))
        for words in (first, last)
    }
    return round(began[last] - began[first], 1)
