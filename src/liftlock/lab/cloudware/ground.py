"""What is done on the lab's hosts over SSH: files, units, commands, and a memory of what is done once."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from liftlock.errors import LabFailed
from liftlock.lab.cloudware.setting import Setting
from liftlock.lab.cloudware.wishes import RELEASE, program, wish_for
from liftlock.lab.topology import LabHost
from liftlock.ports.shell import Finished, Shell

MEMORY = "/var/lib/liftlock-lab"
"""Directory on the database host: what was done once to the databases, and so goes when they go."""

WITH_SECRETS = 'while IFS= read -r variable; do export "$variable"; done; exec "$@" 2>&1'
"""Takes `NAME=value` lines from its input into the environment of the command it then becomes."""


@dataclass(frozen=True, slots=True)
class UnitWish:
    """A unit that should be enabled and run with its present configuration."""

    name: str
    paths: tuple[str, ...]
    """Files and directories of its configuration: a unit older than these is restarted."""
    renew: str = "restart"
    """`reload` for programs that take new configuration without stopping."""


class Ground:
    """The hosts of one lab."""

    def __init__(self, lab: Setting, shell: Shell) -> None:
        self._lab = lab
        self._shell = shell

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 300.0
    ) -> str:
        """Output of a command that must end well; raises `LabFailed` with what it complained about."""
        ended = self._shell.run(host, command, stdin=stdin, timeout_s=timeout_s)
        if not ended.ok:
            raise _failed(host, command, ended)
        return ended.out

    def settle(self, host: LabHost) -> str:
        """Make the host's files, directories and accounts what they should be; says how many it changed."""
        wish = wish_for(self._lab, host)
        changed = json.loads(self._python(host.name, "settle.py", wish.as_json()))
        return f"{len(changed)} files" if changed else ""

    def start(self, host: str, units: Iterable[UnitWish], off: Sequence[str] = ()) -> str:
        """Enable and start units, renew those older than their configuration; says what it did."""
        wish = {"units": [[u.name, u.paths, u.renew] for u in units], "off": off}
        did = json.loads(self._python(host, "units.py", json.dumps(wish).encode()))
        return ", ".join(f"{verb} {' '.join(names)}" for verb, names in did.items() if names)

    def once(
        self,
        name: str,
        commands: Iterable[Sequence[str]],
        *,
        secrets: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Run programs of the current release on the control host, then remember `name`.

        One that a killed run left there at the same work is waited for: two at a time would hurt each other.
        `secrets` become variables of their environment, which nobody else on the host can see.
        """
        variables = "".join(f"{key}={value}\n" for key, value in secrets.items()).encode()
        for command in commands:
            program = [f"{RELEASE}/bin/{command[0]}", *command[1:]]
            words = ["flock", _lock(name), "sh", "-c", WITH_SECRETS, "sh", *program]
            self.run(self._lab.control.name, words, stdin=variables, timeout_s=900.0)
        self.remember(name)

    def await_once(self, name: str) -> None:
        """Wait until no program that a killed run left on the control host is at the work called `name`."""
        self.run(self._lab.control.name, ["flock", _lock(name), "true"], timeout_s=900.0)

    def programs(self, host: str) -> frozenset[str]:
        """Names of the programs the current release of a host brings."""
        return frozenset(self.run(host, ["ls", f"{RELEASE}/bin"]).split())

    def release(self, host: str) -> str:
        """Name of the release a host runs, `2025.1-3f2a91c04d7e`."""
        return self.run(host, ["readlink", RELEASE]).strip().rpartition("/")[2]

    def sql(self, statements: str) -> str:
        """What the database server answers to statements, as its root."""
        return self.run(self._lab.db.name, ["mariadb", "-N", "-B"], stdin=statements.encode())

    def remembered(self) -> frozenset[str]:
        """Names of what was done once."""
        return frozenset(self.run(self._lab.db.name, f"mkdir -p {MEMORY} && ls {MEMORY}").split())

    def remember(self, name: str) -> None:
        """Note that something was done; it survives a power cut."""
        self.run(self._lab.db.name, f"touch {MEMORY}/{shlex.quote(name)} && sync {MEMORY}")

    def _python(self, host: str, name: str, stdin: bytes) -> str:
        return self.run(host, ["python3", "-c", program(name)], stdin=stdin)


def _lock(name: str) -> str:
    return f"/run/lock/liftlock-lab.{name}"


def _failed(host: str, command: Sequence[str] | str, ended: Finished) -> LabFailed:
    words = command if isinstance(command, str) else shlex.join(command)
    said = (ended.err.strip() or ended.out.strip()).splitlines()[-8:]
    return LabFailed(
        f"{host}: `{words[:120]}` ended with code {ended.code}:\n"
        + "\n".join(f"    {line}" for line in said),
        now="the lab is half up; nothing was taken down",
        hint="`liftlock lab up` again goes on from here",
    )
