"""Keystone's keys on Linux hosts: repositories on disk, rotated by cron or by timers of systemd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liftlock.drivers.on_host import ask
from liftlock.ports.keys import Rotation
from liftlock.ports.shell import Shell


class LinuxKeys:
    """Keeps the `Keys` port; `root` is where a host's files begin."""

    def __init__(self, shell: Shell, root: str = "/") -> None:
        self._shell = shell
        self._root = root

    def sets(self, host: str) -> Mapping[str, str]:
        """One round trip."""
        found: dict[str, str] = self._ask(host, verb="sets")["sets"]
        return found

    def rotations(self, host: str) -> tuple[Rotation, ...]:
        """Crontabs, directories of `run-parts`, timers."""
        return tuple(Rotation(**row) for row in self._ask(host, verb="look")["rotations"])

    def freeze(self, host: str, mark: str) -> None:
        """Noted on the host before it is done."""
        self._ask(host, verb="freeze", mark=mark)

    def thaw(self, host: str, mark: str) -> None:
        """By the host's own note."""
        self._ask(host, verb="thaw", mark=mark)

    def _ask(self, host: str, **wish: str) -> Any:
        return ask(
            self._shell, host, "rotation", {**wish, "root": self._root}, parts=("inifile", "keysets", "due")
        )
