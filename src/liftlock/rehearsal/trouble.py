"""What a rehearsal found that must not happen in the night: commands that fail, or do something when run again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from liftlock.rehearsal.measured import WRITTEN, Command, Once

_NAMED = 5


class Ill(StrEnum):
    """What is wrong with a command."""

    FAILS = "fails"
    FAILS_AGAIN = "fails when it is run again"
    CHANGES_AGAIN = "changes something when it is run again"
    UNSTEADY = "ends now well, now badly"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One command, and what is wrong with it."""

    service: str
    migration: str
    ill: Ill
    what: str
    """The whole of it in a sentence."""
    fix: str
    """What to do about it before the night."""


def troubles(commands: Iterable[Command]) -> tuple[Trouble, ...]:
    """All there is to say about commands that were run twice in every round."""
    return tuple(one for command in commands for one in _of(command))


def _of(command: Command) -> Iterator[Trouble]:
    failed = [o for o in command.first if o.code]
    if failed and len(failed) < len(command.first):
        yield _trouble(
            command,
            Ill.UNSTEADY,
            f"it failed in {len(failed)} of {len(command.first)} rounds on the same data: {failed[0].words}",
            "find out what it depends on; rehearse again with more rounds",
        )
    elif failed:
        yield _trouble(
            command,
            Ill.FAILS,
            f"{failed[0].words}{_half(command)}; {_again(command)}",
            "mend the data or the release on the cloud, and rehearse again: the run would stop here",
        )
    else:
        yield from _twice(command)


def _twice(command: Command) -> Iterator[Trouble]:
    """What is wrong with a second run after a first that went well: a step that is taken up again runs it again."""
    bad = [o for o in command.second if o.code]
    if bad:
        what = f"the first run ends well, the second says: {bad[0].words}"
        yield _trouble(
            command,
            Ill.FAILS_AGAIN,
            what,
            "know this before the night: once it has ended well, it must not be run again",
        )
        return
    again = [o for o in command.second if o.changed]
    if again:
        yield _trouble(
            command,
            Ill.CHANGES_AGAIN,
            f"the second run is not idle: {_named(again[0].changed)}",
            "look whether that harms: a run that was cut off there runs the command again",
        )


def _half(command: Command) -> str:
    """What a command that failed had changed by then: MariaDB takes no definition back."""
    done = dict.fromkeys(s.place for s in command.statements if not s.error)
    rows = dict.fromkeys(w for o in command.first[:1] for w in o.changed if w.endswith(WRITTEN))
    left = [*(f"{place} is defined otherwise" for place in done), *rows]
    return f"; by then {_named(left)}" if left else "; nothing was changed by then"


def _again(command: Command) -> str:
    second: Once | None = command.second[0] if command.second else None
    if second is None:
        return "it was not run again"
    return f"run again, it says: {second.words}" if second.code else "run again, it ends well"


def _named(phrases: Iterable[str]) -> str:
    told = list(phrases)
    more = len(told) - _NAMED
    return ", ".join(told[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _trouble(command: Command, ill: Ill, what: str, fix: str) -> Trouble:
    return Trouble(
        command.service, command.migration, ill, f"{command.service}: `{command.command}` {ill}: {what}", fix
    )
