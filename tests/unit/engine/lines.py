"""A small plan and its journal, line by line."""

from __future__ import annotations

from liftlock.engine.state import RunState, state_of
from liftlock.plan.model import Plan, StepRef
from liftlock.ports.journal import Detail, Event, Line
from tests.unit.plan.sample import sample, stages

ONE, TWO, THREE, FOUR = (StepRef(1, n) for n in range(1, 5))
MIGRATE = StepRef(2, 1)
"""The step behind the gate `migrate`."""


def pond() -> Plan:
    """Stage 1: two lanes of three steps and one; stage 2: a gate, one step."""
    return sample(made_at=0.0, stages=stages())


class Story:
    """Lines as they would be written, a second apart."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.now = 100.0

    def tell(
        self, event: Event, at: StepRef | int | None = None, *, who: str = "rey", **detail: object
    ) -> Story:
        ref = at if isinstance(at, StepRef) else None
        told: Detail = dict(detail)  # type: ignore[arg-type]
        self.lines.append(
            Line(
                "run-1",
                event,
                self.now,
                who,
                stage=ref.stage if ref else at if isinstance(at, int) else None,
                ordinal=ref.ordinal if ref else None,
                detail=told,
                seq=len(self.lines) + 1,
            )
        )
        self.now += 1.0
        return self

    def pause(self, seconds: float) -> Story:
        self.now += seconds
        return self

    def begun(self) -> Story:
        return self.tell(Event.RUN_BEGUN).tell(Event.STAGE_BEGUN, 1)

    def step(self, ref: StepRef) -> Story:
        return self.tell(Event.STARTED, ref).tell(Event.DID, ref)

    def to_the_gate(self) -> Story:
        self.begun()
        for ref in (ONE, TWO, THREE, FOUR):
            self.step(ref)
        return self.tell(Event.STAGE_DONE, 1).tell(Event.WAITING, 2, gate="migrate", why="nobody approved")

    def state(self) -> RunState:
        return state_of("run-1", pond(), self.lines)
