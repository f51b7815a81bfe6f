"""A world of its own for the engine's stories: values that steps change, and a fuse that cuts the power.

Nothing here imitates a port of the cloud: the steps are the tests' own, the journal is the real one.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from liftlock.drivers.journals.sql import SqlJournal
from liftlock.engine.course import RunPolicy
from liftlock.engine.lock import RunLock
from liftlock.engine.runner import Runner
from liftlock.errors import CannotRevert, StepFailed
from liftlock.plan.model import Lift, Plan, Stage
from liftlock.plan.step import Question, Step, WayBack
from liftlock.ports.clock import Clock
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Entry, Event, Journal, Line
from liftlock.steps.waiting import wait_until


class PowerCut(BaseException):
    """The machine is off: nothing catches this, and nothing works until the world is lit again."""


class Fuse:
    """Burns at the n-th touch, before or after it takes effect; counts touches."""

    def __init__(self) -> None:
        self.touches = 0
        self.dies_at: int | None = None
        self.late = False
        self.dark = False
        self._turn = threading.RLock()

    def set(self, dies_at: int | None, late: bool = False) -> None:
        self.touches, self.dies_at, self.late, self.dark = 0, dies_at, late, False

    def touch(self, change: Callable[[], Any]) -> Any:
        with self._turn:
            if self.dark:
                raise PowerCut
            self.touches += 1
            burns = self.touches == self.dies_at
            if burns and not self.late:
                self.dark = True
                raise PowerCut
            result = change()
            if burns:
                self.dark = True
                raise PowerCut
            return result


class Ticking:
    """A clock that moves on by a hundredth of a second whenever it is read, and does not really sleep."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._turn = threading.Lock()
        self.at_sleep: Callable[[], None] = lambda: None

    def now(self) -> float:
        with self._turn:
            self._now += 0.01
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._turn:
            self._now += seconds
        self.at_sleep()


class World:
    """What the steps change."""

    def __init__(self) -> None:
        self.fuse = Fuse()
        self.clock = Ticking()
        self.values: dict[str, str] = {}
        self.changes: Counter[str] = Counter()
        self.restarted_at: dict[str, float] = {}
        self.broken: set[str] = set()
        """Keys that cannot be changed."""
        self.stuck: set[str] = set()
        """Keys that cannot be changed back."""
        self.dead: set[str] = set()
        """Keys of pumps that do not run any more."""
        self.at_change: Callable[[str], None] = lambda key: None

    def at(self, clock: Clock) -> World:
        """The same world by another clock."""
        other = copy(self)
        other.clock = cast("Ticking", clock)
        return other

    def put(self, key: str, value: str) -> None:
        def change() -> None:
            self.values[key] = value
            self.changes[key] += 1

        self.at_change(key)
        self.fuse.touch(change)

    def restart(self, name: str) -> None:
        def change() -> None:
            self.restarted_at[name] = self.clock.now()
            self.changes[name] += 1

        self.fuse.touch(change)


def world_of(hands: Hands) -> World:
    return cast("World", hands)


@dataclass(frozen=True)
class Put(Step):
    """Set a value."""

    key: str
    value: str = "new"
    before: str = "old"

    @property
    def title(self) -> str:
        return f"set {self.key} to {self.value}"

    def done(self, hands: Hands, since: float | None) -> bool:
        return world_of(hands).values.get(self.key, "old") == self.value

    def execute(self, hands: Hands) -> str | None:
        if self.key in world_of(hands).broken:
            raise StepFailed(
                f"{self.key} does not move", now=f"{self.key} is as before", hint=f"oil {self.key}"
            )
        world_of(hands).put(self.key, self.value)
        return None

    def revert(self, hands: Hands) -> str | None:
        if self.key in world_of(hands).stuck:
            raise StepFailed(f"{self.key} does not move back", now=f"{self.key} is new")
        if world_of(hands).values.get(self.key, "old") != self.before:
            world_of(hands).put(self.key, self.before)
        return None


@dataclass(frozen=True)
class AwaitValue(Question):
    """Wait until somebody else sets a value."""

    key: str

    @property
    def title(self) -> str:
        return f"wait until {self.key} is new"

    def done(self, hands: Hands, since: float | None) -> bool:
        return world_of(hands).values.get(self.key) == "new"

    def execute(self, hands: Hands) -> None:
        assert wait_until(world_of(hands).clock, lambda: self.done(hands, None), patience_s=1000.0)


@dataclass(frozen=True)
class PutTwo(Step):
    """Set two values, one after the other: it can be cut in the middle."""

    keys: tuple[str, str]

    @property
    def title(self) -> str:
        return f"set {' and '.join(self.keys)}"

    def done(self, hands: Hands, since: float | None) -> bool:
        return all(world_of(hands).values.get(key) == "new" for key in self.keys)

    def execute(self, hands: Hands) -> None:
        for key in self.keys:
            world_of(hands).put(key, "new")

    def revert(self, hands: Hands) -> None:
        for key in reversed(self.keys):
            world_of(hands).put(key, "old")


@dataclass(frozen=True)
class Restart(Step):
    """Something whose end looks like its beginning: only the time tells."""

    name: str

    @property
    def title(self) -> str:
        return f"restart {self.name}"

    def done(self, hands: Hands, since: float | None) -> bool:
        return since is not None and world_of(hands).restarted_at.get(self.name, 0.0) >= since

    def execute(self, hands: Hands) -> None:
        world_of(hands).restart(self.name)

    def revert(self, hands: Hands) -> None:
        world_of(hands).restart(self.name)


@dataclass(frozen=True)
class Defective(Step):
    """A step with a bug."""

    @property
    def title(self) -> str:
        return "divide"

    def done(self, hands: Hands, since: float | None) -> bool:
        return False

    def execute(self, hands: Hands) -> None:
        raise ZeroDivisionError("by nothing")

    def revert(self, hands: Hands) -> None:
        pass


@dataclass(frozen=True)
class Hand(Put):
    """Set a value that returns when green dies."""

    first: bool = False
    """Whether it goes back before all others."""
    part: str = ""
    """What it is about."""
    alone: bool = False
    """Whether no other about the same is undone while this one cannot be."""

    @property
    def work(self) -> str:
        return self.part

    @property
    def falls_back(self) -> bool:
        return True

    @property
    def goes_back_first(self) -> bool:
        return self.first

    @property
    def must_end_first(self) -> bool:
        return self.alone


@dataclass(frozen=True)
class Pump(Put):
    """Set a value by starting something, which may die."""

    def has_died(self, hands: Hands) -> bool:
        return self.key in world_of(hands).dead

    def revive(self, hands: Hands) -> None:
        if self.key in world_of(hands).broken:
            raise StepFailed(f"{self.key} does not start", now=f"{self.key} is dead", hint=f"oil {self.key}")
        world_of(hands).dead.remove(self.key)


@dataclass(frozen=True)
class Slow(Put):
    """Set a value, and have something to tell about how it went."""

    def execute(self, hands: Hands) -> str:
        super().execute(hands)
        return f"{self.key} moved slowly"

    def revert(self, hands: Hands) -> str:
        super().revert(hands)
        return f"{self.key} moved back slowly"


@dataclass(frozen=True)
class Drop(Put):
    """What a `Put` has set is gone for good."""

    way_back = WayBack.ONE_WAY

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(f"{self.key} was dropped", now=f"nobody needs {self.key}")


@dataclass(frozen=True)
class Ask(Question):
    """Look at a value both ways, and count it."""

    key: str

    @property
    def title(self) -> str:
        return f"look at {self.key}"

    def execute(self, hands: Hands) -> None:
        world_of(hands).changes[f"asked {self.key}"] += 1

    def revert(self, hands: Hands) -> None:
        world_of(hands).changes[f"asked {self.key} on the way back"] += 1


_EVERY = (Ask, AwaitValue, Drop, Hand, Pump, Put, PutTwo, Restart, Slow, Defective)
KINDS: dict[str, type[Step]] = {kind.__name__: kind for kind in _EVERY}


class FusedJournal:
    """The real journal; the power may be cut before or after a line is on the disk."""

    def __init__(self, journal: SqlJournal, fuse: Fuse) -> None:
        self._journal = journal
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, entry: Entry, *, answers: int | None = None, outcome: str = "") -> Line:
        line: Line = self._fuse.touch(lambda: self._journal.append(entry, answers=answers, outcome=outcome))
        return line

    def begin(self, *args: Any, **named: Any) -> Any:
        return self._fuse.touch(lambda: self._journal.begin(*args, **named))


class Site:
    """A world, its journal on disk, and runners that come and go."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self.world = World()
        self.path = directory / "journal.db"
        self.journal = SqlJournal(self.path)

    def runner(self, who: str = "rey", *, wait: bool = False, **named: Any) -> Runner:
        policy = named.pop("policy", RunPolicy(wait=wait))
        return Runner(
            journal=cast("Journal", FusedJournal(self.journal, self.world.fuse)),
            hands=cast("Hands", self.world),
            clock=self.world.clock,
            lock=RunLock.beside(self.path, who),
            who=who,
            kinds=KINDS,
            policy=policy,
            **named,
        )

    def light(self) -> None:
        """The power is back: no fuse, and a journal opened anew."""
        self.world.fuse.set(None)
        self.journal.close()
        self.journal = SqlJournal(self.path)

    def close(self) -> None:
        self.journal.close()

    def events(self, event: Event) -> list[str]:
        return [f"{line.stage}.{line.ordinal}" for line in self.journal.lines() if line.event is event]


def stage(name: str, *lanes: tuple[Step, ...], **named: Any) -> Stage:
    return Stage(name, why="because", lanes=lanes, feels="nothing", undo="by hand", **named)


def plan(*stages: Stage, made_at: float = 1.0, verb: str = "upgrade") -> Plan:
    return Plan("pond", verb, "in_place", Lift("2025.1", "2026.1"), made_at, {"level": "low"}, stages)


def lift_plan() -> Plan:
    """Three stages: two lanes side by side, steps of every kind, one lane alone."""
    return plan(
        stage("fill", (Put("a"), Restart("pump"), Put("b")), (PutTwo(("c", "d")), Put("e"))),
        stage("open", (Put("f"), PutTwo(("g", "h")), Restart("gate"), Put("i")), leaves={"level": "high"}),
        stage("leave", (Put("j"),)),
    )


KEYS = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
EVERYTHING_NEW = dict.fromkeys(KEYS, "new")
IN_TWOS = {"c", "d", "g", "h"}
"""Keys set by steps that can be cut in the middle: these alone may be set again."""
