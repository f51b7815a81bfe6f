"""The message broker."""

from __future__ import annotations

from typing import Protocol

from liftlock.cloud.model import BrokerNode


class Broker(Protocol):
    """Reads the broker; changes nothing."""

    def look(self) -> BrokerNode:
        """The broker now; one that does not answer is a value with `reachable=False`."""
