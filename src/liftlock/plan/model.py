"""A plan: stages of steps, as data a human can read and approve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from liftlock.plan.brief import Brief
from liftlock.plan.plain import NEWER
from liftlock.plan.step import Step


@dataclass(frozen=True, slots=True)
class Lift:
    """One move of a cloud from a series to another."""

    source: str
    """`2025.1`."""
    target: str
    """`2026.1`."""

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


@dataclass(frozen=True, slots=True)
class StepRef:
    """Which step of a plan: its identity, whatever it contains."""

    stage: int
    """Position of its stage in the plan, from 1."""
    ordinal: int
    """Position in the stage, counted through the lanes one after the other, from 1."""

    def __str__(self) -> str:
        return f"{self.stage}.{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps that belong together, between two moments at which it makes sense to stop."""

    name: str
    """`stop the control services`."""
    why: str
    """Why it is needed, in one sentence."""
    lanes: tuple[tuple[Step, ...], ...]
    """Sequences of steps; lanes run side by side, the steps of one lane one after the other."""
    feels: str
    """What users may feel while it runs."""
    undo: str
    """How to go back from its end, and what that costs."""
    gate: str = ""
    """Name of the gate that must be approved before it starts; empty if there is none."""
    at_once: int = 4
    """How many lanes may run at a time."""
    expects: Mapping[str, str] = field(default_factory=dict)
    """Facts that must hold when it starts, beyond those the plan was made on."""
    leaves: Mapping[str, str] = field(default_factory=dict)
    """Facts it changes, and to what."""
    lossless: bool = True
    """Whether going back from its end loses no write."""

    def steps(self) -> Iterator[tuple[int, Step]]:
        """Each step with its ordinal, lane after lane."""
        yield from enumerate((step for lane in self.lanes for step in lane), start=1)

    @property
    def seconds(self) -> float:
        """How long it should take, in seconds: its lanes side by side."""
        return side_by_side((sum(step.seconds for step in lane) for lane in self.lanes), self.at_once)


def side_by_side(lanes: Iterable[float], at_once: int) -> float:
    """How long lanes that take these seconds take together: each begins as soon as one of `at_once` places is free.

    >>> side_by_side([3.0, 1.0, 1.0], at_once=2)
    3.0
    """
    places = [0.0] * max(1, at_once)
    for seconds in lanes:
        places[places.index(min(places))] += seconds
    return max(places)


@dataclass(frozen=True, slots=True)
class ManualStep:
    """What a person types on one host to go back when liftlock and its bastion are lost."""

    title: str
    """`send all requests back to blue`."""
    host: str
    login: str
    """Command that opens a root shell there, from any machine with the operator's key: `ssh root@10.77.0.12`."""
    commands: tuple[str, ...]
    """In this order, one line each; harmless when typed again."""
    look: str
    """A command that changes nothing and shows whether it worked."""
    expect: str
    """What `look` shows then."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of the configuration at which a green host differs from the host of blue that it is made like."""

    host: str
    """Green's host."""
    like: str
    """Blue's host."""
    path: str
    """The file, as it is called on blue's host."""
    place: str
    """`line 12`, or `[DEFAULT] transport_url` where an option is set."""
    before: str
    """What blue has, secrets blotted out; empty if it has nothing there."""
    after: str
    """What green gets, secrets blotted out; empty if it gets nothing there."""
    because: str = ""
    """Why; empty where only names and addresses are replaced."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Something the checks found that the plan goes on with."""

    name: str
    """`clocks_differ:cmp1`."""
    what: str
    fix: str
    """How to be rid of it."""
    accepted: str = ""
    """Who accepted it, until when and why; empty while nobody has."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run will do, in order, with the facts it relies on."""

    cloud: str
    """Name of the cloud."""
    verb: str
    """`upgrade` or `restore`."""
    strategy: str
    """`in_place`."""
    lift: Lift
    made_at: float
    """Seconds since the epoch."""
    facts: Mapping[str, str]
    """What the plan relies on: `host/ctl-blue/release` -> `2025.1-3f2a…`."""
    stages: tuple[Stage, ...]
    backup: str = ""
    """Name of the backup it takes or restores."""
    fine_print: tuple[str, ...] = ()
    """What it does not do, and findings the operator should know, one sentence each."""
    differences: tuple[Difference, ...] = field(default=(), metadata=NEWER)
    """Between green's configuration and blue's; empty for a plan without green."""
    by_hand: tuple[ManualStep, ...] = field(default=(), metadata=NEWER)
    """What returns all traffic and work to blue without liftlock, in this order; holds up to the last lossless step."""

    risks: tuple[Risk, ...] = field(default=(), metadata=NEWER)
    """What was found and is no blocker, open risks first; whoever approves the plan takes them on."""
    brief: Brief | None = field(default=None, metadata=NEWER)
    """What explains it; None for plans that nobody explained."""

    def steps(self) -> Iterator[tuple[StepRef, Step]]:
        """Every step with its identity, in order."""
        for number, stage in enumerate(self.stages, start=1):
            for ordinal, step in stage.steps():
                yield StepRef(number, ordinal), step

    @property
    def last_lossless_stage(self) -> int:
        """Number of the last stage from whose end one can go back without losing a write; 0 if none."""
        last = 0
        for number, stage in enumerate(self.stages, start=1):
            if not stage.lossless:
                break
            last = number
        return last

    @property
    def last_lossless_step(self) -> StepRef | None:
        """The last step, as the plan counts them, from whose end one can go back without losing a write."""
        last = self.last_lossless_stage
        return next((ref for ref, _ in reversed(list(self.steps())) if ref.stage <= last), None)

    def title(self, ref: StepRef) -> str:
        """What the step is, in words; raises KeyError if there is none."""
        return dict(self.steps())[ref].title
