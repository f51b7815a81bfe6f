"""The cloud broken in twelve ways while one lift goes on, on the real lab: what users felt, and how liftlock led out.

After each fault the command that `liftlock status` names is typed, whatever it is. A round begins and ends with the lab
at 2025.1 on blue.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faults import status, typed
from kills import GREEN, cut_power, on_host
from rounds import LIFTLOCK, Prober, bastion, boot, probing, tenants_things

PATIENCE_S = 900.0
BASTION = "10.77.0.2"
"""Address of the lab's bastion."""
CUT_S = 60
"""How long the bastion cannot reach green, in seconds."""
READ_ONLY_S = 15
CABLE_S = 25
INDEX = "uniq_network_segment_ranges"
"""Name that neutron's second new migration on the way to 2026.1 gives to a key (revision b1bca967e19d)."""
AFTERMATH_S = 90.0
"""How long after a fault a failed request is counted as its own, in seconds; the next fault ends it earlier."""


class Lift:
    """One lift under a prober, and the operator who types what `status` tells her."""

    def __init__(self, folder: Path, prober: Prober) -> None:
        self._folder = folder
        self._prober = prober
        self._process: subprocess.Popen[bytes] | None = None
        self._said = folder / "0.said"
        self._heard = 0
        """How much of it was said before a command was typed last."""
        self.told: list[dict[str, Any]] = []

    def goes(self, words: Sequence[str]) -> None:
        """Type a command that stays; what it prints goes to a file of its own."""
        self._heard = 0
        self._said = self._folder / f"{len(list(self._folder.glob('*.said')))}.said"
        command = ["lab", "exec", "--", *words]
        print("$ liftlock", *command, "&", flush=True)
        with self._said.open("wb") as out:
            self._process = subprocess.Popen([LIFTLOCK, *command], stdout=out, stderr=out)

    def ends(self) -> None:
        """Tell what still runs to stop."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=60)

    def comes_to(self, words: str) -> None:
        """Return when the run has said these words once and goes on; it is led out of what holds it.

        What is done already is not said again by a run that is resumed.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not (said := words in self._ever()) or self._held():
            if self._held() or (self._gone() and not said):
                self.told.append(self._led_out(f"on the way to “{words}”", time.time()))
            self._watch(deadline, words)

    def comes_to_gate(self, gate: str) -> None:
        """Return when `status` says that the run waits there; it is led out of what holds it."""
        deadline = time.monotonic() + PATIENCE_S
        while f"waits at gate “{gate}”" not in status()["status"]:
            if self._held() or self._gone():
                self.told.append(self._led_out(f"on the way to the gate “{gate}”", time.time()))
            self._watch(deadline, gate)

    @contextmanager
    def fault(self, name: str) -> Iterator[dict[str, Any]]:
        """What is done within the block is a fault of this name; what the run makes of it is looked at later."""
        print(f"## {name}", flush=True)
        found: dict[str, Any] = {"fault": name, "at": time.time()}
        self.told.append(found)
        yield found

    def held_by(self, name: str, mend: Callable[[], object]) -> None:
        """The run must stop by itself because of that fault; it is mended, and what `status` names is typed."""
        found = next(one for one in self.told if one["fault"] == name)
        deadline = time.monotonic() + PATIENCE_S
        while not self._gone() and not self._held():
            self._watch(deadline, f"a hold because of “{name}”")
        mend()
        found |= self._led_out(name, found["at"])

    def _led_out(self, name: str, at: float) -> dict[str, Any]:
        told = status()
        words = typed(told["next"])
        found = {"fault": name, "at": at, "held_after_s": round(time.time() - at, 1)}
        found |= {key: told[key] for key in ("assessment", "status", "next") if key in told}
        self._heard = len(self._said.read_text())
        if self._gone():
            self.goes(words)
        else:
            bastion(*words)
            deadline = time.monotonic() + PATIENCE_S
            while not self._gone() and not self._news():
                self._watch(deadline, f"an answer to `{' '.join(words)}`")
        return found

    def _ever(self) -> str:
        return "".join(said.read_text() for said in self._folder.glob("*.said"))

    def _news(self) -> str:
        return self._said.read_text()[self._heard :]

    def _gone(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _held(self) -> bool:
        """Whether it stays there, held by a guard; after a step that failed it ends."""
        return "  held by guard " in (self._said.read_text().strip().splitlines() or [""])[-1]

    def _watch(self, deadline: float, awaited: str) -> None:
        if time.monotonic() > deadline:
            sys.exit(f"waited in vain for {awaited}:\n{self._said.read_text()[-3000:]}")
        time.sleep(0.2)

    def failures(self) -> list[dict[str, Any]]:
        """Failed requests by the fault they came after, by service and by what came of them."""
        counted: Counter[tuple[str, ...]] = Counter()
        last_after: dict[tuple[str, ...], float] = {}
        for request in self._prober.requests():
            if request["outcome"] == "ok":
                continue
            before = [f for f in self.told if f["at"] - 1 <= request["t"] + request["latency_ms"] / 1000]
            fault = before[-1] if before else {"fault": "", "at": request["t"]}
            what = (fault["fault"], request["service"], request["outcome"][:60])
            counted[what] += 1
            last_after[what] = round(request["t"] - fault["at"], 1)
        return [
            {"after": after, "service": service, "outcome": outcome, "requests": number, "last_after_s": last}
            for (after, service, outcome), number in counted.items()
            for last in (last_after[after, service, outcome],)
        ]


def sql(statement: str) -> str:
    """What MariaDB's root is told on the database host."""
    return on_host("ssh root@db1", f'mariadb -N -e "{statement}"')


def fill_disk() -> None:
    """The place of the database host where copies are written has room for nothing."""
    on_host(
        "ssh root@db1", "mkdir -p /var/tmp/liftlock && mount -t tmpfs -o size=64k tmpfs /var/tmp/liftlock"
    )


def free_disk() -> None:
    """As before."""
    on_host("ssh root@db1", "umount /var/tmp/liftlock")


def plant_index() -> None:
    """The second of neutron's new migrations fails, after the first has changed the database."""
    sql(f"ALTER TABLE neutron.network_segment_ranges ADD INDEX {INDEX} (minimum)")


def pull_index() -> None:
    """As before."""
    sql(f"ALTER TABLE neutron.network_segment_ranges DROP INDEX {INDEX}")


def stop_command(plan: Path, found: dict[str, Any]) -> None:
    """A migration that hangs until `status` says so, and then goes on; and neutron's API on green cannot be loaded."""
    unloadable = "sed -i 's/^module = \\(no.such.\\)*/module = no.such./' /etc/neutron/uwsgi.ini"
    found_by = "pgrep -f 'neutron-db-manage.* upgrade [-]-expand'"
    # One that is about to become another program may be gone when it is told to stop.
    stop = (
        f"until {found_by} | xargs kill -STOP; do sleep 0.1; done; sleep 0.5; {found_by} | xargs kill -STOP"
    )
    on_host(f"ssh root@{GREEN}", f'{unloadable}; systemd-run --quiet bash -c "{stop}"')
    bastion("liftlock", "approve", str(plan), "--gate", "start")
    deadline = time.monotonic() + PATIENCE_S
    while status()["assessment"] not in ("slow", "stalled"):
        if time.monotonic() > deadline:
            sys.exit("a command hangs, and status does not say so")
        time.sleep(1)
    told = status()
    found |= {key: told[key] for key in ("assessment", "status", "next")}
    found["told_after_s"] = round(time.time() - found["at"], 1)
    on_host(f"ssh root@{GREEN}", f"{found_by} | xargs kill -CONT")


def mend_api() -> None:
    """neutron's API can be loaded again."""
    on_host(f"ssh root@{GREEN}", "sed -i 's/^module = \\(no.such.\\)*/module = /' /etc/neutron/uwsgi.ini")


def for_a_while(host: str, begin: str, end: str, seconds: int) -> None:
    """Something on a host for so many seconds, by the host itself: it may be out of reach meanwhile."""
    on_host(f"ssh root@{host}", f"systemd-run --quiet sh -c '{begin}; sleep {seconds}; {end}'")


def broken(folder: Path) -> dict[str, Any]:
    """One round on the lab that is up: twelve faults in one lift, then back."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "plan.json"
    with probing(folder / "probes") as prober:
        bastion("liftlock", "plan", "--to", "2026.1", "-o", str(plan))
        lift = Lift(folder, prober)
        try:
            before_the_cutover(lift, plan)
            in_the_cutover(lift)
            at_the_gate(lift)
        finally:
            lift.ends()
        if "rolled back" not in status()["status"]:
            bastion("liftlock", "rollback")
        bastion("liftlock", "verify")
        booted = boot("broken-rolled-back")
        prober.await_(calm=10)
        summary = prober.stop()
    named = json.loads(bastion("liftlock", "report", "--probes", str(prober.folder), "-f", "json"))
    return {
        "faults": lift.told,
        "requests_total": summary["requests_total"],
        "requests_failed": summary["requests_failed"],
        "named_by_the_report": len(named["failed_requests"]),
        "failures": lift.failures(),
        "writes_lost_or_changed": summary["writes"]["findings"],
        "boot_list_delete_after_rollback_seconds": booted,
        "users_things": tenants_things(folder),
    }


def before_the_cutover(lift: Lift, plan: Path) -> None:
    """A full disk, a migration that fails half way, a command that hangs, a green that never gets healthy."""
    full, half, never = (
        "the disk of the backup host is full",
        "a migration fails half way",
        "green never becomes healthy",
    )
    plant_index()
    with lift.fault(full):
        fill_disk()
    lift.goes(["liftlock", "run", str(plan), "--probes", str(plan.parent / "probes")])
    lift.held_by(full, free_disk)
    lift.comes_to_gate("start")
    with lift.fault("a command hangs") as found:
        stop_command(plan, found)
    with lift.fault(half):
        lift.held_by(half, pull_index)
    with lift.fault(never):
        lift.held_by(never, mend_api)
    lift.comes_to(": hand over the services without workers")


def in_the_cutover(lift: Lift) -> None:
    """What everybody leans on goes away for a while in the middle of the handover."""
    with lift.fault("the database is read-only"):
        sql("SET GLOBAL read_only = ON")
        time.sleep(READ_ONLY_S)
        sql("SET GLOBAL read_only = OFF")
    lift.comes_to(": hand over the workers")
    with lift.fault("HAProxy is reloaded"):
        on_host("ssh root@lb1", "systemctl reload haproxy")
    lift.comes_to("start nova-scheduler on ctl-green: done")
    with lift.fault("RabbitMQ is restarted"):
        on_host("ssh root@db1", "systemctl restart rabbitmq-server")
    lift.comes_to("start nova-conductor on ctl-green: done")
    with lift.fault("the bastion cannot reach green for a minute"):
        for_a_while(GREEN, f"ip route add blackhole {BASTION}", f"ip route del blackhole {BASTION}", CUT_S)
        time.sleep(CUT_S)
    lift.comes_to(": hand over the other services")
    with lift.fault("memcached is restarted"):
        on_host("ssh root@db1", "systemctl restart memcached")


def at_the_gate(lift: Lift) -> None:
    """The database host boots again, green's cable is pulled, and then its power."""
    lift.comes_to_gate("finalize")
    with lift.fault("db1 is booted again"):
        on_host("ssh root@db1", "systemd-run --quiet --on-active=1 systemctl reboot")
        time.sleep(AFTERMATH_S)
    lift.comes_to_gate("finalize")
    pulled, off = "green's cable is pulled", "green loses its power"
    with lift.fault(pulled):
        for_a_while(GREEN, "ip link set eth0 down", "ip link set eth0 up", CABLE_S)
        time.sleep(CABLE_S)
    lift.held_by(pulled, lambda: None)
    lift.comes_to_gate("finalize")
    with lift.fault(off):
        cut_power()
    lift.held_by(off, lambda: None)


if __name__ == "__main__":
    print(json.dumps(broken(Path(sys.argv[1])), indent=1, ensure_ascii=False))
