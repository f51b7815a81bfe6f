"""Draining: a colour that gets no new requests answers those it has."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.errors import StepFailed
from liftlock.plan.step import Question
from liftlock.ports.hands import Hands
from liftlock.steps.waiting import wait_until

LONGEST_REQUEST_S = 900.0
"""How long a colour may take to answer what it was asked before: images are up- and downloaded through the API."""


@dataclass(frozen=True)
class AwaitLastAnswers(Question):
    """Wait until blue, which gets no new requests, has answered the last of those it has."""

    services: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"wait until blue has answered its last requests to {', '.join(self.services)}"

    def execute(self, hands: Hands) -> None:
        """While it waits nothing is changed yet: should green die now, all can still return."""
        for service in self.services:
            await_last_answer(hands, service, green=False)


def await_last_answer(hands: Hands, service: str, *, green: bool) -> None:
    """Return once a colour that gets no new requests has answered all it was asked; one that is dead answers no more.

    Balancer nodes may differ meanwhile: what each of them still waits for is summed up.

    Raises `StepFailed` when a request takes too long.
    """

    def left() -> int:
        share = hands.traffic.share(service)
        if green:
            return share.open_on_green if share.armed and share.green_up else 0
        return share.open_on_blue if share.blue_up else 0

    if not wait_until(hands.clock, lambda: not left(), patience_s=LONGEST_REQUEST_S):
        colour = "green" if green else "blue"
        raise StepFailed(
            f"{colour} still answers {left()} requests to {service} after {LONGEST_REQUEST_S:.0f} s",
            now=f"{colour} gets no new requests and goes on with these",
            hint="wait for long uploads and downloads to end, then `liftlock resume`",
        )
