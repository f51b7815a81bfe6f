"""What the target's programs answered on restored copies, and whether that is right. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from liftlock.ports.scratch import Held
from liftlock.rehearsal.target.role import ListCall

_NAMED = 5
"""Objects that a sentence names; the others are counted."""


class Moment(StrEnum):
    """When something was asked."""

    SERVES = "as the new release begins to serve"
    """After what is migrated before the handover."""
    FINALIZED = "after finalize"
    """After all migrations."""


@dataclass(frozen=True, slots=True)
class Started:
    """A program of the new release."""

    program: str
    """`nova-scheduler`."""
    seconds: float
    """Until it answered, for an API; until all APIs did, for others."""
    problem: str = ""
    """Why it does not run; empty if it does."""
    heard: tuple[str, ...] = ()
    """The last lines it printed, if it does not."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that was asked for, beside production's rows."""

    call: str
    """`openstack server list`."""
    moment: Moment
    rows: int
    """Objects that production has."""
    there: int
    """How many of them were listed, under their names."""
    wrong: tuple[str, ...] = ()
    """Objects that are missing, strange or called otherwise, a phrase each; the first of them."""
    problem: str = ""
    """Why there is no list."""
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether it told what production has, and nothing else."""
        return not self.problem and not self.wrong


@dataclass(frozen=True, slots=True)
class Made:
    """A kind of object that was made, shown and deleted."""

    kind: str
    """`security group`."""
    moment: Moment
    problem: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything about one service."""

    service: str
    started: tuple[Started, ...] = ()
    listed: tuple[Listed, ...] = ()
    made: tuple[Made, ...] = ()
    left_out: str = ""
    """Why it was not started; empty if it was."""

    def problems(self) -> tuple[str, ...]:
        """What went wrong, a sentence each."""
        return tuple(_problems(self))

    def sentence(self) -> str:
        """All of it, for a plan: “nova on the copies: started, 312 of 312 objects listed, …”."""
        if self.left_out:
            return f"{self.service} on the restored copies: not started, {self.left_out}"
        told = self.problems()
        if told:
            more = f" (and {len(told) - 1} more in the rehearsal's file)" if len(told) > 1 else ""
            return f"{self.service} on the restored copies: the new release fails: {told[0]}{more}"
        return f"{self.service} on the restored copies: {', '.join(_sound(self))}"


def _problems(told: Answers) -> Iterator[str]:
    for program in told.started:
        if program.problem:
            yield f"{program.program} {program.problem}"
    for one in told.listed:
        if one.problem:
            yield f"{one.moment}, `{one.call}` fails: {one.problem}"
        elif one.wrong:
            more = len(one.wrong) - _NAMED
            named = f"{'; '.join(one.wrong[:_NAMED])}{f'; and {more} more' if more > 0 else ''}"
            yield f"{one.moment}, `{one.call}` tells {one.there} of {one.rows} objects of production: {named}"
    for made in told.made:
        if made.problem:
            yield f"{made.moment}, a {made.kind} {made.problem}"


def _sound(told: Answers) -> Iterator[str]:
    yield "started"
    serving = [one for one in told.listed if one.moment is Moment.SERVES]
    if serving:
        yield f"{sum(o.there for o in serving)} of {sum(o.rows for o in serving)} objects listed"
    kinds = list(dict.fromkeys(one.kind for one in told.made))
    if kinds:
        yield f"{_joined(kinds)} made, shown and deleted"
    moments = {*(one.moment for one in told.listed), *(one.moment for one in told.made)}
    if Moment.FINALIZED in moments:
        yield "the same after finalize"


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def compared(
    call: ListCall,
    moment: Moment,
    production: Iterable[Held],
    ours: Collection[str],
    items: Iterable[Mapping[str, Any]],
    *,
    project: str = "",
) -> Listed:
    """A list beside production's rows.

    `ours` are ids that the rehearsal itself brought into the copy, and `project` is its own: what is in there is too.
    """
    told = {str(i[call.id_field]): i for i in items if not call.own(i) and not _of(project, i)}
    rows, there, wrong = 0, 0, []
    for held in production:
        rows += 1
        item = told.pop(held.id, None)
        name = "" if item is None or not call.name_field else str(item.get(call.name_field) or "")
        if item is None:
            wrong.append(f"{_called(held.id, held.name)} is missing")
        elif call.name_field and name != held.name:
            wrong.append(f"{held.id} is called {name!r}, not {held.name!r}")
        else:
            there += 1
    # Where nothing is compared, nothing is strange.
    strange = [i for i in told if i not in ours] if call.kind else []
    wrong += [f"{_called(i, str(told[i].get(call.name_field, '')))} is none of production's" for i in strange]
    return Listed(call.words, moment, rows, there, tuple(wrong))


def _of(project: str, item: Mapping[str, Any]) -> bool:
    """Whether it belongs to the project, whatever services call that."""
    return bool(project) and project in (item.get(key) for key in ("project_id", "tenant_id", "owner"))


def _called(identity: str, name: str) -> str:
    return f"{name} ({identity})" if name and name != identity else identity
