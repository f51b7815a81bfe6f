"""Hosts that the operator's monitoring is told about: her program is run when one is made, and before one goes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from liftlock.blots import last_words
from liftlock.errors import StepFailed
from liftlock.ports.provisioner import HostOrder, Provisioner

_PATIENCE_S = 300.0


class Announced:
    """Keeps the `Provisioner` port over another one.

    `program` is called on this machine as `PROGRAM add NAME ADDRESS` before a host is made and as `PROGRAM remove NAME`
    before one is removed: told first, since a host that is there is not asked for again by whoever resumes. It may be
    called again for the same host. Raises `StepFailed` when it fails; the host is then as it was.
    """

    def __init__(self, provisioner: Provisioner, program: Path) -> None:
        self._provisioner = provisioner
        self._program = program

    def exists(self, name: str) -> bool:
        """As the other says."""
        return self._provisioner.exists(name)

    def running(self, name: str) -> bool:
        """As the other says."""
        return self._provisioner.running(name)

    def create(self, order: HostOrder) -> None:
        """Tell, then make it."""
        self._tell("add", order.name, order.addresses[0])
        self._provisioner.create(order)

    def renew(self, order: HostOrder) -> None:
        """Tell, then make it, anew if it is off."""
        self._tell("add", order.name, order.addresses[0])
        self._provisioner.renew(order)

    def power_on(self, name: str) -> None:
        """As the other does."""
        self._provisioner.power_on(name)

    def power_off(self, name: str) -> None:
        """As the other does: that a host is down is for monitoring to see."""
        self._provisioner.power_off(name)

    def destroy(self, name: str) -> None:
        """Tell, then remove it; one that does not exist is told of again."""
        self._tell("remove", name)
        self._provisioner.destroy(name)

    def _tell(self, *words: str) -> None:
        command = [str(self._program), *words]
        try:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PATIENCE_S,
                check=False,
            )
            problem = f"ended with code {ended.returncode}: {last_words(ended.stdout + ended.stderr)}"
            if ended.returncode == 0:
                return
        except subprocess.TimeoutExpired:
            problem = f"has not ended after {_PATIENCE_S:.0f} s"
        except OSError as error:
            problem = f"could not be started: {error.strerror}"
        raise StepFailed(
            f"monitoring was not told: `{' '.join(command)}` {problem}",
            now=f"the host {words[1]} is as it was",
            hint="make the program named as `provisioner: monitoring` in the cloud file work, then `liftlock resume`",
        )
