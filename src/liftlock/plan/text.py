"""A plan as plain text that a human reads and approves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from liftlock.plan import brief_text, green_text
from liftlock.plan.alike import EVERY_ONE, name_of, together, what_of
from liftlock.plan.brief import OWN_FIGURES, OWN_FIGURES_MEAN, Timing
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan, Stage
from liftlock.plan.step import Step, WayBack
from liftlock.plan.words import GOING_BACK, WIDTH, duration

_LABEL = 10
"""Columns of the labels in front of a stage's sentences."""


def text(plan: Plan, *, each: bool = False) -> str:
    """The whole plan: header, what explains it, every stage with every step, the last lossless step, the fine print.

    Times say on what they rest; waiting at gates is not counted. What one check found in many places is told together,
    unless `each` is wanted by itself.
    """
    times = [timing(plan, number) for number in range(1, len(plan.stages) + 1)]
    lines = [
        f"{plan.verb} {plan.cloud}: {plan.lift}",
        f"  strategy     {plan.strategy}",
        f"  fingerprint  #{short(fingerprint(plan))}",
        f"  steps        {sum(1 for _ in plan.steps())} in {len(plan.stages)} stages",
        f"  time         {total(times)}, waiting at gates not counted",
    ]
    if plan.backup:
        lines.append(f"  backup       {plan.backup}")
    lines += [f"  relies on    {len(plan.facts)} facts about this cloud"]
    if any(OWN_FIGURES in time.basis for time in times):
        lines += wrap(f"  {OWN_FIGURES}: {OWN_FIGURES_MEAN}", WIDTH, subsequent_indent="    ")
    lines.append("")
    for section in brief_text.before(plan, plan.brief) if plan.brief else ():
        lines += [*section, ""]
    last = plan.last_lossless_stage
    if last == 0 and plan.stages:
        lines += [_rule("no stage is lossless: going back costs writes from the first step"), ""]
    for number, stage in enumerate(plan.stages, start=1):
        lines += [*_stage(number, stage, times[number - 1]), ""]
        if number == last:
            lines += [*_mark(plan), ""]
    advice = brief_text.remarks(plan.brief, each=each) if plan.brief else iter(())
    notes = brief_text.notes(plan.brief) if plan.brief else iter(())
    after = (green_text.differences(plan), green_text.by_hand(plan), risks(plan, each=each), advice, notes)
    for part in after:
        found = list(part)
        lines += [*found, ""] if found else []
    lines.append("The fine print")
    for sentence in plan.fine_print or ("none",):
        lines += wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def risks(plan: Plan, *, each: bool) -> Iterator[str]:
    """What the plan goes on with although a check found it: open risks and accepted ones; nothing if there is none."""
    if not plan.risks:
        return
    left = sum(not risk.accepted for risk in plan.risks)
    yield f"Risks: {left:,} open, {len(plan.risks) - left:,} accepted"
    told = [(risk,) for risk in plan.risks] if each else list(together(plan.risks))
    for alike in told:
        risk, words = alike[0], f"{name_of(alike)}: {what_of(alike)}"
        yield from wrap(words, WIDTH, initial_indent="  - ", subsequent_indent="    ")
        rid = "to be rid of it" if len(alike) == 1 else "to be rid of the first"
        words = f"accepted by {risk.accepted}" if risk.accepted else f"{rid}: {risk.fix}"
        yield from wrap(words, WIDTH, initial_indent="    ", subsequent_indent="    ")
    if len(told) < len(plan.risks):
        yield f"  - {EVERY_ONE}"


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


def timing(plan: Plan, stage: int) -> Timing:
    """How long a stage takes, by its number, and on what that rests."""
    known = plan.brief.timing(stage) if plan.brief else None
    return known or Timing(plan.stages[stage - 1].seconds, None, OWN_FIGURES)


def total(times: Iterable[Timing]) -> str:
    """How long all of it takes, and on what that rests."""
    found = tuple(times)
    bases = dict.fromkeys(t.basis for t in found) or {OWN_FIGURES: None}
    slowest = [t.p90_s for t in found if t.p90_s is not None]
    return taking(
        Timing(
            sum(t.p50_s for t in found),
            sum(slowest) if found and len(slowest) == len(found) else None,
            next(iter(bases)) if len(bases) == 1 else "each stage says on what its own rests",
        )
    )


def taking(time: Timing) -> str:
    """A time with its basis.

    >>> taking(Timing(15.0, None, "liftlock's figures")), taking(Timing(15.0, 20.0, "3 runs here"))
    ("about 15 s (liftlock's figures)", 'P50 15 s, P90 20 s (3 runs here)')
    """
    if time.p90_s is None:
        return f"about {duration(time.p50_s)} ({time.basis})"
    return f"P50 {duration(time.p50_s)}, P90 {duration(time.p90_s)} ({time.basis})"


def _stage(number: int, stage: Stage, time: Timing) -> Iterator[str]:
    head, took = f"Stage {number}: {stage.name}", taking(time)
    if len(head) + len(took) + 2 <= WIDTH:
        yield f"{head}{took.rjust(WIDTH - len(head))}"
    else:
        yield from (head, took.rjust(WIDTH))
    if stage.gate:
        yield f"  ══ gate “{stage.gate}”: waits for approval before it starts ══"
    checked = brief_text.verification(number, stage)
    for label, sentence in (
        ("why", stage.why),
        ("users", stage.feels),
        ("verify", checked),
        (GOING_BACK, stage.undo),
    ):
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
