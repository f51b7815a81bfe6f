"""In a release's own environment: every option and policy rule that its packages declare, package by package.

Started with the release's own Python. Packages are asked in processes of their own, since services register different
options of one name, and each entry point by itself, since one import that fails (a driver's library is not there) would
lose the rest: what cannot be asked is told, with the reason. Entry points are taken by package and address and not by
name: os_vif 5.2.0 announces its options under the name of another package, `oslo.cache`.

What depends on the machine (its name, its address, where Python lies) is written as a word in angle brackets.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import lzma
import os
import re
import socket
import subprocess
import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

GROUPS = {"oslo.config.opts": "options", "oslo.policy.policies": "rules", "keystoneauth1.plugin": "logins"}
"""Group of entry points -> what they declare: options, policy rules, options of ways to log in."""
OF_TESTS = "test"
"""In the address of an entry point: options of a test suite, of which no service reads any."""
PATIENCE_S = 600


def announced() -> dict[str, list[tuple[str, str, str]]]:
    """`package version` -> (kind, name, address) of its entry points."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for package in metadata.distributions():
        title = f"{package.metadata['Name']} {package.version}"
        for point in package.entry_points:
            if point.group in GROUPS and OF_TESTS not in point.value:
                found.setdefault(title, []).append((GROUPS[point.group], point.name, point.value))
    return {title: sorted(found[title]) for title in sorted(found)}


def called(address: str) -> Any:
    """What the object at `module:name` returns when it is called."""
    module, _, names = address.partition(":")
    wanted: Any = importlib.import_module(module)
    for name in names.split("."):
        wanted = getattr(wanted, name)
    return wanted()


@lru_cache(maxsize=None)  # noqa: UP033  `cache` came with Python 3.9
def here() -> list[tuple[str, str]]:
    """(text, word) of what differs from machine to machine, longest text first."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: the kernel only chooses the address it would send from (oslo.utils does it so, too).
        probe.connect(("192.0.2.1", 9))
        address = probe.getsockname()[0]
        return [*places(), *([(address, "<address>")] if not address.startswith("127.") else [])]
    return places()


def places() -> list[tuple[str, str]]:
    """Folders of this environment and this account, and names of this machine."""
    found = {sys.prefix: "<release>", str(Path.home()): "<home>", str(Path.cwd()): "<folder>"}
    found.update(dict.fromkeys({socket.gethostname(), socket.getfqdn()} - {"localhost"}, "<host>"))
    return sorted(((text, word) for text, word in found.items() if len(text) > 1), key=lambda p: -len(p[0]))


def plain(value: Any) -> Any:
    """A default as a text or, for what may be given several times, as texts; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ",".join(f"{key}:{value[key]}" for key in sorted(value))
    if isinstance(value, (list, tuple, set)):
        return ",".join(str(one) for one in value)
    text = str(value)
    for found, word in here():
        # Whole words only: a machine may be called `vm`, and there is `lvm` and `kvm`.
        text = re.sub(rf"(?<![\w.-]){re.escape(found)}(?![\w-])", word, text)
    return text


def limits(kind: Any) -> dict[str, Any]:
    """What a type of oslo.config accepts, as far as it can be told without its code."""
    found: dict[str, Any] = {"type": getattr(kind, "type_name", "") or getattr(kind, "__name__", "unknown")}
    inner = getattr(kind, "item_type", kind)
    if inner is not kind:
        found["list"] = True
    choices = getattr(inner, "choices", None)
    if choices:
        found["choices"] = [str(choice) for choice in choices]
        found["any_case"] = bool(getattr(inner, "ignore_case", False))
    for end in ("min", "max"):
        value = getattr(inner, end, None)
        if isinstance(value, (int, float)) and not callable(value):
            found[end] = value
    return found


def aliases(found: Any) -> list[tuple[str, str]]:
    """(section, name) under which the option is read as well, each once; oslo.config adds names without dashes."""
    names = [
        (old.group or "", (old.name or found.dest).replace("-", "_"))
        for old in found.deprecated_opts
        if old.name or old.group
    ]
    return list(dict.fromkeys(names))


def option(found: Any, group: Any) -> dict[str, Any]:
    """One option as it stands in files."""
    sample = getattr(found, "sample_default", None)
    told = {
        "section": getattr(group, "name", group) or "DEFAULT",
        "name": found.dest,
        **limits(found.type),
        "default": plain(found.default if sample is None else sample),
        "multi": bool(found.multi),
        "aliases": [list(one) for one in aliases(found)],
        "leaving": bool(found.deprecated_for_removal),
        "since": str(found.deprecated_since or ""),
        "why": " ".join(str(found.deprecated_reason or "").split()),
        "required": bool(found.required),
        "secret": bool(found.secret),
        "template": bool(getattr(group, "driver_option", "") or getattr(group, "dynamic_group_owner", "")),
    }
    return {key: value for key, value in told.items() if value not in (False, "", [])}


def rule(found: Any) -> dict[str, Any]:
    """One rule of a policy."""
    old = found.deprecated_rule
    told = {
        "name": found.name,
        "check": str(found.check_str),
        "old_name": old.name if old else "",
        "old_check": str(old.check_str) if old else "",
        "leaving": bool(getattr(found, "deprecated_for_removal", False)),
        "since": str(getattr(old or found, "deprecated_since", "") or ""),
        "why": " ".join(str(getattr(old or found, "deprecated_reason", "") or "").split()),
    }
    return {key: value for key, value in told.items() if value not in (False, "")}


def login(found: Any) -> dict[str, Any]:
    """One option of a way to log in, which stands in whatever section names the way."""
    told = {
        "section": "",
        "name": found.dest,
        "type": "string",
        "aliases": [["", old.name.replace("-", "_")] for old in found.deprecated],
        "secret": bool(found.secret),
    }
    return {key: value for key, value in told.items() if key == "section" or value not in (False, "", [])}


def declared(kind: str, address: str) -> list[dict[str, Any]]:
    """What one entry point declares."""
    answer = called(address)
    if kind == "rules":
        return [rule(found) for found in answer]
    if kind == "logins":
        return [login(found) for found in answer.get_options()]
    return [option(found, group) for group, options in answer for found in options]


def ask_points(points: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Every entry point with what it declares, or with why it cannot be asked."""
    told = []
    for kind, name, address in points:
        entry: dict[str, Any] = {"kind": kind, "name": name, "address": address}
        try:
            entry["declares"] = declared(kind, address)
        except BaseException as error:
            entry["problem"] = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
        told.append(entry)
    return told


def ask_package(program: str, points: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """The same in a process of its own; what libraries print goes to standard error."""
    wish = json.dumps(points).encode()
    words = [sys.executable, "-W", "ignore", "-c", program, "one"]
    try:
        ended = subprocess.run(words, input=wish, stdout=subprocess.PIPE, timeout=PATIENCE_S, check=False)
        told: list[dict[str, Any]] = json.loads(ended.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
        problem = f"the process that asks it did not answer ({type(error).__name__})"
        return [{"kind": k, "name": n, "address": a, "problem": problem} for k, n, a in points]
    return told


def alone() -> None:
    """Answer for one package: entry points on standard input, what they declare as the last line of the output."""
    points = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)
    told = json.dumps(ask_points(points))
    with os.fdopen(answer, "w") as out:
        out.write("\n" + told + "\n")
        out.flush()
    # Threads that a module started when it was imported must not keep the process.
    os._exit(0)


def main(program: str) -> None:
    """Ask every package, and print one JSON object, packed: it is ten times smaller, and its last line."""
    packages = {title: ask_package(program, points) for title, points in announced().items()}
    text = json.dumps({"format": 1, "python": sys.version.split()[0], "packages": packages}, sort_keys=True)
    print("\n" + base64.b64encode(lzma.compress(text.encode())).decode())
