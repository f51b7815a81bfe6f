"""The cloud's own APIs, asked as an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from liftlock.cloud.compute import Compute
from liftlock.cloud.model import Agent, Endpoint, Tenancy


@dataclass(frozen=True, slots=True)
class Sample:
    """Direct requests to one colour of a service, not through the balancer."""

    requests: int
    failed: int
    """Anything but the expected status and content."""
    median_ms: float


class CloudApi(Protocol):
    """What OpenStack says about itself."""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every public and internal endpoint in the catalogue, with what its health page answered now.

        Raises `Unreachable` when keystone does not answer or refuses the credentials.
        """

    def agents(self) -> tuple[Agent, ...]:
        """Every worker that reports to nova, neutron, cinder or heat, with the age of its heartbeat.

        Raises `NotAllowed` where these credentials may list none of them.
        """

    def tenancy(self) -> Tenancy:
        """Counts of what all projects have. Raises `NotAllowed`, and `Unreachable` where a service does not answer."""

    def compute(self) -> Compute:
        """Hypervisors, instances of all projects, server groups and aggregates; takes long on a large cloud.

        Raises `Unreachable` when keystone or nova does not answer, `NotAllowed` where it is told to others only.
        """

    def microversion(self) -> str:
        """Newest microversion of nova's API, `2.100`, which it tells everybody. Raises `Unreachable`."""

    def answers(self, service: str) -> bool:
        """Whether the service's front door answers a real request of ours now with what it should."""

    def sample(self, service: str, hosts: Sequence[str], requests: int) -> Sample:
        """Ask the service's API on these hosts directly, `requests` times in all, as an administrator."""

    def compare(
        self, service: str, blue: Sequence[str], green: Sequence[str], requests: int
    ) -> tuple[Sample, Sample]:
        """Ask both colours of the service's API directly, `requests` times each, as an administrator: (blue, green).

        A request to one colour goes beside one to the other, so that both are asked over the same moments.
        """

    def forget_agents(self, service: str, hosts: Sequence[str]) -> None:
        """Delete the service's records of workers on these hosts, those that are down; live ones are an error."""
