"""The canary: green against blue over the same minutes, asked directly, not through the balancer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock.errors import StepFailed
from liftlock.plan.step import Question
from liftlock.ports.api import Sample
from liftlock.ports.hands import Hands
from liftlock.steps.waiting import wait_until

MINIMUM = 20
"""Requests per colour below which nothing is concluded."""
SLOWER_AT_MOST = 3.0
"""Green's median may be this many times blue's; a colour that has just started is cold."""
TRIES = 5
"""How often colours are compared before a human is asked: one that has just started is cold, and warms up."""
PAUSE_S = 3.0
SLACK_MS = 300.0
"""Differences below this are noise on a busy host, in ms."""
WARM = 8
"""Answers in a row by which green is warm: its first calls load code, open connections and fill caches."""
WARMING_S = 180.0
"""How long green may take for them, in seconds."""


class Verdict(StrEnum):
    """What a comparison says."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_SURE = "not sure"


def judge(blue: Sample, green: Sample) -> tuple[Verdict, str]:
    """Pure: the verdict on one service, and why in one sentence."""
    if min(blue.requests, green.requests) < MINIMUM:
        return Verdict.NOT_SURE, f"only {green.requests} requests to green and {blue.requests} to blue"
    if green.failed > blue.failed:
        return (
            Verdict.FAIL,
            f"green failed {green.failed} of {green.requests}, blue {blue.failed} of {blue.requests}",
        )
    if blue.failed:
        return Verdict.NOT_SURE, f"blue itself failed {blue.failed} of {blue.requests}"
    if green.median_ms > blue.median_ms * SLOWER_AT_MOST + SLACK_MS:
        return Verdict.NOT_SURE, f"green's median is {green.median_ms:.0f} ms, blue's {blue.median_ms:.0f} ms"
    return (
        Verdict.PASS,
        f"0 of {green.requests} failed, median {green.median_ms:.0f} ms (blue {blue.median_ms:.0f} ms)",
    )


@dataclass(frozen=True)
class WarmUp(Question):
    """Ask green's API directly until it answers every time: users' requests are not its first."""

    service: str
    green: tuple[str, ...]
    """Green's hosts."""

    @property
    def title(self) -> str:
        return f"warm up green: {self.service}"

    def execute(self, hands: Hands) -> str:
        """Return when green has given so many answers in a row; how fast goes into the journal."""
        count = WARM * len(self.green)
        asked: list[Sample] = []

        def warm() -> bool:
            asked.append(hands.api.sample(self.service, self.green, count))
            return not asked[-1].failed

        if wait_until(hands.clock, warm, patience_s=WARMING_S, pause_s=1.0):
            return f"{count} answers in a row, median {asked[-1].median_ms:.0f} ms (measurement {len(asked)})"
        good = count - asked[-1].failed
        raise StepFailed(
            f"{self.service}: green answers {good} of {count} direct requests after {WARMING_S:.0f} s",
            now="no request of users was sent to it",
            hint=f"look at {self.service}'s API on {', '.join(self.green)}; `liftlock resume` asks again, "
            "`liftlock rollback` goes back",
        )


@dataclass(frozen=True)
class JudgeCanary(Question):
    """Compare green with blue; a human decides when it is not sure."""

    service: str
    blue: tuple[str, ...]
    """Blue's hosts."""
    green: tuple[str, ...]
    """Green's hosts."""

    @property
    def title(self) -> str:
        return f"compare green with blue: {self.service}"

    @property
    def seconds(self) -> float:
        return 2.0

    def execute(self, hands: Hands) -> str:
        """Compare, and compare again while not sure; what was measured goes into the journal."""
        for again in range(TRIES - 1, -1, -1):
            verdict, why = judge(*hands.api.compare(self.service, self.blue, self.green, MINIMUM))
            if verdict is Verdict.PASS:
                return why
            if verdict is Verdict.FAIL or not again:
                break
            hands.clock.sleep(PAUSE_S)
        raise StepFailed(
            f"{self.service}: the canary's verdict is “{verdict}”: {why}",
            now="green gets a few tokens' requests, blue the rest",
            hint="`liftlock resume` measures again; `liftlock rollback` goes back",
        )
