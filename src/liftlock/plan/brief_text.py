"""What a plan says besides its steps, as text: before the stages, and after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from liftlock.knowledge.catalogue import services
from liftlock.plan.alike import EVERY_ONE, name_of, together, what_of
from liftlock.plan.brief import Brief, Component, Way
from liftlock.plan.model import Plan, Stage
from liftlock.plan.words import WIDTH, duration

_CELL = 14
"""Columns of the first column of a table."""
IDENTITY = "keystone"
FIRST = 5
"""Steps that are named where there may be many."""


def before(plan: Plan, brief: Brief) -> Iterator[tuple[str, ...]]:
    """Sections that stand before the stages: why, what, who, room."""
    yield ("Why this way", *_list(brief.path), *_ways(brief.ways))
    yield ("What is upgraded", *_components(brief.components))
    yield ("Who is affected", *_list(affected(plan, brief)))
    yield ("Capacity", *_list(brief.capacity))
    if brief.rehearsed:
        yield ("Rehearsed", *_list(brief.rehearsed))


def remarks(brief: Brief, *, each: bool) -> Iterator[str]:
    """Findings that are no risks, those of one check together unless `each` is wanted; nothing if there is none."""
    if brief.remarks:
        told = [(remark,) for remark in brief.remarks] if each else list(together(brief.remarks))
        yield f"Advice: {len(brief.remarks):,}"
        yield from _list(f"{name_of(alike)}: {what_of(alike)}; {alike[0].fix}" for alike in told)
        if len(told) < len(brief.remarks):
            yield from _list([EVERY_ONE])


def notes(brief: Brief) -> Iterator[str]:
    """Release notes that are about something this cloud has, each with what that is."""
    yield "Notes that matter"
    yield from _list([notes_sentence(brief)])
    for note in brief.notes:
        yield from _list([f"{note.service}, {note.section}: {'; '.join(note.ties)}"])
        yield from wrap(
            f"“{note.text}”",
            WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            max_lines=3,
            placeholder=" …”",
        )
        yield f"    {note.name}"


def notes_sentence(brief: Brief) -> str:
    """How many were looked at, and how far the answer can be believed."""
    if brief.notes_read is None:
        return "nobody looked: `liftlock plan --notes` reads them"
    return (
        f"{len(brief.notes)} of {_count(brief.notes_read, 'release note')} name something this cloud has. That is a "
        "first sieve, not a reading: what only their prose says is not understood (docs/plan.md); all of them: "
        "`liftlock hop show --topic notes`"
    )


def affected(plan: Plan, brief: Brief) -> Iterator[str]:
    """Services, projects and instances by name, a sentence each."""
    yield from away(plan, brief)
    if brief.touched:
        yield f"hosts with instances on which something is done: {', '.join(brief.touched)}"
    else:
        yield (
            f"no step touches a compute host: {_count(brief.instances, 'instance')} of "
            f"{_count(brief.projects, 'project')} go on running where they are"
        )
    for tenant in brief.tenants:
        more = tenant.instances - len(tenant.some)
        named = ", ".join(tenant.some) + (f" and {more:,} more" if more else "")
        yield f"project {tenant.name}: {_count(tenant.instances, 'instance')} ({named})"
    others = brief.projects - len(brief.tenants)
    if others > 0:
        left = brief.instances - sum(t.instances for t in brief.tenants)
        yield f"and {_count(others, 'project')} more with {_count(left, 'instance')}"
    for words, numbers in felt(plan).items():
        many = "stages" if len(numbers) > 1 else "stage"
        yield f"every user, during {many} {', '.join(map(str, numbers))}: {words}"
    if brief.busy_count:
        more = brief.busy_count - len(brief.busy)
        yield (
            f"nova was working on {_count(brief.busy_count, 'instance')} when the plan was made: "
            f"{', '.join(brief.busy)}{f' and {more} more' if more else ''}; wait for them before the gate “start”"
        )


def felt(plan: Plan) -> dict[str, list[int]]:
    """What users may feel -> the stages in which they may; stages in which they feel nothing are left out."""
    found: dict[str, list[int]] = {}
    for number, stage in enumerate(plan.stages, start=1):
        if not stage.feels.startswith("nothing"):
            found.setdefault(stage.feels, []).append(number)
    return found


def away(plan: Plan, brief: Brief) -> Iterator[str]:
    """Which services' APIs are away from where to where, those with the same span together."""
    for (first, last, seconds), names in spans(brief).items():
        gates = any(stage.gate for stage in plan.stages[first:last])
        longer = ", and as long as the run waits at a gate between them" if gates else ""
        yield (
            f"no API of {', '.join(names)} from stage {first} to stage {last}: about {duration(seconds)}, the time "
            f"of these stages{longer}"
        )
    if others := tokenless(brief):
        yield f"requests to {', '.join(others)} fail too while {IDENTITY} is away, which checks their tokens"
    if not brief.outages:
        yield "no API is taken away by plan"


def tokenless(brief: Brief) -> tuple[str, ...]:
    """Services whose API is there while that of keystone, which tells it who asks, is not."""
    spans = {one.service: (one.first, one.last) for one in brief.outages}
    if IDENTITY not in spans:
        return ()
    first, last = spans[IDENTITY]
    asking = (c.service for c in brief.components if c.service in services() and services()[c.service].api())
    return tuple(s for s in asking if not (s in spans and spans[s][0] <= first and spans[s][1] >= last))


def spans(brief: Brief) -> dict[tuple[int, int, float], list[str]]:
    """(first stage, last stage, seconds) -> services that are away then."""
    found: dict[tuple[int, int, float], list[str]] = {}
    for one in brief.outages:
        found.setdefault((one.first, one.last, one.seconds), []).append(one.service)
    return found


def verification(number: int, stage: Stage) -> str:
    """How one knows that a stage did what it says."""
    steps = list(stage.steps())
    asks = [ordinal for ordinal, step in steps if step.only_asks]
    told = [ordinal for ordinal, step in steps if not step.only_asks and not step.looked_at]
    changes = len(steps) - len(asks) - len(told)
    parts = []
    if changes:
        parts.append(f"{_count(changes, 'change')}, each looked at again once it is done")
    if told:
        parts.append(f"{_refs(number, told)}: how the program ended is all there is")
    if asks:
        parts.append(f"{_refs(number, asks)}: nothing but questions; a bad answer holds the run")
    return "; ".join(parts)


def _refs(number: int, ordinals: list[int]) -> str:
    named = ", ".join(f"{number}.{ordinal}" for ordinal in ordinals[:FIRST])
    more = len(ordinals) - FIRST
    return f"{named} and {more} more" if more > 0 else named


def _ways(ways: Iterable[Way]) -> Iterator[str]:
    for way in ways:
        yield f"  {'»' if way.chosen else ' '} {way.name}"
        rows = (
            ("step", way.step),
            ("risk", way.risk),
            ("servers", way.servers),
            ("clients", way.clients),
            ("verdict", way.verdict),
        )
        for label, words in rows:
            if words != "-":
                yield from wrap(words, WIDTH, initial_indent=f"      {label:<9}", subsequent_indent=" " * 15)


def _components(components: Iterable[Component]) -> Iterator[str]:
    found = tuple(components)
    widths = [
        max([len(head), *(len(cell) for cell in column)])
        for head, column in (
            ("service", [c.service for c in found]),
            ("from", [c.before for c in found]),
            ("to", [c.after for c in found]),
            ("old beside new", [c.rolls for c in found]),
        )
    ]
    yield _row(widths, ("service", "from", "to", "old beside new", "after"))
    for c in found:
        yield _row(widths, (c.service, c.before, c.after, c.rolls, ", ".join(c.waits_for) or "-"))
    yield from _list(reasons(found))


def reasons(components: Iterable[Component]) -> Iterator[str]:
    """Why old and new may serve beside each other or not: services with the same reason together."""
    found = tuple(components)
    same: dict[str, list[str]] = {}
    for c in found:
        same.setdefault(c.rolls_because, []).append(c.service)
    for because, names in same.items():
        yield f"{'all' if len(names) == len(found) > 1 else ', '.join(names)}: {because}"
    alone = [part for c in found for part in c.alone]
    if alone:
        yield f"never two beside each other, old stops before new starts: {', '.join(alone)}"


def _row(widths: list[int], cells: tuple[str, ...]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return "  " + "  ".join([*padded, *cells[len(widths) :]])


def _list(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _count(number: int, word: str) -> str:
    """`1 project`, `2,000 instances`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
