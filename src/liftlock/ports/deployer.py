"""Releases on hosts: the code itself, beside what runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """How a program of a release ended on a host."""

    code: int
    out: str
    """What it printed, standard output and error together, its last 100,000 characters."""
    seconds: float
    """Wall time on the host."""


class Deployer(Protocol):
    """Puts releases on hosts and chooses which one runs."""

    def release_of(self, series: str) -> str:
        """Identity of the release this deployer would install for `series`: `2026.1-91c04d7e3f2a`.

        Raises `BadInput` for a series it has no release of.
        """

    def folder(self, release: str) -> str:
        """Where `release` lies on every host that holds it: `/opt/openstack/2026.1-91c04d7e3f2a`."""

    def staged(self, host: str) -> tuple[str, ...]:
        """Releases that are complete on the host's disk."""

    def stage(self, host: str, release: str) -> None:
        """Put a release onto the host's disk, beside what runs; nothing that runs is touched."""

    def current(self, host: str) -> str:
        """The release that units started from now on would run; empty if there is none."""

    def switch(self, host: str, release: str) -> None:
        """Let units started from now on run `release`; what runs goes on with the old code until restarted."""

    def run(
        self,
        host: str,
        release: str,
        name: str,
        command: Sequence[str],
        *,
        timeout_s: float,
        lock_wait_s: int = 0,
    ) -> ProgramResult:
        """Run a program of `release` on the host as a unit named `name` and return how it ended.

        The unit outlives us: if one of that name runs already, wait for it instead of starting another, and if it
        has ended without being asked for its result, return that. So a resumed run neither repeats nor loses it.
        With `lock_wait_s` its sessions give up waiting for a lock of their database after so many seconds (MariaDB's
        error 1205), where the server would let them wait for a day and everybody else queue behind them.
        Raises `Unreachable` if the host does not answer, `StepFailed` after `timeout_s` seconds.
        """

    def forget(self, host: str, name: str) -> None:
        """Drop the kept result of the unit `name`, so that the next `run` starts anew."""
