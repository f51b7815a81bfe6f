"""What a guard is told, and how guards are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from liftlock import guards
from liftlock.discovery import modules_in
from liftlock.plan.reason import Reason
from liftlock.ports.hands import Hands


@dataclass(frozen=True, slots=True)
class Watched:
    """The run, as far as guards need to know it."""

    since: float
    """When somebody last set it going, in seconds since the epoch: what came before is settled."""
    servers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Service whose requests green gets, some or all -> green's servers, as the balancer names them."""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Green's host -> the parts that were started there."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many requests may fail, and what follows when more have."""

    failed_since: Callable[[float], tuple[str, ...]]
    """Every request of the prober that failed and ended after a moment (seconds since the epoch), a sentence each."""
    silent_s: Callable[[], float]
    """For how many seconds the prober has logged nothing; infinite if it never did."""
    at_most: int = 0
    rollback: bool = False
    """Whether everything is put back then; otherwise the run is held."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What guards work with."""

    hands: Hands
    budget: Budget | None = None
    """None when nobody counts what users feel."""


Look = Callable[[Watched], Reason | None]
"""One look; it may take a moment, and remembers what the looks before it saw."""


def on_duty(duty: Duty) -> Iterator[Look]:
    """A guard of every file in this room that has something to watch."""
    for module in modules_in(guards):
        post = getattr(module, "post", None)
        if post and (look := post(duty)):
            yield look
