"""Namespaces of Linux: inside is a loopback and no other network, files are there to be read, and all dies together.

`unshare` (util-linux) makes them without a name, so none can be left behind: they are gone with their last process.
The first process in them is the keeper's, and it is killed when we are: with it the kernel kills all others there.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from liftlock.blots import cause, last_words
from liftlock.drivers.enclosures import companions, keeper
from liftlock.drivers.scratch.server import PREFIX
from liftlock.errors import BadInput, Refused, StepFailed
from liftlock.ports.enclosure import Answer, Asked

_NAMESPACES = ("--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")
_PATIENCE_S = 300.0
_GRACE_S = 20.0
"""How much longer than it was told to wait the keeper may take to answer."""
_AS_ROOT = "run it as root, or where users may make namespaces of their own (`sysctl kernel.unprivileged_userns_clone`)"
_HINT = f"{_AS_ROOT}; `--no-programs` rehearses without starting the new release's programs"


@contextmanager
def enclosed() -> Iterator[Netns]:
    """An enclosure for the time of the block.

    Raises `BadInput` where this machine makes none, `Refused` if one is not cut off.
    """
    companions.insist()
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "owner").write_text(str(os.getpid()))
        with (folder / "keeper.log").open("wb") as log, _keeper(folder, log) as process:
            try:
                found = Netns(folder, process)
                found.insist()
                yield found
            finally:
                process.kill()
                process.wait()


def alone() -> tuple[str, ...]:
    """Words in front of a command line with which it runs on this machine as it is, but without any network."""
    return ("unshare", *_own(), "--net", "--")


def insist_on_none(words: Sequence[str]) -> None:
    """Return if a program that is started behind these words of `alone` has no network; raises `BadInput` if not."""
    ended = subprocess.run([*words, "cat", "/proc/net/dev"], capture_output=True, text=True, check=False)
    devices = [line.split(":")[0].strip() for line in ended.stdout.splitlines() if ":" in line]
    if ended.returncode or devices != ["lo"]:
        why = last_words(ended.stderr) if ended.returncode else f"there is {', '.join(devices)}"
        raise BadInput(f"programs cannot be cut off from the network on this machine: {why}", hint=_AS_ROOT)


def _own() -> tuple[str, ...]:
    # Only root may make namespaces; anybody may in a namespace of users that is his own.
    return () if os.geteuid() == 0 else ("--user", "--map-root-user")


def _keeper(folder: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    words = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", *_own(), *_NAMESPACES, "--"]
    words += [sys.executable, "-I", str(keeper.__file__), str(folder)]
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        # An interrupt from the keyboard is for us; we end what is in there ourselves.
        start_new_session=True,
    )


class Netns:
    """Keeps the `Enclosure` port; `process` is the keeper's."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._folder = folder
        self._process = process
        self._said = b""

    @property
    def folder(self) -> Path:
        return self._folder

    def insist(self) -> None:
        """Return if nothing leads out of it; raises `BadInput` where it could not be made, `Refused` where one does."""
        try:
            seen = self._do("surroundings")
        except StepFailed as failed:
            raise BadInput(
                f"programs cannot be cut off from the network on this machine: {failed.what}", hint=_HINT
            ) from failed
        others = [name for name in seen["devices"] if name != "lo"]
        if others or seen["routes"]:
            raise Refused(
                f"the place for the new release's programs is not cut off: {', '.join(others) or seen['routes'][0]}",
                now="no program was started in it",
                hint="a module of this kernel makes such devices in every namespace; unload it, or rehearse on another "
                "machine",
            )

    def write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def link(self, name: str, target: Path) -> None:
        path = self._folder / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def furnish(self) -> None:
        broker = companions.rabbitmq(self._folder)
        if self._do("knock", port=broker.port)["listens"]:
            return
        self.start(broker.name, broker.words, broker.surroundings)
        self._await(broker.name, broker.port)

    def _await(self, name: str, port: int) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not self._do("knock", port=port)["listens"]:
            late = time.monotonic() > end
            if late or self.ended(name) is not None:
                what = f"does not listen after {_PATIENCE_S:.0f} s" if late else "ended at once"
                raise StepFailed(
                    f"the rehearsal's own {name} {what}: {cause(self.heard(name))}", now=_NOTHING
                )
            time.sleep(0.1)

    def start(self, name: str, words: Sequence[str], surroundings: Mapping[str, str]) -> None:
        told = self._do("start", name=name, words=[str(w) for w in words], surroundings=dict(surroundings))
        if told.get("problem"):
            raise StepFailed(f"{name} cannot be started: {told['problem']}")

    def stop(self, name: str, patience_s: float) -> None:
        self._do("stop", patience_s, name=name, patience_s=patience_s)

    def ended(self, name: str) -> int | None:
        code = self._do("look", name=name)["code"]
        return None if code is None else int(code)

    def heard(self, name: str) -> str:
        return str(self._do("look", name=name)["heard"])

    def ask(self, asked: Asked) -> Answer:
        told = self._do(
            "ask",
            asked.patience_s,
            method=asked.method,
            port=asked.port,
            path=asked.path,
            headers=dict(asked.headers),
            body=asked.body,
            patience_s=asked.patience_s,
        )
        return Answer(told["status"], told["body"], told["headers"], round(told["seconds"], 3))

    def _do(self, verb: str, wait_s: float = 0.0, /, **words: Any) -> dict[str, Any]:
        """What the keeper answers; raises `StepFailed` where it does not."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({"do": verb, **words}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._gone() from error
        answer: dict[str, Any] = json.loads(self._line(time.monotonic() + wait_s + _GRACE_S))
        return answer

    def _line(self, end: float) -> bytes:
        assert self._process.stdout
        while b"\n" not in self._said:
            left = max(0.0, end - time.monotonic())
            if not select.select([self._process.stdout], [], [], left)[0]:
                raise StepFailed("what keeps the new release's programs does not answer", now=_NOTHING)
            piece = os.read(self._process.stdout.fileno(), 1 << 20)
            if not piece:
                raise self._gone()
            self._said += piece
        line, self._said = self._said.split(b"\n", 1)
        return line

    def _gone(self) -> StepFailed:
        self._process.wait()
        log = (self._folder / "keeper.log").read_text(errors="replace")
        return StepFailed(f"what keeps the new release's programs has ended: {last_words(log)}", now=_NOTHING)


_NOTHING = "nothing the cloud uses was touched; the programs are ended"
