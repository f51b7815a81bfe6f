"""Who may change a cloud: one owner at a time, also between bastions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from liftlock.errors import AnotherRun, Fenced

LEASE_S = 60.0
"""How long an owner that gives no sign of life keeps the cloud from another bastion, in seconds."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose process works on a cloud."""

    who: str
    """Login of the person who started it."""
    pid: int
    host: str
    since: float
    """Seconds since the epoch."""

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"{self.who}, process {self.pid} on {self.host}, since {since}"


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a cloud is, as it says itself."""

    holder: str
    """Who, which process, on which machine, since when: for people."""
    bastion: str
    """What holds the file lock there, as `Lease.take` was told."""
    silent_s: float
    """Since the last sign of life, in seconds."""

    @property
    def alive(self) -> bool:
        """Whether it keeps the cloud from another bastion."""
        return self.silent_s < LEASE_S

    def __str__(self) -> str:
        return f"{self.holder}, last sign of life {self.silent_s:.0f} s ago"


def held(holder: object) -> AnotherRun:
    """The refusal of somebody who wants a cloud whose owner lives."""
    return AnotherRun(
        f"another run holds this cloud: {holder}",
        now="that run goes on; this command changed nothing",
        hint="`liftlock status` there; an owner that has died loses the cloud within a minute",
    )


def taken_over(holder: object) -> Fenced:
    """What an owner is told that was replaced."""
    return Fenced(
        f"another process has taken this cloud over: {holder}",
        now="this one starts nothing more; what it had under way may finish",
        hint="`liftlock status` on the bastion that has it now",
    )


class Lease(Protocol):
    """Ownership of a cloud, kept in the cloud itself; each owner has a greater epoch than the one before.

    Between `take` and `release` everything done through the same hands carries the epoch: hosts remember the greatest
    they have seen and refuse a smaller one, so that an owner who was replaced can start nothing new.
    """

    def take(self, holder: Holder, bastion: str) -> int:
        """Make `holder` the owner and return its epoch, which every host that answers knows from then on.

        `bastion` names what holds the file lock: the same one takes over at once, since its lock was free. Raises
        `AnotherRun` while another bastion's owner has given a sign of life within `LEASE_S` seconds.
        """

    def renew(self) -> None:
        """Give a sign of life; raises `Fenced` if somebody else is the owner now."""

    def look(self) -> Owned | None:
        """Whose the cloud is, whoever asks; None if nobody's. Changes nothing; raises `Unreachable`."""

    def release(self) -> None:
        """Let go: the next owner need not wait. What is done afterwards carries no epoch."""
