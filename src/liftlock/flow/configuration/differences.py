"""Where green's configuration will differ from blue's, read from blue's before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.drivers.on_host.words import blotted
from liftlock.errors import Refused
from liftlock.knowledge.hop import Edit, Move
from liftlock.plan.model import Difference, Plan
from liftlock.ports.hands import Hands
from liftlock.ports.likeness import Substitution
from liftlock.steps.configuration import RewriteConfiguration
from liftlock.steps.green import MakeAlike


def differences(hands: Hands, plan: Plan) -> tuple[Difference, ...]:
    """Lines that name blue's host, then the plan's substitutions and edits; by host and file.

    Secrets are blotted out. Raises `Refused` where a substitution would find nothing to replace: the run would fail
    there.
    """
    steps = [step for _, step in plan.steps()]
    found = []
    for alike in (s for s in steps if isinstance(s, MakeAlike)):
        rewrites = [s for s in steps if isinstance(s, RewriteConfiguration) and s.host == alike.target]
        edits = [edit for rewrite in rewrites for edit in rewrite.edits]
        of_host = [*named(hands, alike), *substituted(hands, alike), *edited(hands, alike, edits)]
        found += sorted(of_host, key=lambda d: d.path)
    return tuple(found)


def named(hands: Hands, alike: MakeAlike) -> Iterator[Difference]:
    """Lines in which blue's name or address becomes green's."""
    for line in hands.likeness.mentions(alike.source, alike.directories, dict(alike.words)):
        yield Difference(
            alike.target,
            alike.source,
            line.path,
            f"line {line.line}",
            line.before.strip(),
            line.after.strip(),
        )


def substituted(hands: Hands, alike: MakeAlike) -> Iterator[Difference]:
    """Values of which a part changes; only that part is shown, the rest may be secret."""
    for wanted in alike.substitutions:
        value = hands.configuration.value(alike.source, wanted.path, wanted.section, wanted.option)
        part = re.search(wanted.pattern, value) if value is not None else None
        if part is None:
            raise nothing_to_replace(alike.source, wanted)
        new = re.sub(wanted.pattern, wanted.replacement, part.group())
        yield Difference(
            alike.target,
            alike.source,
            wanted.path,
            f"[{wanted.section}] {wanted.option}",
            f"{wanted.option} = …{part.group()}",
            f"{wanted.option} = …{new}",
            wanted.because,
        )


def nothing_to_replace(host: str, wanted: Substitution) -> Refused:
    """The error for a substitution that finds nothing on blue's host."""
    return Refused(
        f"{wanted.path} on {host}: [{wanted.section}] {wanted.option} holds nothing that matches `{wanted.pattern}`",
        now=f"no plan was made; the option was to be changed because {wanted.because}",
        hint=f"see {wanted.path} on {host}: set the option there, not in a file beside it",
    )


def edited(hands: Hands, alike: MakeAlike, edits: list[Edit | Move]) -> Iterator[Difference]:
    """Options set or removed; those that blue has so already are left out."""
    for edit in edits:
        before = hands.configuration.value(alike.source, edit.path, edit.section, edit.option)
        if isinstance(edit, Edit) and before == edit.value:
            continue
        place = f"[{edit.section}] {edit.option}"
        old, new = setting(edit.option, before), after(edit, before)
        yield Difference(alike.target, alike.source, edit.path, place, old, new, edit.because)


def after(edit: Edit | Move, before: str | None) -> str:
    """The option as a line once it is edited, secrets blotted out; with its section where that is another."""
    if isinstance(edit, Edit):
        return setting(edit.option, edit.value)
    section = "" if edit.new_section == edit.section else f"[{edit.new_section}] "
    return section + setting(edit.new_option, before)


def setting(option: str, value: str | None) -> str:
    """The option as a line, secrets blotted out; empty if it is not set."""
    return "" if value is None else blotted(f"{option} = {value}")
