"""RabbitMQ, asked by its own command line on its own host."""

from __future__ import annotations

from liftlock.cloud.model import BrokerNode
from liftlock.drivers.on_host import ask
from liftlock.errors import LiftlockError
from liftlock.ports.shell import Shell

_PATIENCE_S = 120.0


class RabbitMq:
    """Keeps the `Broker` port."""

    def __init__(self, shell: Shell, host: str) -> None:
        self._shell = shell
        self._host = host

    def look(self) -> BrokerNode:
        """Queues and messages of every virtual host, in one round trip."""
        try:
            seen = ask(self._shell, self._host, "rabbitmq", {}, timeout_s=_PATIENCE_S)
        except LiftlockError as problem:
            return BrokerNode(reachable=False, problem=problem.what)
        return BrokerNode(reachable=True, **seen)
