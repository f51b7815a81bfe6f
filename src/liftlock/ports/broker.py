"""The message broker."""

from __future__ import annotations

from typing import Protocol

from liftlock.cloud.model import BrokerNode


class Broker(Protocol):
    """Reads the broker, and makes and removes virtual hosts; queues and messages of others are never touched."""

    def look(self) -> BrokerNode:
        """The broker now; one that does not answer is a value with `reachable=False`."""

    def ensure_vhost(self, name: str, like: str) -> None:
        """The virtual host `name` exists afterwards, with the permissions and policies that `like` has now.

        Raises `StepFailed` if there is no `like`.
        """

    def remove_vhost(self, name: str) -> None:
        """The virtual host is gone afterwards, with every queue and message in it; one that is not there is fine."""

    def listeners(self, topic: str, vhost: str) -> tuple[str, ...]:
        """Hosts whose workers really take calls on `topic`: those with consumers on all of their queues of it.

        A worker whose unit is active may still be seconds away from that (Python loads); what is cast to nobody's
        queue meanwhile is an error for who casts it (oslo.messaging 16.1: no exchange `scheduler_fanout`).
        """

    def has_vhost(self, name: str) -> bool:
        """Whether there is a virtual host of that name, empty or not."""
