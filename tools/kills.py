"""Green killed on the real lab, in mid-cutover and after: what failed, what the guard said, and whether blue works.

Each round begins and ends with the lab at 2025.1 on blue.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rounds import LIFTLOCK, Prober, bastion, boot, probing, upgrade

from liftlock.cloud.file import load
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.drivers.provisioners.socket import SocketProvisioner
from liftlock.knowledge.catalogue import services

GREEN = "ctl-green"
APIS = " ".join(api.name for service in services().values() if (api := service.api()))
PATIENCE_S = 600.0
IN_FLIGHT_S = 2.0
"""How long after the kill requests may fail, in seconds: those that the killed processes had taken."""


def on_host(login: str, command: str) -> str:
    """What a command prints on a host, past liftlock; `login` is a whole command line (`ssh root@10.77.0.22`)."""
    place = LabPlace.from_environment()
    program, target = login.split()
    options = ["-n", "-F", "none", "-i", str(place.key), "-o", f"UserKnownHostsFile={place.known_hosts}"]
    return bastion(program, *options, "-o", "LogLevel=ERROR", target, command)


def kill(units: str) -> float:
    """No farewell: every process of the units gets SIGKILL; when, in seconds since the epoch."""
    command = f"date +%s.%N; systemctl kill --kill-whom=all --signal=KILL {units}"
    return float(on_host(f"ssh root@{GREEN}", command))


def cut_power() -> float:
    """The whole host is gone from one moment to the next; which one, in seconds since the epoch."""
    now = time.time()
    provisioner().power_off(GREEN)
    return now


def provisioner() -> SocketProvisioner:
    """Whoever makes the lab's hosts."""
    choice = load(LabPlace.from_environment().state / "cloud.yaml").provisioner
    assert choice
    return SocketProvisioner(choice.socket)


KILLS: Mapping[str, Callable[[], float]] = {
    "one API": lambda: kill("nova-api"),
    "all APIs": lambda: kill(APIS),
    "a worker": lambda: kill("nova-conductor"),
    "the host": cut_power,
}


@contextmanager
def running(plan: Path, probes: Path) -> Iterator[Path]:
    """`liftlock run` in a terminal of its own, which waits at gates and while held; what it prints, as a file."""
    said = plan.with_suffix(".said")
    command = ["lab", "exec", "--", "liftlock", "run", str(plan), "--probes", str(probes)]
    print("$ liftlock", *command, "&", flush=True)
    with said.open("wb") as out, subprocess.Popen([LIFTLOCK, *command], stdout=out, stderr=out) as process:
        try:
            yield said
            process.wait(timeout=PATIENCE_S)
        finally:
            if process.poll() is None:
                process.terminate()


def await_words(said: Path, words: str) -> None:
    """Return when the words stand in what was said."""
    deadline = time.monotonic() + PATIENCE_S
    while words not in said.read_text():
        if time.monotonic() > deadline:
            sys.exit(f"“{words}” was not said in {PATIENCE_S:.0f} s:\n{said.read_text()}")
        time.sleep(0.1)


def round_of(folder: Path, victim: str, moment: str) -> dict[str, Any]:
    """One kill: `moment` are words that `run` says when the time has come."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "plan.json"
    with probing(folder / "probes") as prober:
        bastion("liftlock", "plan", "--to", "2026.1", "-o", str(plan))
        bastion("liftlock", "approve", str(plan), "--gate", "start")
        with running(plan, prober.folder) as said:
            await_words(said, moment)
            killed = KILLS[victim]()
            await_words(said, "on blue again")
            booted = boot(f"kill-{victim.rsplit(maxsplit=1)[-1].lower()}")
            prober.await_(calm=10)
            lines = json.loads(bastion("liftlock", "audit", "-f", "json"))
            bastion("liftlock", "rollback")
            rolled_back = await_standing("rolled back")
        found = after(killed, prober, lines)
        found |= {"boot_list_delete_seconds": booted, "then": rolled_back}
        again = boot("kill-rolled-back")
        prober.await_(calm=5)
        summary = prober.stop()
    late = [f for f in found["failed"] if f["after_s"] > IN_FLIGHT_S]
    return {
        "killed": victim,
        "at": moment,
        **found,
        "failed_later": late,
        "boot_list_delete_after_rollback_seconds": again,
        "requests_total": summary["requests_total"],
        "requests_failed": summary["requests_failed"],
        "writes_lost_or_changed": summary["writes"]["findings"],
    }


def await_standing(words: str) -> str:
    """What `status` says once it says these words."""
    deadline = time.monotonic() + PATIENCE_S
    while words not in (said := json.loads(bastion("liftlock", "status", "-f", "json"))["status"]):
        if time.monotonic() > deadline:
            sys.exit(f"the run is not “{words}”: {said}")
        time.sleep(1)
    return str(said)


def after(killed: float, prober: Prober, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """What followed the kill, by the prober's log and by the journal."""
    failed = [r for r in prober.requests() if r["outcome"] != "ok"]
    held = [line for line in lines if line["Event"] == "held"]
    return {
        "failed": [
            {
                "after_s": round(r["t"] - killed, 2),
                "lasted_s": round(r["latency_ms"] / 1000, 2),
                **{k: r[k] for k in ("service", "verb", "outcome", "backend")},
            }
            for r in failed
        ],
        "journal": [f"{line['At']} {line['Event']} {line['Who']} {line['Detail']}" for line in held],
        "killed_at": time.strftime("%H:%M:%S", time.localtime(killed)),
    }


AFTER = "gate “finalize”:"
MIDWAY = "hand over the workers"
BOTH = "start nova-conductor on ctl-green: done"
ROUNDS = (
    ("a worker", BOTH),
    ("all APIs", MIDWAY),
    ("the host", MIDWAY),
    ("one API", MIDWAY),
    ("the host", AFTER),
    ("all APIs", AFTER),
    ("a worker", AFTER),
    ("one API", AFTER),
)


def kills(folder: Path) -> list[dict[str, Any]]:
    """Every round, one after the other, on the lab that is up."""
    told = []
    for number, (victim, moment) in enumerate(ROUNDS, start=1):
        told.append(round_of(folder / str(number), victim, moment))
        print(json.dumps(told[-1], indent=1, ensure_ascii=False), flush=True)
    return told


def lost_bastion(folder: Path) -> dict[str, Any]:
    """Back to blue by the page that came with the plan, typed line by line; then a bastion finishes it."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "plan.json"
    with probing(folder / "probes") as prober:
        upgrade(plan)
        began = time.time()
        seen: dict[str, str] = {}
        for page in json.loads(plan.read_text())["plan"]["by_hand"]:
            if "a minute later" in page["title"]:
                time.sleep(60)
            for command in page["commands"]:
                on_host(page["login"], command)
            # `is-active` ends with an error where it says `inactive`, as it should.
            seen[page["title"]] = on_host(page["login"], f"{page['look']} || true")
        typed = time.time()
        on_green = [r["t"] for r in prober.requests() if "green" in (r["backend"] or "")]
        booted = boot("typed-by-hand")
        bastion("liftlock", "rollback")
        prober.await_(calm=5)
        summary = prober.stop()
    return {
        "typed_seconds": round(typed - began, 1),
        "last_request_to_green_seconds": round(max(on_green) - began, 1),
        "seen": seen,
        "boot_list_delete_seconds": booted,
        "requests_total": summary["requests_total"],
        "requests_failed": summary["requests_failed"],
        "failures": summary["failures"],
        "writes_lost_or_changed": summary["writes"]["findings"],
    }


if __name__ == "__main__":
    kills(Path(sys.argv[1]))
