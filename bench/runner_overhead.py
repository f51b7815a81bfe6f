"""What the runner itself costs per step: plans of trivial steps over a real journal, beside bare synced commits.

Prints one line per size; the budget is at most 5 ms per step, flat from 1,000 to 10,000.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from liftlock.drivers.journals.sql import SqlJournal
from liftlock.engine.lock import RunLock
from liftlock.engine.runner import Runner
from liftlock.plan.model import Lift, Plan, Stage
from liftlock.plan.step import Step
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Entry, Event


@dataclass(frozen=True)
class Nothing(Step):
    """Takes no time."""

    number: int

    @property
    def title(self) -> str:
        """A title as long as usual."""
        return f"do nothing on host cmp{self.number:05}"

    def done(self, hands: Hands, since: float | None) -> bool:
        """Only once it was begun, so that it is executed, and looked at like any other."""
        return since is not None

    def execute(self, hands: Hands) -> None:
        """Nothing."""

    def revert(self, hands: Hands) -> None:
        """Nothing."""


class _Clock:
    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


def run(steps: int, lanes: int) -> tuple[float, float]:
    """Milliseconds per step, on the clock and of the processor, of so many steps in so many lanes, all at once."""
    share = steps // lanes
    work = tuple(tuple(Nothing(lane * share + n) for n in range(share)) for lane in range(lanes))
    stage = Stage("idle", "to measure", work, "nothing", "nothing", at_once=lanes)
    plan = Plan("bench", "upgrade", "none", Lift("a", "b"), time.time(), {}, (stage,))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.db"
        journal = SqlJournal(path)
        lock = RunLock.beside(path, "bench")
        runner = Runner(journal, cast("Hands", None), _Clock(), lock, "bench", {"Nothing": Nothing})
        begun, busy = time.perf_counter(), time.process_time()
        assert runner.run(plan).finished
        spent, busy = time.perf_counter() - begun, time.process_time() - busy
        journal.close()
    return spent / steps * 1000, busy / steps * 1000


def commits(count: int) -> float:
    """Milliseconds per pair of lines appended one after the other: what a step costs the journal alone."""
    with tempfile.TemporaryDirectory() as directory:
        journal = SqlJournal(Path(directory) / "journal.db")
        begun = time.perf_counter()
        for number in range(count * 2):
            journal.append(Entry("run-1", Event.STARTED, 1.0, "bench", 1, number))
        spent = time.perf_counter() - begun
        journal.close()
    return spent / count * 1000


def main() -> None:
    """Measure and print."""
    for steps, lanes in ((1000, 1), (1000, 8), (10_000, 1), (10_000, 8), (10_000, 100)):
        bare, (whole, busy) = commits(1000), run(steps, lanes)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        told = f"{whole:.2f} ms/step, CPU {busy:.2f} ms, {whole / bare:.1f}x the journal's own {bare:.2f} ms"
        print(f"{steps} steps in {lanes} lanes: {told}, {peak} MiB")


if __name__ == "__main__":
    main()
