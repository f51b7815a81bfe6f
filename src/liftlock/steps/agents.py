"""Records that workers left behind."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.blots import last_words
from liftlock.errors import CannotRevert, StepFailed
from liftlock.plan.step import Step, WayBack
from liftlock.ports.hands import Hands

PROGRAM_PATIENCE_S = 300.0


@dataclass(frozen=True)
class DeleteAgentRecords(Step):
    """Delete a service's records of workers on hosts that run none any more."""

    service: str
    hosts: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"delete {self.service}'s records of workers on {', '.join(self.hosts)}"

    way_back = WayBack.LOSSY

    def done(self, hands: Hands, since: float | None) -> bool:
        return not [
            a for a in hands.api.agents() if a.service == self.service and a.host.split("@")[0] in self.hosts
        ]

    def execute(self, hands: Hands) -> None:
        hands.api.forget_agents(self.service, self.hosts)

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"{self.service}'s records of {', '.join(self.hosts)} are deleted",
            now="green serves; blue's workers are stopped",
            hint="workers that start again make new records; the way back is `liftlock restore`",
        )


@dataclass(frozen=True)
class RunProgram(Step):
    """Run a program of a release that tidies up; it may be repeated without harm."""

    host: str
    release: str
    command: tuple[str, ...]
    unit: str
    """Name of the unit it runs as on the host."""
    why: str

    @property
    def title(self) -> str:
        return f"{' '.join(self.command)} (on {self.host}: {self.why})"

    way_back = WayBack.LOSSY

    @property
    def seconds(self) -> float:
        return 5.0

    @property
    def looked_at(self) -> bool:
        return False

    def done(self, hands: Hands, since: float | None) -> bool:
        return False

    def execute(self, hands: Hands) -> None:
        result = hands.deployer.run(
            self.host, self.release, self.unit, self.command, timeout_s=PROGRAM_PATIENCE_S
        )
        hands.deployer.forget(self.host, self.unit)
        if result.code:
            raise StepFailed(
                f"`{' '.join(self.command)}` ended with code {result.code}: {last_words(result.out)}",
                now="green serves; a record of a dead worker may be left",
                hint="run it by hand on the host, then `liftlock resume`",
            )

    def prove(self, hands: Hands, since: float | None) -> None:
        """Nothing more to look at: how the program ended is all it tells."""

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"`{' '.join(self.command)}` was run",
            now="green serves",
            hint="workers that start again make new records; the way back is `liftlock restore`",
        )
