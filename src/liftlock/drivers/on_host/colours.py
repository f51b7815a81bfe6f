"""On a balancer host: change what HAProxy runs, keep it for the next reload, read it back."""

from __future__ import annotations

import fcntl
import json
import os
import socket as sockets
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

# HAProxy 2.6 management guide, 9.3, `show servers state`: columns and bits of the administrative state.
_BACKEND, _OPERATION, _ADMIN, _WEIGHT = 1, 5, 6, 7
_STOPPED, _RUNNING = "0", "2"
_MAINTENANCE, _DRAIN = 0x23, 0x18


def answer(path: str, words: str) -> str:
    """What HAProxy's socket says to one command; raises `OSError` if it is silent."""
    with sockets.socket(sockets.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(path)
        line.sendall(f"{words}\n".encode())
        # The master's socket waits for more unless it hears that there is none.
        line.shutdown(sockets.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b"")).decode(errors="replace")


def replace(path: str, text: str) -> None:
    """Put a file in place in one move."""
    fresh = Path(f"{path}.new")
    with fresh.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(0o644)
    fresh.replace(path)


def share_of(socket: str, share_map: str) -> dict[str, str] | None:
    """The running map, backend -> share; None if the running worker has none."""
    said = answer(socket, f"show map {share_map}").strip()
    if said.startswith("Unknown map"):
        return None
    return {row.split()[1]: row.split()[2] for row in said.splitlines()}


def believable(state: str) -> str:
    """The state of the servers, without the claim that a backend has nobody left who could serve.

    The next worker believes the file until its own checks have passed: written while the last server of a backend was
    taken for dead, it would answer 503 at a reload much later. HAProxy that has no file believes in every server.
    """
    rows = [line.split() for line in state.splitlines()]
    servers = [row for row in rows if len(row) > _WEIGHT and row[0] != "#"]
    held = _MAINTENANCE | _DRAIN
    serving = {
        row[_BACKEND]
        for row in servers
        if row[_OPERATION] != _STOPPED and not int(row[_ADMIN]) & held and row[_WEIGHT] != "0"
    }
    for row in servers:
        if row[_BACKEND] not in serving and not int(row[_ADMIN]) & held:
            row[_OPERATION] = _RUNNING
    return "".join(f"{' '.join(row)}\n" for row in rows)


def keep(socket: str, share_map: str, kept: Mapping[str, Any]) -> None:
    """Write what runs now where a reload finds it: `kept` says where, which backends to add and which to leave out."""
    replace(kept["state_file"], believable(answer(socket, "show servers state")))
    shares = {**kept["add"], **(share_of(socket, share_map) or {})}
    left = {backend: share for backend, share in shares.items() if backend not in kept["leave_out"]}
    replace(share_map, "".join(f"{backend} {share}\n" for backend, share in left.items()))


def old_workers(master: str) -> list[str]:
    """Process ids of the workers that finish kept-alive connections since a reload; none if the master is silent.

    HAProxy 2.6 management guide, 9.4, `show proc` and the prefix `@!<pid>`.
    """
    if not Path(master).exists():
        return []
    try:
        _, _, old = answer(master, "show proc").partition("# old workers")
    except OSError:
        return []
    rows = [row.split() for row in old.partition("# programs")[0].splitlines()]
    return [row[0] for row in rows if row[1:2] == ["worker"]]


def told_by_old_workers(master: str, words: str) -> list[str]:
    """What each of them answers; one that ends meanwhile answers no more."""
    said = []
    for worker in old_workers(master):
        with suppress(OSError):
            said.append(answer(master, f"@!{worker} {words}"))
    return said


def main(
    *,
    socket: str,
    master: str,
    configuration: str,
    share_map: str,
    commands: Sequence[str],
    kept: Mapping[str, Any] | None,
) -> None:
    """Give the commands, keep the result if `kept` says so, print everything as it is afterwards."""
    try:
        for words in commands:
            said = answer(socket, words).strip()
            if said:
                sys.exit(f"HAProxy answers `{words}` with: {said}")
        if kept is not None:
            # One at a time, each with what runs by then: the last one written is the newest.
            with Path(f"{share_map}.lock").open("w") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                keep(socket, share_map, kept)
        for words in commands:
            # What they cannot do they need not.
            told_by_old_workers(master, words)
        info = dict(row.split(": ", 1) for row in answer(socket, "show info").splitlines() if ": " in row)
        seen = {
            "pid": info.get("Pid", ""),
            "stat": answer(socket, "show stat -1 6 -1"),
            "old": told_by_old_workers(master, "show stat -1 4 -1"),
            "state": answer(socket, "show servers state"),
            "shares": share_of(socket, share_map),
        }
    except OSError as problem:
        print(
            json.dumps(
                {"silent": f"HAProxy's socket {socket} does not answer: {problem.strerror or problem}"}
            )
        )
        return
    # surrogateescape: an operator's comment need not be UTF-8.
    text = Path(configuration).read_text(errors="surrogateescape")
    print(json.dumps({**seen, "path": os.path.realpath(configuration), "text": text}))
