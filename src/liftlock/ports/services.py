"""Starting and stopping OpenStack's long-running programs."""

from __future__ import annotations

from typing import Protocol

from liftlock.cloud.model import Unit


class Services(Protocol):
    """The service supervisor of every host (systemd, a container engine)."""

    def look(self, host: str, part: str) -> Unit | None:
        """The unit of `part` on `host`; None when the host has no such unit."""

    def start(self, host: str, part: str) -> None:
        """Start it now and at every boot, and wait until the supervisor calls it active.

        Active is not serving: ask `CloudApi` for that. Raises `StepFailed` with the end of its log if it does
        not become active.
        """

    def stop(self, host: str, part: str) -> None:
        """Stop it now and at every boot, and wait until no process of it is left.

        Raises `StepFailed` if it is still there after its supervisor's own time-out.
        """
