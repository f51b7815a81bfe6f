"""On a host: what it is and what it runs, in one look that changes nothing."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from liftlock.drivers.on_host.below import filesystems, held, libvirt, ovn, qemu, reboot_wanted
from liftlock.drivers.on_host.chosen import configuration_since, names, options, policies
from liftlock.drivers.on_host.inifile import settings
from liftlock.drivers.on_host.itself import addresses, compute_id
from liftlock.drivers.on_host.keysets import key_sets
from liftlock.drivers.on_host.loaded import running
from liftlock.drivers.on_host.trees import digest

ONE_SHOTS = re.compile(r"-(manage|status|rootwrap|rootwrap-daemon)$")
"""Programs an operator runs by hand; they end by themselves."""
SITES = ("usr/lib*/python3*/*-packages/*-info", "usr/local/lib*/python3*/*-packages/*-info")
"""Where distributions keep what is installed for their own Python; what was put there by hand counts more."""
INFO = re.compile(r"(.+?)-(\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info")
"""Name and version in the name of a package's folder: `nova-31.0.0.egg-info`."""


def system() -> str:
    """Distribution and version, `debian 12`."""
    lines = Path("/etc/os-release").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    words = (found.get(key, "").strip("\"'") for key in ("ID", "VERSION_ID"))
    return " ".join(w for w in words if w)


def memory() -> tuple[int, int]:
    """Memory of the host and what is available of it, in MiB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines}
    return found["MemTotal"], found.get("MemAvailable", 0)


def free_mib(directory: str) -> int:
    """Room for more in the file system `directory` is in, or will be in, in MiB."""
    path = Path(directory)
    while not path.exists():
        path = path.parent
    seen = os.statvfs(path)
    return seen.f_bavail * seen.f_frsize // 2**20


def releases(root: str) -> tuple[str, list[str], float]:
    """The current release, all complete ones, and when another was last chosen."""
    folder = Path(root)
    current = folder / "current"
    names = [p.name for p in folder.iterdir() if p.is_dir() and not p.is_symlink()] if folder.is_dir() else []
    chosen = current.readlink().name if current.is_symlink() else ""
    since = current.lstat().st_mtime if current.is_symlink() else 0.0
    return chosen, sorted(n for n in names if not n.startswith(".")), since


def versions(release: Path, deliverables: dict[str, str]) -> dict[str, str]:
    """Deliverable -> version, of those installed in a release; `deliverables` has their names on PyPI as keys."""
    found = {}
    for folder in release.glob("lib/python3*/site-packages/*.dist-info"):
        name, _, version = folder.name[: -len(".dist-info")].partition("-")
        name = re.sub(r"[-_.]+", "-", name).lower()
        if name in deliverables:
            found[deliverables[name]] = version
    return found


def packaged(deliverables: dict[str, str], root: str = "/") -> tuple[dict[str, str], dict[str, float]]:
    """As `versions`, of what the distribution's own packages brought; and since when each is as it is.

    The date of a file is when its package was built: what counts is when it was put here.
    """
    found: dict[str, str] = {}
    since: dict[str, float] = {}
    for folder in SITES:
        for info in sorted(Path(root).glob(folder)):
            name = INFO.fullmatch(info.name)
            key = re.sub(r"[-_.]+", "-", name[1]).lower() if name else ""
            if name and key in deliverables:
                found[deliverables[key]] = name[2]
                since[deliverables[key]] = info.lstat().st_ctime
    return found, since


def show(units: Iterable[str], properties: Iterable[str]) -> list[dict[str, str]]:
    """What the supervisor says about units."""
    asked = [f"--property={','.join(properties)}", "--", *units]
    text = subprocess.run(
        ["systemctl", "show", *asked], stdout=subprocess.PIPE, text=True, check=False
    ).stdout
    return [
        dict(x.split("=", 1) for x in block.splitlines() if "=" in x)
        for block in text.split("\n\n")
        if block.strip()
    ]


def known_units(parts: list[str], root: str) -> list[dict[str, object]]:
    """Name, state, restarts and what is in memory of those parts that have a unit here."""
    wanted = ("Id", "LoadState", "ActiveState", "UnitFileState", "NRestarts", "MainPID")
    return [
        {
            "name": unit["Id"][: -len(".service")],
            "active": unit["ActiveState"] in ("active", "reloading"),
            "enabled": unit["UnitFileState"] in ("enabled", "enabled-runtime"),
            "restarts": int(unit.get("NRestarts") or 0),
            **(running(pid, root) if (pid := int(unit.get("MainPID") or 0)) else {}),
        }
        for unit in show([f"{part}.service" for part in parts], wanted)
        if unit.get("LoadState") == "loaded"
    ]


def strangers(root: str, parts: list[str], deliverables: list[str]) -> list[str]:
    """Running units and programs that look like OpenStack and are no part we know."""
    looks = re.compile(rf"^({'|'.join(map(re.escape, deliverables))})(-[a-z0-9-]+)?(@.*)?$")
    found = {u for u in running_units() if looks.match(u) and u not in parts and not ONE_SHOTS.search(u)}
    for words, unit in programs():
        program = next((Path(w).name for w in words[:2] if looks.match(Path(w).name)), "")
        ours = unit in parts or unit.startswith("liftlock-")
        if ours or ONE_SHOTS.search(program):
            continue
        if program:
            found.add(unit if unit in found or looks.match(unit) else program)
        elif words[0].startswith(f"{root}/") and unit and not unit.startswith(("ssh", "session", "user@")):
            found.add(unit)
    return sorted(found - set(parts))


def running_units() -> Iterator[str]:
    """Names of services that run, without their `.service`."""
    words = [
        "systemctl",
        "list-units",
        "--type=service",
        "--state=active,reloading,activating",
        "--plain",
        "--no-legend",
    ]
    text = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False).stdout
    for line in text.splitlines():
        yield line.split()[0].removesuffix(".service")


def programs() -> Iterator[tuple[list[str], str]]:
    """Words and unit of every program that runs here, without the kernel's own."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
            groups = (folder / "cgroup").read_text()
        except OSError:
            continue
        if words[0]:
            # uwsgi writes its part's name and a space in front of the words.
            units = re.findall(r"/([^/]+)\.(?:service|scope)", groups)
            yield ([*words[0].split(" ")[:2], *words[1:2]], units[-1] if units else "")


def configuration(services: dict[str, list[str]]) -> dict[str, str]:
    """Service -> hash over its configuration; one that has none here is left out."""
    found = {}
    for name, directories in services.items():
        hashes = [digest(d) for d in directories]
        if any(hashes):
            found[name] = hashes[0] if len(hashes) == 1 else " ".join(hashes)
    return found


def queue_options(services: dict[str, list[str]], section: str, names: list[str]) -> dict[str, str]:
    """Service -> the options of these names that it sets in the section; one that sets none is left out."""
    found = {}
    for service, directories in services.items():
        files = [
            p
            for d in directories
            for pattern in ("*.conf", "*.conf.d/*.conf")
            for p in sorted(Path(d).glob(pattern))
        ]
        told = {
            option: value.lower()
            for file in files
            if file.is_file()
            for where, option, value in settings(file.read_text(errors="replace"))
            if where == section and option in names and value
        }
        if told:
            found[service] = " ".join(f"{option}={value}" for option, value in sorted(told.items()))
    return found


def main(
    *,
    root: str,
    parts: list[str],
    on_pypi: dict[str, str],
    deliverables: list[str],
    services: dict[str, list[str]],
    queues: dict[str, list[str]],
    wanted: dict[str, list[list[str]]],
    control: bool,
) -> None:
    """Look, and print."""
    current, present, since = releases(root)
    total, available = memory()
    brought, brought_since = ({}, {}) if current else packaged(on_pypi)
    seen = {
        "system": system(),
        "boot_id": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "cpus": os.cpu_count() or 0,
        "memory_mib": total,
        "memory_free_mib": available,
        "disk_free_mib": free_mib(root),
        "release": current,
        "releases": present,
        "versions": versions(Path(root, current), on_pypi) if current else brought,
        "packaged_since": brought_since,
        "release_since": since,
        "units": known_units(parts, root),
        "strangers": strangers(root, parts, deliverables),
        "configuration": configuration(services),
        "key_sets": (keys := key_sets()),
        "configuration_since": configuration_since(services, keys),
        "policies": policies(services),
        "options": options(services, wanted),
        "settings": names(services) if control else [],
        "addresses": addresses(),
        "compute_id": compute_id(services.get("nova", ())),
        "hostname": socket.gethostname(),
        "python": platform.python_version(),
        "libvirt": libvirt(),
        "qemu": qemu(),
        "ovn": ovn(),
        "held": held(),
        "reboot_wanted": reboot_wanted(),
        "filesystems": filesystems(),
        "queue_options": {
            k: v for section, n in queues.items() for k, v in queue_options(services, section, n).items()
        },
        # Last, so that it lies close to the answer's arrival.
        "clock": time.time(),
    }
    print(json.dumps(seen))
