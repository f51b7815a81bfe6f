"""The power supply of one host: a process that boots it, boots it again when it reboots, and ends when it is off.

    python -m liftlock.drivers.provisioners.nspawn.power SEAT.json

It must be started in a private mount namespace (`machine.in_private_mounts`): the host's disk and network hang
on that namespace alone and vanish with it. It prints `on` when the host has been switched on.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from liftlock.drivers.provisioners.nspawn import cgroups, fabric
from liftlock.drivers.provisioners.nspawn.machine import run

REBOOT = 133
"""Exit code of systemd-nspawn when the host asked for a reboot (seen with 252 and `--keep-unit`)."""

SYSTEM_CALLS = "@default @system-service @mount @privileged @raw-io @debug @module @swap @reboot bpf"

PRIVATE = Path("/run/systemd")
"""Covered by a tmpfs for each host: nspawn keeps state there and would find another host's."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What the power supply needs to know; kept as JSON in the host's folder."""

    name: str
    machine: str
    """The host's name with the lab's prefix: unique on this machine."""
    folder: str
    """The host's folder, with `upper`, `work` and `root` in it."""
    layers: tuple[str, ...]
    """Read-only trees below its own disk, uppermost first."""
    fabric: str
    """Network namespace with the switch."""
    mac: str
    addresses: tuple[str, ...]
    """With prefix length: `10.77.0.21/24`."""
    binds: tuple[str, ...]
    """Folders of this machine seen by the host, `FROM:TO`."""
    cgroup: str

    def save(self, path: Path) -> None:
        """Write it for `load`."""
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> Seat:
        """Read what `save` wrote."""
        fields: dict[str, Any] = json.loads(path.read_text())
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
        return cls(**values)


def main() -> int:
    """Supply the host whose seat is named on the command line."""
    seat = Seat.load(Path(sys.argv[1]))
    group = Path(seat.cgroup)
    cgroups.join(group / "power")
    with Path(seat.folder, "power.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce()  # another supply was faster
            return 0
        # A supply that was killed may have left the host running without one.
        cgroups.kill(group / "machine")
        insert_disk(seat)
        while boot(seat) == REBOOT:
            sys.stderr.write(f"{seat.name} reboots\n")
    sys.stderr.write(f"{seat.name} is off\n")
    return 0


def insert_disk(seat: Seat) -> None:
    """Mount the host's disk over its read-only layers, and cover nspawn's own state."""
    folder = Path(seat.folder)
    run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", PRIVATE)
    options = f"lowerdir={':'.join(seat.layers)},upperdir={folder}/upper,workdir={folder}/work"
    run("mount", "-t", "overlay", "-o", options, seat.machine, folder / "root")


def boot(seat: Seat) -> int:
    """Plug the host in and run it until it is off; the exit code of systemd-nspawn."""
    network = PRIVATE / "host-network"
    fabric.plug_in(seat.fabric, seat.name, network, seat.mac, seat.addresses)
    group = Path(seat.cgroup, "machine")
    group.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
        "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
        "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1",
        "SYSTEMD_NSPAWN_LOCK": "0",
    }
    share = cgroups.processor_share(Path(seat.cgroup))
    # Born in its own groups, and dead if this process dies: a host without power supply could not reboot.
    into_groups = ["sh", "-c", 'echo $$ > "$0"; echo $$ > "$1" && shift && exec "$@"']
    into_groups += [str(one / "cgroup.procs") for one in (share, group)]
    command = [*into_groups, "setpriv", "--pdeathsig", "KILL", *nspawn_command(seat, network)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr) as host:
        announce()
        code = host.wait()
    fabric.unplug(seat.fabric, seat.name)
    return code


def nspawn_command(seat: Seat, network: Path) -> list[str]:
    """The command line that boots the host in the network namespace at `network`."""
    command = ["systemd-nspawn", "--quiet", "-D", f"{seat.folder}/root", "-M", seat.machine]
    command += [f"--hostname={seat.name}", "--boot", "--register=no", "--keep-unit"]
    command += [f"--network-namespace-path={network}", "--capability=all"]
    command += [f"--system-call-filter={SYSTEM_CALLS}", "--resolv-conf=off", "--timezone=off"]
    command += ["--console=pipe", "--link-journal=no"]
    command += [f"--bind={bind}" for bind in seat.binds]
    if Path("/dev/net/tun").exists():
        command.append("--bind=/dev/net/tun")
    return command


def announce() -> None:
    """Tell whoever waits for it that the host is on, and hang up: from now on output goes to the log."""
    os.write(1, b"on\n")
    os.dup2(2, 1)


if __name__ == "__main__":
    sys.exit(main())
