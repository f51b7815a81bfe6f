"""Runs inside an enclosure as its first process: starts programs, asks them, and takes all of them along when it ends.

It imports nothing of liftlock, reads one JSON object a line and answers with one. When its standard input ends, so does
it, and with the first process of a namespace the kernel ends all others in it (pid_namespaces(7)).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import http.client
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_HEARD = 6000
"""Bytes of a program's output that are told."""
_SET_FLAGS, _UP = 0x8914, 0x1
"""SIOCSIFFLAGS and IFF_UP (linux/sockios.h, linux/if.h)."""
_BIND, _READ_ONLY, _ALL_BELOW, _HERE = 0x1000, 0x1, 0x8000, -100
"""MS_BIND, MOUNT_ATTR_RDONLY, AT_RECURSIVE, AT_FDCWD (linux/mount.h, linux/fcntl.h)."""
_MOUNT_SETATTR = 442
"""Number of the call on every architecture (Linux 5.12)."""
_PIECE = 1 << 16


class Keeper:
    """What is running here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self._codes: dict[int, int] = {}

    def answer(self, wish: dict[str, Any]) -> dict[str, Any]:
        """What is said to one wish."""
        verb = wish.pop("do")
        told: dict[str, Any] = getattr(self, f"do_{verb}")(**wish)
        return told

    def do_surroundings(self) -> dict[str, Any]:
        """Network devices that there are, and lines of the two tables of routes that lead to one which is not `lo`."""
        devices = [line.split(":")[0].strip() for line in _lines("/proc/net/dev")[2:]]
        routes = [line for line in _lines("/proc/net/route")[1:] if line.split()[0] != "lo"]
        routes += [line for line in _lines("/proc/net/ipv6_route") if line.split()[-1] != "lo"]
        return {"devices": devices, "routes": routes}

    def do_start(self, name: str, words: list[str], surroundings: dict[str, str]) -> dict[str, Any]:
        """Start a program in a session of its own; what it prints goes to a file."""
        with (self._folder / f"{name}.log").open("wb") as log:
            try:
                self._programs[name] = subprocess.Popen(
                    words,
                    env=surroundings,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                return {"problem": f"{words[0]}: {error.strerror}"}
        # Somebody who had this number before may have been buried under it.
        self._codes.pop(self._programs[name].pid, None)
        return {}

    def do_look(self, name: str) -> dict[str, Any]:
        """How a program is: its code if it has ended, and the last of its words."""
        self.reap()
        with (self._folder / f"{name}.log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _HEARD))
            heard = log.read().decode(errors="replace")
        program = self._programs.get(name)
        return {"code": self._codes.get(program.pid) if program else None, "heard": heard}

    def do_knock(self, port: int) -> dict[str, Any]:
        """Whether somebody takes connections on a port of the loopback."""
        with socket.socket() as caller:
            caller.settimeout(1.0)
            return {"listens": caller.connect_ex(("127.0.0.1", port)) == 0}

    def do_stop(self, name: str, patience_s: float) -> dict[str, Any]:
        """End a program and its session: orderly, and after `patience_s` seconds at once."""
        pid = self._programs[name].pid
        for number, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)):
            end = time.monotonic() + wait_s
            _signal(pid, number)
            while pid not in self._codes and time.monotonic() < end:
                time.sleep(0.05)
                self.reap()
        _signal(pid, signal.SIGKILL)
        return {"code": self._codes.get(pid)}

    def do_ask(
        self,
        *,
        method: str,
        port: int,
        path: str,
        headers: dict[str, str],
        body: str,
        patience_s: float,
    ) -> dict[str, Any]:
        """Send one request; the whole answer has to be there in time."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience_s)
        try:
            connection.request(method, path, body.encode() or None, headers)
            connection.sock.settimeout(max(0.1, began + patience_s - time.monotonic()))
            reply = connection.getresponse()
            pieces = []
            while piece := reply.read1(_PIECE):
                pieces.append(piece)
                if time.monotonic() > began + patience_s:
                    raise TimeoutError
            told = {
                "status": reply.status,
                "body": b"".join(pieces).decode(errors="replace"),
                "headers": {name.lower(): value for name, value in reply.getheaders()},
            }
        except TimeoutError:
            told = {"status": 0, "body": f"no answer within {patience_s:.0f} s", "headers": {}}
        except (OSError, http.client.HTTPException) as error:
            told = {"status": 0, "body": f"{type(error).__name__}: {error}", "headers": {}}
        finally:
            connection.close()
        return {**told, "seconds": time.monotonic() - began}

    def reap(self) -> None:
        """Bury whoever has ended; orphans are ours too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self._codes[pid] = os.waitstatus_to_exitcode(status)


def _signal(session: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(session, number)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        # A kernel without IPv6.
        return []


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))


def _read_only_but(folder: str) -> None:
    """Make files read-only for all that runs here, except those in `folder` and in a shared memory of our own."""
    libc = ctypes.CDLL(None, use_errno=True)

    def mounted(source: bytes, target: bytes, kind: bytes | None, flags: int) -> None:
        if libc.mount(source, target, kind, ctypes.c_ulong(flags), None):
            raise _failed("mount", target)

    def changed(target: bytes, flags: int, *, read_only: bool) -> None:
        told = struct.pack("QQQQ", *((_READ_ONLY, 0) if read_only else (0, _READ_ONLY)), 0, 0)
        if libc.syscall(_MOUNT_SETATTR, _HERE, target, flags, told, ctypes.c_size_t(len(told))):
            raise _failed("mount_setattr", target)

    mounted(os.fsencode(folder), os.fsencode(folder), None, _BIND)
    changed(b"/", _ALL_BELOW, read_only=True)
    changed(os.fsencode(folder), 0, read_only=False)
    # POSIX semaphores, which programs with several processes have, live there.
    mounted(b"tmpfs", b"/dev/shm", b"tmpfs", 0)


def _failed(what: str, target: bytes) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what} {target.decode()}: {os.strerror(number)}")


def main(folder: str) -> None:
    """Answer wishes until there are no more."""
    _read_only_but(folder)
    _loopback_up()
    keeper = Keeper(Path(folder))
    said = b""
    while True:
        if not select.select([0], [], [], 0.5)[0]:
            keeper.reap()
            continue
        piece = os.read(0, _PIECE)
        if not piece:
            return
        said += piece
        while b"\n" in said:
            line, said = said.split(b"\n", 1)
            sys.stdout.write(json.dumps(keeper.answer(json.loads(line))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
