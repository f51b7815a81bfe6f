"""On a balancer host: what HAProxy's runtime socket says."""

from __future__ import annotations

import json
import re
import socket as sockets
import sys
from pathlib import Path


def command(path: str, words: str) -> str:
    """Its answer to one command; it closes the connection afterwards."""
    try:
        with sockets.socket(sockets.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(path)
            line.sendall(f"{words}\n".encode())
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()
    except OSError as problem:
        return sys.exit(f"HAProxy's socket {path} does not answer: {problem.strerror or problem}")


def told_in_files(folder: str) -> dict[str, object]:
    """What its configuration says about reloads, retries and checks; nothing if there is none where it usually lies."""
    files = sorted(Path(folder).glob("*.cfg")) if Path(folder).is_dir() else []
    lines = [x.split("#")[0].split() for file in files for x in file.read_text(errors="replace").splitlines()]
    if not lines:
        return {}
    retries = [x[1:] for x in lines if x[:1] == ["retry-on"]]
    patience = [milliseconds(x[2]) for x in lines if x[:2] == ["timeout", "check"] and len(x) > 2]
    loads = [x[1] for x in lines if x[:1] == ["load-server-state-from-file"] and len(x) > 1]
    stored = any(x[:1] in (["server-state-file"], ["server-state-base"]) for x in lines)
    return {
        "keeps_state": stored and bool(loads) and "none" not in loads,
        "retries_on": sorted({word for words in retries for word in words}),
        "check_s": min(patience, default=0) / 1000,
    }


UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000, "h": 3.6e6, "d": 8.64e7}
"""Of HAProxy's times, in milliseconds."""


def milliseconds(word: str) -> int:
    """A time of HAProxy's configuration: milliseconds, unless it has another unit."""
    found = re.fullmatch(r"(\d+)(us|ms|s|m|h|d)?", word)
    return int(int(found[1]) * UNITS[found[2] or "ms"]) if found else 0


def main(*, socket: str, folder: str = "/etc/haproxy") -> None:
    """Print state, numbers and what its files say."""
    seen = {"info": command(socket, "show info"), "stat": command(socket, "show stat")}
    print(json.dumps({**seen, "files": told_in_files(folder)}))
