"""The runner killed and replaced on the real lab: what users felt, and whether the run went on as it should.

After each kill the command that `liftlock status` names is typed, whatever it is.
"""

from __future__ import annotations

import calendar
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rounds
import yaml
from kills import await_words
from rounds import LIFTLOCK, bastion, probing

from liftlock.cloud.file import load
from liftlock.drivers.provisioners.nspawn.place import LabPlace

GREEN_SERVES = (
    ": take a backup",
    ": make green's hosts",
    ": expand the databases",
    "start keystone-api on ctl-green: done",
    ": try green",
    ": hand over the services without workers",
    ": hand over the workers",
    ": hand over the other services",
)
"""Words of `run` at which it is killed on the way to green."""
PATIENCE_S = 900.0


@contextmanager
def running(said: Path, words: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a terminal of its own; what it prints goes to a file."""
    command = ["lab", "exec", "--", *words]
    print("$ liftlock", *command, "&", flush=True)
    with said.open("wb") as out, subprocess.Popen([LIFTLOCK, *command], stdout=out, stderr=out) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def cloud_file(name: str = "cloud.yaml") -> Path:
    """A cloud file of the lab's operator."""
    return LabPlace.from_environment().state / name


def runner() -> int:
    """Id of the process that runs."""
    holder = json.loads((load(cloud_file()).state / "journal.db.lock").read_text())
    return int(holder["pid"])


def status() -> dict[str, Any]:
    """What `liftlock status` says."""
    told: dict[str, Any] = json.loads(bastion("liftlock", "status", "-f", "json"))
    return told


def typed(told: str) -> list[str]:
    """The first command in what `status` says to do next."""
    found = re.search(r"`(liftlock [^`]+)`", told)
    assert found, told
    return found[1].split()


def last_seq() -> int:
    """How many lines the journal has."""
    return max((line["Seq"] for line in json.loads(bastion("liftlock", "audit", "-f", "json"))), default=0)


def killed(said: Path, words: Sequence[str], moment: str) -> tuple[dict[str, Any], list[str]]:
    """Type a command and `kill -9` what runs when it says `moment`; what status says then, and what it says to type."""
    with running(said, words) as process:
        await_words(said, moment)
        os.kill(runner(), signal.SIGKILL)
        process.wait(timeout=60)
    told = status()
    following = typed(told["next"])
    return {
        "typed": " ".join(words),
        "killed_at": moment,
        "status": told["status"],
        "next": told["next"],
    }, following


def taken_up(folder: Path, words: list[str], moments: Sequence[str], gate: str) -> list[dict[str, Any]]:
    """Kills one after the other over one command and those that follow from it, then to the gate or the end."""
    found: list[dict[str, Any]] = []
    going = [*words, "--no-wait"]
    for number, moment in enumerate(moments, start=1):
        one, following = killed(folder / f"{gate.split(maxsplit=1)[0]}-{number}.said", going, moment)
        found.append(one)
        going = [*following, "--no-wait"]
    found[-1]["resume_seconds"] = resume_seconds(folder, going)
    ended = status()["status"]
    assert gate in ended, ended
    return found


def resume_seconds(folder: Path, words: list[str]) -> float:
    """From typing the command to its first line in the journal, in seconds; it goes on to its end."""
    before, began = last_seq(), time.time()
    with running(folder / "resumed.said", words) as process:
        process.wait(timeout=PATIENCE_S)
    lines = json.loads(bastion("liftlock", "audit", "-f", "json"))
    first = next(line["At"] for line in lines if line["Seq"] > before)
    return round(calendar.timegm(time.strptime(first, "%Y-%m-%d %H:%M:%S UTC")) - began, 1)


def runner_killed(folder: Path) -> dict[str, Any]:
    """Ten times `kill -9` on the lab that is up: eight on the way to green, one rolling back, one finalizing."""
    plan = folder / "plan.json"
    with probing(folder / "probes") as prober:
        bastion("liftlock", "plan", "--to", "2026.1", "-o", str(plan))
        bastion("liftlock", "approve", str(plan), "--gate", "start")
        run = ["liftlock", "run", str(plan)]
        kills = taken_up(folder, run, GREEN_SERVES, "waits at gate “finalize”")
        bastion("liftlock", "verify")
        one, following = killed(folder / "back.said", ["liftlock", "rollback"], ": put back")
        bastion(*following)
        kills.append(one)
        rounds.upgrade(folder / "plan-2.json")
        one, following = killed(
            folder / "finalize.said", ["liftlock", "finalize", "--cloud", "lab"], ": finalize"
        )
        bastion(*following, "--no-wait")
        kills.append(one)
        bastion("liftlock", "retire", "--cloud", "lab")
        prober.await_(good=1000, calm=10)
        summary = prober.stop()
    return {
        "kills": kills,
        "felt": rounds.felt(summary),
        "writes_lost_or_changed": summary["writes"].get("findings", []),
        "users_things": rounds.tenants_things(folder),
    }


def taken_over(folder: Path) -> dict[str, Any]:
    """The runner stopped in mid-cutover, another bastion in its place, and then the old one awake again."""
    rounds.fresh_lab(folder)
    plan, said = folder / "plan.json", folder / "old.said"
    second = cloud_file("second.yaml")
    second.write_text(yaml.safe_dump({**yaml.safe_load(cloud_file().read_text()), "state": "second"}))
    with probing(folder / "probes") as prober:
        bastion("liftlock", "plan", "--to", "2026.1", "-o", str(plan))
        bastion("liftlock", "approve", str(plan), "--gate", "start")
        with running(said, ["liftlock", "run", str(plan), "--no-wait"]) as old:
            await_words(said, ": hand over the services without workers")
            stopped, pid = time.time(), runner()
            os.kill(pid, signal.SIGSTOP)
            try:
                refused, waited = takeover(second, folder)
                new_waits = json.loads(
                    bastion("liftlock", "status", "-f", "json", "--cloud-file", str(second))
                )
                before = len(there(second))
            finally:
                os.kill(pid, signal.SIGCONT)
            code = old.wait(timeout=120)
        bastion("liftlock", "verify", "--cloud-file", str(second))
        last = said.read_text().strip().splitlines()[-4:]
        assert len(there(second)) == before
        bastion("liftlock", "rollback", "--cloud-file", str(second))
        prober.await_(good=1000, calm=10)
        summary = prober.stop()
    return {
        "refused": refused,
        "taken_over_after_seconds": round(waited - stopped, 1),
        "then": new_waits["status"],
        "old_owner": {"exit_code": code, "last_words": last},
        "felt": rounds.felt(summary),
        "users_things": rounds.tenants_things(folder),
    }


def takeover(second: Path, folder: Path) -> tuple[str, float]:
    """Resume on the other bastion until it is let; how it was refused first, and when it was let."""
    shutil.rmtree(load(second).state, ignore_errors=True)
    shutil.copytree(load(cloud_file()).state, load(second).state)
    command = [LIFTLOCK, "lab", "exec", "--", "liftlock", "resume", "--no-wait", "--cloud-file", str(second)]
    refused = ""
    while True:
        began = time.time()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        (folder / "new.said").write_text(ended.stdout + ended.stderr)
        if "another run holds this cloud" not in ended.stderr:
            return refused, began
        refused = refused or ended.stderr.strip()
        time.sleep(1)


def there(second: Path) -> list[dict[str, Any]]:
    """Lines in the other bastion's journal."""
    lines: list[dict[str, Any]] = json.loads(
        bastion("liftlock", "audit", "-f", "json", "--cloud-file", str(second))
    )
    return lines
