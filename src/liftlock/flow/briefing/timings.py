"""How long steps took on this very cloud, by its journal; and what that says of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from liftlock.errors import LiftlockError
from liftlock.flow.site import Site, journal_file
from liftlock.flow.wiring import journal
from liftlock.plan import codec
from liftlock.plan.brief import OWN_FIGURES, Timing
from liftlock.plan.model import Plan, Stage, StepRef, side_by_side
from liftlock.plan.plain import Kinds
from liftlock.plan.step import Step
from liftlock.ports.journal import Event, Journal, Line

RUNS = 20
"""So many of the newest runs are looked at."""


@dataclass(frozen=True, slots=True)
class History:
    """What the journal knows about times."""

    runs: int = 0
    """Runs in which a step was done."""
    seconds: Mapping[str, tuple[float, ...]] | None = None
    """Kind of step, as `kind_of` tells it -> how long each of them took, in seconds."""
    rehearsed: Mapping[str, tuple[float, ...]] | None = None
    """Kind of step -> how long it took on restored copies: that is of this very hop, and comes first."""
    rehearsed_on: str = ""
    """The day of the rehearsal."""

    def of(self, step: Step) -> tuple[float, ...]:
        """How long steps of its kind took; empty if there was none."""
        return (self.rehearsed or {}).get(kind_of(step)) or (self.seconds or {}).get(kind_of(step), ())

    def was_rehearsed(self, step: Step) -> bool:
        """Whether what is known of it comes from a rehearsal."""
        return bool((self.rehearsed or {}).get(kind_of(step)))


def history(site: Site, kinds: Kinds) -> History:
    """What the cloud's journal tells; nothing where there is none, or where it cannot be read."""
    if not journal_file(site.file).is_file():
        return History()
    try:
        with journal(site.file, create=False) as book:
            return measured(book, kinds)
    except LiftlockError:
        # A figure less is no reason not to plan; whoever runs the plan is told about the journal.
        return History()


def measured(book: Journal, kinds: Kinds) -> History:
    """How long each kind of step took in the newest runs; what was found done, failed or was cut is left out."""
    found: dict[str, list[float]] = {}
    runs = 0
    for run in book.runs()[-RUNS:]:
        steps = dict(codec.loads(run.plan, kinds, name=run.id).steps())
        done = list(_done(book.lines(run.id)))
        runs += bool(done)
        for ref, seconds in done:
            if ref in steps:
                found.setdefault(kind_of(steps[ref]), []).append(seconds)
    return History(runs, {kind: tuple(each) for kind, each in found.items()})


def kind_of(step: Step) -> str:
    """What makes two steps take about the same time: `StopPart nova-api`, `MigrateSchema nova db-sync`."""
    words = (getattr(step, name, "") for name in ("part", "service", "migration"))
    return " ".join([type(step).__name__, *(str(word) for word in words if word)])


def timings(plan: Plan, known: History) -> tuple[Timing, ...]:
    """How long each stage should take, and on what that rests."""
    return tuple(timing(stage, known) for stage in plan.stages)


def timing(stage: Stage, known: History) -> Timing:
    """The middle and the slowest tenth, as measured; the plan's own figures for steps of which none was seen."""
    steps = [step for _, step in stage.steps()]
    p50 = _together(stage, lambda s: median(known.of(s)) if known.of(s) else s.seconds)
    basis = _basis(steps, known)
    if not all(known.of(step) for step in steps):
        return Timing(p50, None, basis)
    return Timing(p50, _together(stage, lambda s: slowest_tenth(known.of(s))), basis)


def _basis(steps: Sequence[Step], known: History) -> str:
    """On what a stage's time rests: `rehearsed on 2026-11-29`, `3 of 15 steps by 2 runs here, else …`."""
    rehearsed = sum(known.was_rehearsed(step) for step in steps)
    seen = sum(bool(known.of(step)) for step in steps) - rehearsed
    rehearsal, runs = (
        f"rehearsed on {known.rehearsed_on}",
        f"{known.runs} run{'s' if known.runs > 1 else ''} here",
    )
    if steps and rehearsed == len(steps):
        return rehearsal
    if steps and seen == len(steps):
        return runs
    told = [f"{count} {words}" for count, words in ((rehearsed, rehearsal), (seen, f"by {runs}")) if count]
    if not told:
        return OWN_FIGURES
    told[0] = told[0].replace(" ", f" of {len(steps)} steps ", 1)
    return ", ".join([*told, *([f"else {OWN_FIGURES}"] if rehearsed + seen < len(steps) else [])])


def slowest_tenth(seconds: Iterable[float]) -> float:
    """What nine of ten stay below; the longest where there are fewer than ten.

    >>> slowest_tenth([1.0, 3.0]), slowest_tenth([1.0] * 10)
    (3.0, 1.0)
    """
    found = sorted(seconds)
    return quantiles(found, n=10, method="inclusive")[-1] if len(found) >= 10 else found[-1]


def _together(stage: Stage, of: Callable[[Step], float]) -> float:
    return side_by_side((sum(of(step) for step in lane) for lane in stage.lanes), stage.at_once)


def _done(lines: Iterable[Line]) -> Iterator[tuple[StepRef, float]]:
    begun: dict[StepRef, float] = {}
    for line in lines:
        if line.stage is None or line.ordinal is None:
            # Whoever took the run up again waited for nothing: the time of a cut step says nothing.
            if line.event is Event.RESUMED:
                begun.clear()
            continue
        ref = StepRef(line.stage, line.ordinal)
        if line.event is Event.STARTED:
            begun[ref] = line.at
        elif line.event is Event.DID and ref in begun:
            yield ref, line.at - begun.pop(ref)
