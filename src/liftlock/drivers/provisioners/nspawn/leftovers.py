"""Finds what a lab left on the machine: the proof behind `lab down`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from liftlock.drivers.provisioners.nspawn.fabric import NAMESPACES
from liftlock.drivers.provisioners.nspawn.place import LabPlace


def leftovers(place: LabPlace) -> tuple[str, ...]:
    """A sentence per process, mount, network namespace, cgroup or file of the lab that exists; empty after `down`."""
    return (
        *lab_processes(place),
        *lab_mounts(place),
        *lab_namespaces(place),
        *([f"the control group {place.cgroup}"] if place.cgroup.exists() else []),
        *([f"the folder {place.state}"] if place.state.exists() else []),
    )


def lab_processes(place: LabPlace) -> Iterator[str]:
    """Processes in the lab's control group, or with something of the lab on their command line or as their root.

    Processes that have died and wait for a parent that never looks are not counted: they hold nothing.
    """
    # With its slash: a lab in a folder beside ours may begin with the same letters.
    marks = (f"{place.state}/", f"/{place.fabric}", f"/{place.bastion}")
    group = f"/{place.cgroup.name}"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            groups = (folder / "cgroup").read_text().splitlines()
            root = str((folder / "root").readlink())
        except OSError:
            continue  # ended while we looked
        in_group = any(line.startswith(f"0::{group}/") or line == f"0::{group}" for line in groups)
        named = words[0].endswith(("systemd-nspawn", "python", "python3", "unshare")) and any(
            mark in word for mark in marks for word in words[1:]
        )
        if state != "Z" and (in_group or named or root.startswith(f"{place.state}/")):
            yield f"the process {folder.name} ({' '.join(words)[:80]})"


def lab_mounts(place: LabPlace) -> Iterator[str]:
    """Mounts in this machine's own view that lie in the lab's folder or belong to its networks."""
    within = (f"{place.state}/", str(NAMESPACES / place.fabric), str(NAMESPACES / place.bastion))
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        target = line.split(" ")[4]
        if target == str(place.state) or target.startswith(within):
            yield f"the mount {target}"


def lab_namespaces(place: LabPlace) -> Iterator[str]:
    """Named network namespaces of the lab."""
    if NAMESPACES.exists():
        for path in sorted(NAMESPACES.iterdir()):
            if path.name in (place.fabric, place.bastion):
                yield f"the network namespace {path.name}"
