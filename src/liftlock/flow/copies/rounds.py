"""Rounds of a rehearsal: a service's migrations from fresh copies on, each command twice; then each statement again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from liftlock.cloud.schema import Schema
from liftlock.flow.copies.gathering import BEFORE, Ground, Ran, due, run
from liftlock.knowledge.service import Migration, Service
from liftlock.ports.scratch import Replayed, Took
from liftlock.rehearsal import measured
from liftlock.rehearsal.measured import Command, Once
from liftlock.steps.schema import BATCHES_AT_MOST, MORE_TO_DO

_STARTS = 3
_IDLE = "--version"
"""With it a program loads what it always loads, says a number and ends (oslo.config 9)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A service, and its migrations in the order in which they run."""

    service: Service
    migrations: tuple[Migration, ...]


@dataclass(frozen=True, slots=True)
class _Went:
    """One command in one round."""

    migration: Migration
    targets: tuple[str, ...]
    first: Once
    first_said: tuple[Took, ...]
    second: Once
    second_said: tuple[Took, ...]


def start_ups(ground: Ground, chosen: Sequence[Chosen]) -> Mapping[str, float]:
    """Program -> how long it takes to start and do nothing, the middle of a few starts, in seconds.

    Raises `BadInput` for a program that the new release does not have.
    """
    programs = dict.fromkeys(m.command[0] for c in chosen for m in c.migrations)
    return {name: median(_started(ground, name) for _ in range(_STARTS)) for name in programs}


def _started(ground: Ground, program: str) -> float:
    began = time.monotonic()
    ground.new.run((program, _IDLE), {})
    return round(time.monotonic() - began, 3)


def rehearsed(
    ground: Ground, chosen: Chosen, starts: Mapping[str, float], rounds: int
) -> tuple[Command, ...]:
    """Every command of a service as it went in `rounds` rounds; after one that fails, none that comes later."""
    databases = [d for d in chosen.service.databases if d in ground.databases]
    went = []
    for _ in range(rounds):
        afresh(ground, databases)
        went.append(tuple(_round(ground, chosen, databases)))
    afresh(ground, databases)
    again = iter(ground.server.replay([s for one in went[0] for s in (*one.first_said, *one.second_said)]))
    commands = []
    for number, one in enumerate(went[0]):
        replayed = [next(again) for _ in one.first_said]
        for _ in one.second_said:
            next(again)
        # A round that ended early has fewer commands.
        same = [each[number] for each in went if number < len(each)]
        commands.append(_command(chosen.service, same, replayed, starts[one.migration.command[0]]))
    return tuple(commands)


def afresh(ground: Ground, databases: Sequence[str]) -> None:
    """Make copies anew from those that stayed as they were, and lead what is written in them nowhere."""
    for name in databases:
        ground.server.copy(name + BEFORE, name)
    ground.server.isolate(databases)


def _round(ground: Ground, chosen: Chosen, databases: Sequence[str]) -> Iterator[_Went]:
    for migration, targets in due(chosen.migrations, databases):
        first, first_said = _once(ground, migration, targets)
        before = _schemas(ground, targets)
        second, second_said = _once(ground, migration, targets)
        others = [name for name, schema in _schemas(ground, targets).items() if schema != before[name]]
        phrases = dict.fromkeys([*second.changed, *(f"{name} is defined otherwise" for name in others)])
        yield _Went(
            migration, targets, first, first_said, replace(second, changed=tuple(phrases)), second_said
        )
        if first.code:
            return


def _schemas(ground: Ground, databases: Sequence[str]) -> dict[str, Schema]:
    return {name: ground.server.schema(name) for name in databases}


def _once(ground: Ground, migration: Migration, targets: tuple[str, ...]) -> tuple[Once, tuple[Took, ...]]:
    """Run a command until it has nothing more to do, as the plan's step does."""
    with ground.server.timed() as said:
        ran = list(batches(ground, migration, targets))
    wall, server = sum(one.seconds for one in ran), sum(one.seconds for one in said)
    last, changed = ran[-1], measured.changed(said)
    once = Once(last.code, last.words, round(wall, 3), round(server, 3), len(ran), changed=changed)
    return once, tuple(said)


def batches(ground: Ground, migration: Migration, targets: tuple[str, ...]) -> Iterator[Ran]:
    """Run a command until it has nothing more to do, as the plan's step does; each time it was run, at least one."""
    for _ in range(BATCHES_AT_MOST):
        ran = run(ground, migration, targets)
        yield ran
        if not (migration.may_repeat and ran.code == MORE_TO_DO):
            return


def _command(
    service: Service, went: Sequence[_Went], replayed: Sequence[Replayed], start_up_s: float
) -> Command:
    statements = measured.statements([one.first_said for one in went], replayed)
    return Command(
        service.name,
        went[0].migration.name,
        " ".join((*went[0].migration.command, *went[0].migration.alone)),
        went[0].targets,
        start_up_s,
        tuple(replace(o.first, by_table=measured.by_table(o.first_said, statements)) for o in went),
        tuple(o.second for o in went),
        statements,
    )
