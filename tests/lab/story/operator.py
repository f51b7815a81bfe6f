"""A person with a terminal: types `liftlock` and `openstack` as an operator would, and is told what came of it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liftlock.drivers.provisioners.nspawn.place import LabPlace

PROGRAM = Path(sys.executable).parent / "liftlock"
PATIENCE_S = 900.0
"""For any one command, on a busy machine."""


@dataclass(frozen=True)
class Told:
    """A command that ended."""

    line: str
    code: int
    out: str
    err: str
    seconds: float

    @property
    def said(self) -> str:
        """Everything that was printed."""
        return self.out + self.err

    def well(self) -> Told:
        """Itself, if the command succeeded."""
        assert self.code == 0, f"$ {self.line}\ncode {self.code}\n{self.said}"
        return self

    def json(self) -> Any:
        """What a command with `-f json` printed."""
        return json.loads(self.well().out)


@dataclass
class Operator:
    """Works in one folder; file names on command lines are relative to it."""

    folder: Path
    typed: list[str] = field(default_factory=list)
    """Every command line, in order."""

    def types(self, line: str, *, patience_s: float = PATIENCE_S) -> Told:
        """A command line as it stands in a tutorial; `liftlock …` and `liftlock lab exec -- …`."""
        words = self._words(line)
        began = time.monotonic()
        # Never a terminal: whoever is asked for something must fail, not wait.
        ended = subprocess.run(
            words,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
        told = Told(line, ended.returncode, ended.stdout, ended.stderr, time.monotonic() - began)
        self._keep(told)
        return told

    def bastion(self, line: str, *, patience_s: float = PATIENCE_S) -> Told:
        """A command line on the lab's bastion."""
        return self.types(f"liftlock lab exec -- {line}", patience_s=patience_s)

    def openstack(self, lines: Iterable[str]) -> list[str]:
        """Lines the plain client printed for several commands in one session: it takes seconds to start."""
        (self.folder / "lines").write_text("".join(f"{line}\n" for line in lines))
        # Its session ends with code 1 whatever happened in it.
        told = self.bastion("sh -c 'openstack < lines'")
        assert not told.err.strip(), told.said
        return told.out.splitlines()

    def shown(self, lines: Iterable[str]) -> list[Any]:
        """What several commands of the plain client with `-f json` printed, one document each."""
        found, text, reader = [], "\n".join(self.openstack(lines)), json.JSONDecoder()
        while text := text.lstrip():
            document, end = reader.raw_decode(text)
            found.append(document)
            text = text[end:]
        return found

    @contextmanager
    def meanwhile(self, line: str) -> Iterator[subprocess.Popen[str]]:
        """A command in a second terminal, killed at the end if it still runs; what it prints is one stream."""
        words = self._words(line)
        with subprocess.Popen(
            words,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            try:
                yield running
            finally:
                running.kill()

    def killed_when(self, line: str, moment: Callable[[str], bool]) -> list[str]:
        """Lines a command printed until one of them was `moment`; then it got `kill -9`."""
        lines: list[str] = []
        with self.meanwhile(line) as running:
            assert running.stdout is not None
            for text in running.stdout:
                lines.append(text)
                if moment(text):
                    running.kill()
                    return lines
        raise AssertionError(f"$ {line}\nended before its moment had come\n{''.join(lines)}")

    def on_host(self, host: str, command: str) -> str:
        """What a command on a host printed."""
        return self.types(self.line_on_host(host, command)).well().out.strip()

    @staticmethod
    def line_on_host(host: str, command: str) -> str:
        """The line that runs a command on a host, over the lab's own key: liftlock is not asked."""
        place = LabPlace.from_environment()
        options = ["-F", "none", "-i", str(place.key), "-o", f"UserKnownHostsFile={place.known_hosts}"]
        options += ["-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10", "-o", "LogLevel=ERROR"]
        words = ["liftlock", "lab", "exec", "--", "ssh", "-n", *options, f"root@{host}", command]
        return shlex.join(words)

    def _keep(self, told: Told) -> None:
        with (self.folder / "transcript.txt").open("a") as transcript:
            transcript.write(f"$ {told.line}\n{told.said}({told.seconds:.1f} s, code {told.code})\n\n")

    def _words(self, line: str) -> Sequence[str]:
        self.typed.append(line)
        words = shlex.split(line)
        assert words[0] == "liftlock", line
        return [str(PROGRAM), *words[1:]]


def lab_is_there() -> bool:
    """Whether anything of the lab is on this machine."""
    place = LabPlace.from_environment()
    return place.state.exists() or place.cgroup.exists() or Path("/run/netns", place.bastion).exists()


def until(condition: Callable[[], bool], patience_s: float = 300.0) -> None:
    """Return as soon as the condition holds."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.2)
