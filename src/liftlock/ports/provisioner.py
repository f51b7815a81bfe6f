"""Hosts themselves: made, rebooted, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HostOrder:
    """What a new host should be."""

    name: str
    image: str
    """Name of the image it boots from."""
    addresses: tuple[str, ...]
    """Its IPv4 addresses on the management network; the first is its own, the others are service addresses."""
    release: str = ""
    """Release the image should carry as its current one; empty for hosts that run no OpenStack."""
    memory_mib: int = 2048


class Provisioner(Protocol):
    """Makes and removes hosts."""

    def exists(self, name: str) -> bool:
        """Whether the host was made, running or not."""

    def running(self, name: str) -> bool:
        """Whether it is powered on."""

    def create(self, order: HostOrder) -> None:
        """Make the host and power it on; the same order again changes nothing."""

    def renew(self, order: HostOrder) -> None:
        """Like `create`, but a host that is off is made anew from its image: nothing on its disk survives.

        Refuses, as `create` does, a host that was made to another order.
        """

    def power_on(self, name: str) -> None:
        """Boot a host that is off."""

    def power_off(self, name: str) -> None:
        """Cut its power: nothing on it is asked."""

    def destroy(self, name: str) -> None:
        """Power it off and remove it with its disk; one that does not exist is fine."""
