"""The cloud's own APIs, asked as an administrator."""

from __future__ import annotations

from typing import Protocol

from liftlock.cloud.model import Agent, Endpoint, Tenancy


class CloudApi(Protocol):
    """What OpenStack says about itself."""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every public and internal endpoint in the catalogue, with what its health page answered now.

        Raises `Unreachable` when keystone does not answer or refuses the credentials.
        """

    def agents(self) -> tuple[Agent, ...]:
        """Every worker that reports to nova, neutron, cinder or heat, with the age of its heartbeat."""

    def tenancy(self) -> Tenancy:
        """Counts of what all projects have."""

    def answers(self, service: str) -> bool:
        """Whether the service's front door answers a real request of ours now with what it should."""
