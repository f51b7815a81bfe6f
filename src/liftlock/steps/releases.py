"""Code on hosts: put beside what runs, then chosen."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.errors import StepFailed
from liftlock.plan.step import Step, WayBack
from liftlock.ports.hands import Hands

UNPACK_PATIENCE_S = 3600.0
"""How long a release may take to be sent to a host and unpacked there, in seconds."""


@dataclass(frozen=True)
class StageRelease(Step):
    """Put a release on a host's disk, beside what runs."""

    host: str
    release: str

    @property
    def title(self) -> str:
        return f"put release {self.release} on {self.host}, beside what runs"

    way_back = WayBack.REVERSIBLE
    harms_nobody = True

    @property
    def seconds(self) -> float:
        return 20.0

    @property
    def patience_s(self) -> float:
        return UNPACK_PATIENCE_S

    def done(self, hands: Hands, since: float | None) -> bool:
        return self.release in hands.deployer.staged(self.host)

    def execute(self, hands: Hands) -> None:
        hands.deployer.stage(self.host, self.release)

    def revert(self, hands: Hands) -> None:
        """Leave it: a release that nothing runs costs disk only, and the next attempt needs it again."""

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: it was left."""


@dataclass(frozen=True)
class SwitchRelease(Step):
    """Let units started from now on run another release."""

    host: str
    release: str
    release_before: str

    @property
    def title(self) -> str:
        return f"let {self.host} run {self.release} from the next start on"

    way_back = WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        return hands.deployer.current(self.host) == self.release

    def execute(self, hands: Hands) -> None:
        hands.deployer.switch(self.host, self.release)

    def prove(self, hands: Hands, since: float | None) -> None:
        if not self.done(hands, since):
            raise StepFailed(
                f"{self.host}: the release did not change to {self.release}",
                now=f"{self.host} would start {hands.deployer.current(self.host)}",
                hint=f"look at the deployer's directory on {self.host}, then `liftlock resume` or `liftlock abort`",
            )

    def revert(self, hands: Hands) -> None:
        hands.deployer.switch(self.host, self.release_before)
