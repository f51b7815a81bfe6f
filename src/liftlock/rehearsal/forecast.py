"""What a rehearsal says of the real night: how long, and who waits; scaled to the rows there are by then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median

from liftlock.cloud.definition import Kind
from liftlock.rehearsal.measured import Command, Once, Rehearsal, Statement

GOOD_FOR_S = 7 * 86400.0
"""How long a rehearsal counts, in seconds."""
NOTICED_S = 0.1
"""Statements that take less, and wait for nobody's rows, are only counted."""
_NOISE = 0.1
"""The server estimates rows: differences up to this share say nothing."""
_FEW = 1000
"""Rows of a table that is too small for its growth to matter."""
_WORK = {
    "INSTANT": "changed at once",
    "NOCOPY": "changed without copying it",
    "INPLACE": "rebuilt in place",
    "COPY": "table copied",
}
_WAIT = {"NONE": "writes go on", "SHARED": "writes blocked", "EXCLUSIVE": "reads and writes blocked"}
_KINDS = {Kind.DROPS: "dropped", Kind.EMPTIES: "emptied", Kind.MAKES: "made", Kind.RENAMES: "renamed"}

Factor = Callable[[str], float]
"""`neutron.tags` -> how many times its rows the table has now."""


def factor(rehearsal: Rehearsal, now: Mapping[str, int]) -> Factor:
    """How much more there is to do now, by the same server's estimates then and `now` (`neutron.tags` -> rows)."""

    def grown(table: str) -> float:
        then, there = rehearsal.rows.get(table, 0), now.get(table, 0)
        if max(then, there) < _FEW or not then or abs(there - then) <= _NOISE * then:
            return 1.0
        return there / then

    return grown


def step_seconds(commands: Iterable[Command], grown: Factor) -> tuple[float, ...]:
    """How long a step with these commands takes, once per round; empty if one of them failed.

    Where a command was run for each database alone and the step runs it once for all, its start counts once.
    """
    told = list(commands)
    if not told or any(o.code for c in told for o in c.first):
        return ()
    twice = sum(c.start_up_s for c in told[1:])
    each = zip(*(tuple(_scaled(o, grown) for o in c.first) for c in told), strict=False)
    return tuple(max(0.0, sum(seconds) - twice) for seconds in each)


def _scaled(once: Once, grown: Factor) -> float:
    return once.wall_s + sum((grown(table) - 1) * seconds for table, seconds in once.by_table.items())


def statement_seconds(one: Statement, grown: Factor) -> float:
    """How long a statement will take: the middle of what was seen, times the growth of its table."""
    return one.p50_s * (1.0 if one.algorithm == "INSTANT" else grown(one.place))


def waits(told: Iterable[Statement], grown: Factor) -> tuple[str, ...]:
    """A line per statement that makes somebody wait or takes its time, the worst first; the others are counted."""
    sound = [s for s in told if not s.error]
    felt = [s for s in sound if _noticed(s, grown)]
    felt.sort(key=lambda s: (s.lock not in ("SHARED", "EXCLUSIVE"), -statement_seconds(s, grown)))
    rest = len(sound) - len(felt)
    return (*(line(s, grown) for s in felt), *([f"{rest} statements more are done at once"] if rest else []))


def _noticed(one: Statement, grown: Factor) -> bool:
    return one.algorithm == "COPY" or statement_seconds(one, grown) >= NOTICED_S


def line(one: Statement, grown: Factor) -> str:
    """What a statement does to whom: “`neutron.tags`: table copied, writes blocked 2.3 s”."""
    took = _took(statement_seconds(one, grown))
    if one.algorithm:
        blocked = _WAIT[one.lock]
        return f"`{one.place}`: {_WORK[one.algorithm]}, {blocked}{',' if one.lock == 'NONE' else ''} {took}"
    word = _KINDS.get(one.kind, "redefined, how is not known,")
    return f"`{one.place}`: {word} {took}"


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def start_up_s(rehearsal: Rehearsal) -> float:
    """How long programs of the new release take to start, the middle of all commands, in seconds."""
    return median(c.start_up_s for c in rehearsal.commands) if rehearsal.commands else 0.0


def day(at: float) -> str:
    """`2026-11-29`."""
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def stale(
    rehearsal: Rehearsal, *, now: float, cloud: str, lift: tuple[str, str], definitions: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """(service, why) for every reason why times do not count any more; the service is empty where none counts.

    `definitions` tell of each database how it is defined on the cloud now.
    """
    if rehearsal.cloud != cloud:
        yield "", f"it is of the cloud {rehearsal.cloud}"
    if (rehearsal.source, rehearsal.target) != lift:
        yield "", f"it is of {rehearsal.source} → {rehearsal.target}"
    if now - rehearsal.at > GOOD_FOR_S:
        yield "", f"it is older than {GOOD_FOR_S / 86400:.0f} days"
    for command in rehearsal.commands:
        moved = [d for d in command.databases if definitions.get(d, "") != rehearsal.definitions.get(d, "")]
        if moved:
            yield command.service, f"the schema of {', '.join(moved)} is another now"


def other_versions(
    rehearsal: Rehearsal, versions: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """(service, why) of services whose versions, old and new, are others in the plan."""
    for service, planned in versions.items():
        found = rehearsal.versions.get(service)
        if found is not None and found != planned:
            yield service, f"it is of {' → '.join(found)}, the plan of {' → '.join(planned)}"


def other_knowledge(rehearsal: Rehearsal, knowledge: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(service, why) of services about whose migrations liftlock knows something else now."""
    for service, digest in rehearsal.knowledge.items():
        if service in knowledge and knowledge[service] != digest:
            yield service, "liftlock knows other migrations of it now"
