"""A plan as plain text that a human reads and approves."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from liftlock.plan import green_text
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan, Stage
from liftlock.plan.step import Step, WayBack

WIDTH = 100
"""Columns of the terminal it fits in."""

GOING_BACK = "going back from here:"
"""Stands before how to get back from where a stage ends, and what that costs: in the plan, live and in the status."""

_LABEL = 10
"""Columns of the labels in front of a stage's sentences."""


def text(plan: Plan) -> str:
    """The whole plan: header, every stage with every step, the last lossless step, green's part, the fine print.

    Times are those of the steps' own estimates, without waiting at gates.
    """
    lines = [
        f"{plan.verb} {plan.cloud}: {plan.lift}",
        f"  strategy     {plan.strategy}",
        f"  fingerprint  #{short(fingerprint(plan))}",
        f"  steps        {sum(1 for _ in plan.steps())} in {len(plan.stages)} stages",
        f"  time         about {duration(plan.seconds)}, waiting at gates not counted",
    ]
    if plan.backup:
        lines.append(f"  backup       {plan.backup}")
    lines += [f"  relies on    {len(plan.facts)} facts about this cloud", ""]
    last = plan.last_lossless_stage
    if last == 0 and plan.stages:
        lines += [_rule("no stage is lossless: going back costs writes from the first step"), ""]
    for number, stage in enumerate(plan.stages, start=1):
        lines += [*_stage(number, stage), ""]
        if number == last:
            lines += [*_mark(plan), ""]
    for section in (green_text.differences(plan), green_text.by_hand(plan), risks(plan)):
        found = list(section)
        lines += [*found, ""] if found else []
    lines.append("The fine print")
    for sentence in plan.fine_print or ("none",):
        lines += wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def risks(plan: Plan) -> Iterator[str]:
    """What the plan goes on with although a check found it: open risks and accepted ones; nothing if there is none."""
    if not plan.risks:
        return
    left = sum(not risk.accepted for risk in plan.risks)
    yield f"Risks: {left} open, {len(plan.risks) - left} accepted"
    for risk in plan.risks:
        yield from wrap(f"{risk.name}: {risk.what}", WIDTH, initial_indent="  - ", subsequent_indent="    ")
        words = f"accepted by {risk.accepted}" if risk.accepted else f"to be rid of it: {risk.fix}"
        yield from wrap(words, WIDTH, initial_indent="    ", subsequent_indent="    ")


def duration(seconds: float) -> str:
    """A time for people, to two digits that matter.

    >>> duration(0.4), duration(59.6), duration(200), duration(7260)
    ('1 s', '1 min', '3 min 20 s', '2 h 1 min')
    """
    whole = max(1, round(seconds)) if seconds > 0 else 0
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    return f"{left} s"


def _titled(step: Step, stage: Stage) -> str:
    """What it does, and what it takes to go back from it where that costs writes."""
    easy = stage.lossless or step.way_back in (None, WayBack.REVERSIBLE)
    return step.title if easy else f"{step.title} ({step.way_back})"


def _mark(plan: Plan) -> Iterator[str]:
    yield _rule("last lossless step")
    step = plan.last_lossless_step
    if step:
        yield from wrap(
            f"{step}  {plan.title(step)}", WIDTH, initial_indent=" " * 3, subsequent_indent=" " * 8
        )
    everywhere = plan.last_lossless_stage == len(plan.stages)
    yield f"   going back from {'any stage loses no write' if everywhere else 'here on loses writes'}"


def _rule(words: str) -> str:
    return f"── {words} ".ljust(WIDTH, "─")


def _stage(number: int, stage: Stage) -> Iterator[str]:
    head = f"Stage {number}: {stage.name}"
    yield f"{head}{f'about {duration(stage.seconds)}'.rjust(WIDTH - len(head))}" if len(head) < 80 else head
    if stage.gate:
        yield f"  ══ gate “{stage.gate}”: waits for approval before it starts ══"
    for label, sentence in (("why", stage.why), ("users", stage.feels), (GOING_BACK, stage.undo)):
        lead = f"  {label} " if label is GOING_BACK else f"  {label}".ljust(_LABEL)
        yield from wrap(sentence or "-", WIDTH, initial_indent=lead, subsequent_indent=" " * _LABEL)
    if len(stage.lanes) > 1:
        yield f"  {len(stage.lanes)} lanes, {min(stage.at_once, len(stage.lanes))} at a time"
    ordinal = 0
    for lane in stage.lanes:
        for position, step in enumerate(lane):
            ordinal += 1
            # One bracket per lane: what stands in one bracket runs in order, brackets run side by side.
            edge = " "
            if len(stage.lanes) > 1:
                edge = "│" if len(lane) > 1 and 0 < position < len(lane) - 1 else "╶"
                if len(lane) > 1 and position in (0, len(lane) - 1):
                    edge = "┌" if position == 0 else "└"
            lead = f"  {edge} {f'{number}.{ordinal}'.rjust(5)}  "
            yield from wrap(
                _titled(step, stage),
                WIDTH,
                initial_indent=lead,
                subsequent_indent=f"  {' ' * (len(lead) - 2)}",
            )
