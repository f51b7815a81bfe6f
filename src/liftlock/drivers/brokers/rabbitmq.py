"""RabbitMQ, asked by its own command line on its own host."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from liftlock.cloud.model import BrokerNode, Queue
from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.on_host import ask
from liftlock.errors import LiftlockError, Refused
from liftlock.ports.clock import Clock
from liftlock.ports.shell import Shell

_PATIENCE_S = 300.0
"""The command line takes a second to start, several on a busy host, and is started about ten times."""
_FRESH_S = 1.5
DEFAULT = "/"
"""The virtual host that RabbitMQ is born with."""


def listening(consumers: Mapping[str, int], topic: str) -> tuple[str, ...]:
    """Pure: hosts that listen, from queue -> consumers; nobody, as long as one of them has no fanout queue yet.

    >>> listening({"scheduler.a": 1, "scheduler.b": 1, "scheduler_fanout_1": 1}, "scheduler")
    ()
    """
    own = [queue for queue, count in consumers.items() if queue.startswith(f"{topic}.") and count]
    fanouts = [queue for queue, count in consumers.items() if queue.startswith(f"{topic}_fanout_") and count]
    return tuple(sorted(queue.removeprefix(f"{topic}.") for queue in own)) if len(fanouts) >= len(own) else ()


class RabbitMq:
    """Keeps the `Broker` port."""

    def __init__(self, shell: Shell, host: str, clock: Clock | None = None) -> None:
        self._shell = shell
        self._host = host
        self._clock = clock or SystemClock()
        self._turn = Lock()
        self._consumers: dict[str, tuple[float, Mapping[str, int]]] = {}
        """Virtual host -> (when it answered, its answer)."""

    def look(self) -> BrokerNode:
        """The cluster, and queues of every virtual host, in one round trip."""
        try:
            seen = self._ask(verb="look")
        except LiftlockError as problem:
            return BrokerNode(reachable=False, problem=problem.what)
        unread = tuple(Queue(**queue) for queue in seen.pop("unread"))
        values: dict[str, Any] = {
            name: tuple(found) if isinstance(found, list) else found for name, found in seen.items()
        }
        return BrokerNode(reachable=True, unread=unread, **values)

    def ensure_vhost(self, name: str, like: str) -> None:
        """One round trip; compared with `like` after it was made."""
        self._ask(verb="ensure", vhost=name, like=like)

    def remove_vhost(self, name: str) -> None:
        """Raises `Refused` for the one that RabbitMQ is born with, which is not ours."""
        if name == DEFAULT:
            raise Refused(
                f"the virtual host {DEFAULT} is not liftlock's to remove",
                now="nothing was changed",
                hint="name the one that was made for green",
            )
        self._ask(verb="remove", vhost=name)

    def listeners(self, topic: str, vhost: str) -> tuple[str, ...]:
        """Queues as oslo.messaging names them: `topic`, `topic.host`, `topic_fanout_<uuid>`.

        One round trip answers everybody who asks within a moment, for whatever topic: several lanes wait at a time, and
        each start of the command line costs a second of a processor.
        """
        with self._turn:
            answered, consumers = self._consumers.get(vhost, (0.0, {}))
            if self._clock.now() - answered > _FRESH_S:
                consumers = self._ask(verb="consumers", vhost=vhost)
                self._consumers[vhost] = (self._clock.now(), consumers)
        return listening(consumers, topic)

    def has_vhost(self, name: str) -> bool:
        """One round trip."""
        return bool(self._ask(verb="exists", vhost=name))

    def _ask(self, **wish: Any) -> Any:
        return ask(self._shell, self._host, "rabbitmq", wish, timeout_s=_PATIENCE_S)
