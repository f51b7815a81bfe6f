"""Where users' new requests go: to blue, to green, or some to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from liftlock.ports.by_hand import ByHand


@dataclass(frozen=True, slots=True)
class Server:
    """One server that can answer a service's requests."""

    name: str
    """`ctl-green`; unique among the service's servers."""
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Share:
    """How a service's requests are shared now, over all balancer nodes.

    Nodes may differ: whoever wrote them may have died between two. Nothing is said to be so then that is so on some
    nodes only, unless a line here says it is.
    """

    percent_green: int
    """Of the tokens that are known and the requests that carry none, in percent; 100 means all requests.

    The largest share where nodes differ: 0 means that no node sends any to green.
    """
    green_up: bool
    """Whether green passes its health checks on every node that has it; meaningless while `armed` is False."""
    blue_up: bool
    armed: bool
    """Whether green's servers are there on any node."""
    open_on_green: int
    """Requests green is answering at this moment, of all nodes."""
    open_on_blue: int
    """Likewise; of the nodes that have green beside it, where some have: on the others green may be the only colour."""
    agreed: bool = True
    """Whether all nodes say the same, and each runs what is written there."""
    armed_everywhere: bool = False
    """Whether green's servers are there on all nodes."""
    said: str = ""
    """What each node says: `lb1 sends 20% to green, lb2 has no green`."""


class Traffic(Protocol):
    """The write side of the balancer: every node of a pair is written, then read back.

    Blue is never touched: while green is armed, blue stays a ready backup, so whatever happens to green its requests
    fall back by themselves. All methods raise `Unreachable` naming the node that does not answer, and `StepFailed`
    when a node does not hold what was written (nodes written before it are put back).
    """

    def share(self, service: str) -> Share:
        """How requests are shared now, also when nodes differ.

        Every method below makes them the same again, whatever each was, so that what was cut half way can be done
        again or undone.
        """

    def arm(self, service: str, green: tuple[Server, ...]) -> None:
        """Put green's servers beside blue's, with no traffic, and make blue's their backup; no request fails.

        Where a node still has `green` as the colour that was to go (`settle` was cut before it came there), the other
        one becomes the ordinary one first, as on the nodes where it has.
        """

    def disarm(self, service: str) -> None:
        """Take green's servers out and make blue's servers ordinary ones again, as they were before `arm`.

        Raises `Refused` when green still gets requests.
        """

    def send(self, service: str, percent_green: int) -> None:
        """Send this share of new requests to green, the same tokens to the same colour; 0 sends all to blue.

        With 1 to 99, blue serves the rest; with 100 green serves all and blue is the ready backup. Raises `Refused`
        when no server that would get requests passes its health check (the last-server guard).
        """

    def settle(self, service: str) -> None:
        """Make green's servers the service's ordinary ones and take blue's out, so that blue can be removed."""

    def back_by_hand(self, services: Sequence[str]) -> ByHand:
        """What sends all new requests of the services to blue, typed on every balancer host when liftlock is lost.

        It does what `send(service, 0)` does for each of them, survives the balancer's next reload, and is harmless for
        a service that is not armed. Asks no node: it can be printed before a run begins.
        """
