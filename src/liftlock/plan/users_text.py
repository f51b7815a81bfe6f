"""What an operator sends to the cloud's users before a lift: when, what they may notice, what they gain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from liftlock.knowledge.catalogue import releases, services
from liftlock.plan.brief import Brief
from liftlock.plan.brief_text import IDENTITY, felt, spans, tokenless
from liftlock.plan.model import Plan
from liftlock.plan.text import timing, total
from liftlock.plan.words import duration

COLUMNS = 78
"""A mail is no wider."""
TO_FILL_IN = "[day and hour]"


def page(plan: Plan, begins: str = "") -> str:
    """The text, ready to be sent; `begins` is when the work begins, in the operator's words, else left to fill in."""
    brief = plan.brief or Brief()
    ends = f"{plan.lift.source} to {plan.lift.target}"
    lines = [
        f"Subject: {plan.cloud}: {plan.verb} to OpenStack {named(plan.lift.target)}",
        "",
        *_folded([f"We are going to {plan.verb} {plan.cloud} from OpenStack {ends}."]),
    ]
    for head, sentences in (
        ("When", when(plan, begins)),
        ("What you may notice", notice(plan, brief)),
        ("What you gain", brief.gains),
        ("If something goes wrong", back(plan)),
    ):
        lines += ["", head, *_folded(sentences, "- ")]
    return "\n".join(lines) + "\n"


def named(series: str) -> str:
    """`2026.1 (Gazpacho)`."""
    known = releases().get(series)
    return f"{series} ({known.name.capitalize()})" if known and known.name != series else series


def when(plan: Plan, begins: str) -> Iterator[str]:
    """From when on and for how long."""
    times = [timing(plan, number) for number in range(1, len(plan.stages) + 1)]
    yield f"It begins {begins or TO_FILL_IN}."
    yield f"The work itself takes {total(times)}; pauses in which we check come on top."


def notice(plan: Plan, brief: Brief) -> Iterator[str]:
    """Which services do not answer and for how long; what goes on."""
    for (_, _, seconds), away in spans(brief).items():
        names = ", ".join(spoken(service) for service in away)
        how_long = f"{names}: no answers for about {duration(seconds)} by plan."
        yield f"{how_long} Requests fail meanwhile; repeat them afterwards."
    if tokenless(brief):
        yield f"The other APIs refuse requests while {spoken(IDENTITY)} does not answer."
    if not brief.outages:
        yield "Every API goes on answering: we plan no interruption."
        yield from (f"{words[:1].upper()}{words[1:]}." for words in felt(plan))
    if not brief.touched:
        yield "Instances, volumes and networks that exist go on running; none is stopped, moved or restarted."
    else:
        yield f"Instances on these hosts may be affected: {', '.join(brief.touched)}."


def spoken(service: str) -> str:
    """A service as users call it: `compute (nova)`."""
    known = services().get(service)
    kind = known.catalogue_type if known else ""
    return f"{kind} ({service})" if kind not in ("", service) else service


def back(plan: Plan) -> Iterator[str]:
    """What users would lose, and up to when they would not."""
    last = plan.last_lossless_stage
    if last == len(plan.stages):
        yield "We can go back at any time without losing anything you wrote."
    elif last:
        after = plan.stages[last]
        until = f"we decide to {after.gate}" if after.gate else f"the step “{after.name}”"
        yield f"Until {until} we can go back without losing anything you wrote."
        yield "After that, going back would mean a backup: we would tell you before."
    else:
        yield "Going back would mean a backup: we would tell you before."


def _folded(sentences: Iterable[str], lead: str = "") -> Iterator[str]:
    for sentence in sentences:
        yield from wrap(
            sentence,
            COLUMNS,
            initial_indent=lead,
            subsequent_indent=" " * len(lead),
            break_on_hyphens=False,
            break_long_words=False,
        )
