"""Reading hosts."""

from __future__ import annotations

from typing import Protocol

from liftlock.cloud.model import Host


class Hosts(Protocol):
    """Reads what a host is and runs; changes nothing."""

    def names(self) -> tuple[str, ...]:
        """Every host of the cloud file, in its order."""

    def look(self, host: str) -> Host:
        """The host now.

        A host that does not answer is a value with `reachable=False` and a `problem`, not an exception.
        """
