"""The load balancer in front of the control plane."""

from __future__ import annotations

from typing import Protocol

from liftlock.cloud.model import BalancerNode


class Balancer(Protocol):
    """Reads every balancer node; changes nothing."""

    def look(self) -> tuple[BalancerNode, ...]:
        """The nodes now; one that does not answer is a value with `reachable=False`."""
