"""Hosts made by somebody who listens on a unix socket, because from here they cannot be made.

One JSON line asks, one answers: `{"verb": "exists", "name": "ctl-green"}`, `{"answer": true}`. Every request may be
made again; an order that takes minutes is answered when it is done.
"""

from __future__ import annotations

import json
import socket
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from liftlock import errors
from liftlock.errors import LiftlockError, StepFailed, Unreachable
from liftlock.ports.provisioner import HostOrder

_PAUSE_S = 0.2


class SocketProvisioner:
    """Keeps the `Provisioner` port, through whoever listens at `path`.

    A connection that breaks or is refused is tried again for `reconnect_s` seconds. An answer is waited for as long as
    the connection lasts, at most `patience_s` seconds: building an image takes minutes. Raises `Unreachable` when
    nobody answers, and what the other side says went wrong.
    """

    def __init__(self, path: Path, *, patience_s: float = 3600.0, reconnect_s: float = 5.0) -> None:
        self._path = path
        self._patience_s = patience_s
        self._reconnect_s = reconnect_s

    def exists(self, name: str) -> bool:
        """Whether the host was made, running or not."""
        return bool(self.ask("exists", name=name))

    def running(self, name: str) -> bool:
        """Whether it is powered on."""
        return bool(self.ask("running", name=name))

    def create(self, order: HostOrder) -> None:
        """Make the host, power it on and wait until it answers; the same order again changes nothing."""
        self.ask("create", order=asdict(order))

    def renew(self, order: HostOrder) -> None:
        """Make the host, anew if it is off, and wait until it answers; the same request again changes nothing."""
        self.ask("renew", order=asdict(order))

    def power_on(self, name: str) -> None:
        """Boot a host that is off, and wait until it answers."""
        self.ask("power_on", name=name)

    def power_off(self, name: str) -> None:
        """Cut its power: nothing on it is asked."""
        self.ask("power_off", name=name)

    def destroy(self, name: str) -> None:
        """Power it off and remove it with its disk; one that does not exist is fine."""
        self.ask("destroy", name=name)

    def ask(self, verb: str, **words: Any) -> Any:
        """The answer to one request."""
        line = json.dumps({"verb": verb, **words}).encode() + b"\n"
        give_up_at = time.monotonic() + self._reconnect_s
        while True:
            try:
                said = self._said_to(line)
            except TimeoutError as late:
                raise self._silent(verb, f"said nothing for {self._patience_s:.0f} s") from late
            except OSError as problem:
                if time.monotonic() >= give_up_at:
                    raise self._silent(verb, problem.strerror or str(problem)) from problem
                time.sleep(_PAUSE_S)
            else:
                return answer_in(said)

    def _said_to(self, line: bytes) -> bytes:
        """The whole line that answers `line`; `OSError` if the connection ends before it does."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(self._patience_s)
            wire.connect(str(self._path))
            wire.sendall(line)
            with wire.makefile("rb") as answers:
                said = answers.readline()
        if not said.endswith(b"\n"):
            raise ConnectionResetError("the connection ended without an answer")
        return said

    def _silent(self, verb: str, why: str) -> Unreachable:
        changes = verb not in ("exists", "running")
        return Unreachable(
            f"the provisioner at {self._path} does not answer: {why}",
            now=f"`{verb}` may be done, half done or not begun" if changes else "nothing was changed",
            hint="in the lab `liftlock lab up` starts it again; then `liftlock resume`",
        )


def error_line(problem: LiftlockError) -> bytes:
    """The answer that says what went wrong; `answer_in` raises it on the other side."""
    told = {"kind": type(problem).__name__, "what": problem.what, "now": problem.now, "hint": problem.hint}
    return json.dumps({"error": told}).encode() + b"\n"


def answer_line(value: object) -> bytes:
    """The answer of a request that was done."""
    return json.dumps({"answer": value}).encode() + b"\n"


def answer_in(line: bytes) -> Any:
    """What an answer says; raises the error it tells of."""
    said = json.loads(line)
    if "error" not in said:
        return said["answer"]
    told = said["error"]
    kind = getattr(errors, told["kind"], StepFailed)
    raise kind(told["what"], now=told["now"], hint=told["hint"])
