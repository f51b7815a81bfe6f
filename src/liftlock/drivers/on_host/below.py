"""On a host: what lies below OpenStack: Python, libvirt, QEMU, OVN, packages that are held, file systems."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

ON_DISK = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "overlay")
"""File systems that are looked at: one behind a network could keep us waiting for ever."""
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/libexec"


def told_version(program: str) -> str:
    """The version that a program tells of itself; empty if it is not there or says none."""
    path = shutil.which(program, path=SEARCHED)
    if not path:
        return ""
    try:
        ended = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+(\.\d+)?", ended.stdout)
    return found[0] if found else ""


def libvirt() -> str:
    """Version of libvirt's daemon: one for all, or one for QEMU."""
    return told_version("libvirtd") or told_version("virtqemud")


def qemu() -> str:
    """Version of the emulator of this machine's own kind, under the names distributions give it."""
    return told_version(f"qemu-system-{platform.machine()}") or told_version("qemu-kvm")


def ovn() -> dict[str, str]:
    """Versions of OVN's programs that are here, and whether the controller insists on its own version of northd."""
    programs = {"northd": "ovn-northd", "controller": "ovn-controller"}
    found = {name: version for name, program in programs.items() if (version := told_version(program))}
    if "controller" in found and matches_northd():
        found["match"] = "true"
    return found


def matches_northd() -> bool:
    """Whether `ovn-match-northd-version` is set (ovn-controller(8), since OVN 20.12)."""
    path = shutil.which("ovs-vsctl", path=SEARCHED)
    words = [
        "--timeout=5",
        "--if-exists",
        "get",
        "Open_vSwitch",
        ".",
        "external_ids:ovn-match-northd-version",
    ]
    try:
        ended = subprocess.run([path or "", *words], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.stdout.strip().strip('"') == "true"


def held(root: str = "/") -> list[str]:
    """Packages that dpkg was told to hold; none where there is no dpkg."""
    path = shutil.which("dpkg", path=SEARCHED)
    words = [f"--admindir={root.rstrip('/')}/var/lib/dpkg", "--get-selections"]
    try:
        ended = subprocess.run([path or "", *words], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    rows = (line.split() for line in ended.stdout.splitlines())
    return sorted(row[0] for row in rows if row[1:] == ["hold"])


def reboot_wanted() -> bool:
    """Whether a package asked for a reboot (Debian and its like)."""
    return Path("/run/reboot-required").exists()


def filesystems() -> list[dict[str, object]]:
    """Every file system on a disk: where it is mounted first, and where first without writing."""
    found: list[dict[str, object]] = []
    seen = set()
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, path, kind, words = line.split()[:4]
        if kind not in ON_DISK:
            continue
        path = path.replace("\\040", " ")
        try:
            device, room = Path(path).stat().st_dev, os.statvfs(path)
        except OSError:
            continue
        writable = "ro" not in words.split(",")
        if (device, writable) not in seen and room.f_blocks:
            seen.add((device, writable))
            found.append(
                {
                    "path": path,
                    "size_mib": room.f_blocks * room.f_frsize // 2**20,
                    "free_mib": room.f_bavail * room.f_frsize // 2**20,
                    "inodes_free_percent": 100 * room.f_favail // room.f_files if room.f_files else 100,
                    "writable": writable,
                }
            )
    return found
