"""What a plan with green says besides its stages: how green will differ, and the page for a lost bastion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import wrap

from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Difference, ManualStep, Plan

UNSEEN = "(the change lies within a secret)"
"""Stands for a line that looks the same before and after, as its secret is blotted out."""


def page(plan: Plan) -> str:
    """The page to print before a run: what to type if the bastion is lost; empty for plans without green.

    Lines to type are never broken.
    """
    if not plan.by_hand:
        return ""
    head = (
        f"{plan.cloud}: {plan.lift}, plan #{short(fingerprint(plan))}",
        "Print this before the run begins, and keep it where the bastion is not.",
        "",
    )
    return "\n".join((*head, *by_hand(plan))) + "\n"


def by_hand(plan: Plan) -> Iterator[str]:
    """What to type on which host, in order, and what to see then; nothing for plans without green."""
    if not plan.by_hand:
        return
    yield "If the bastion is lost"
    for sentence in rules(plan):
        yield from _sentence(sentence)
    for number, step in enumerate(plan.by_hand, start=1):
        yield ""
        yield from _manual(number, step)
    yield ""
    for sentence in AFTERWARDS:
        yield from _sentence(sentence)


def rules(plan: Plan) -> tuple[str, ...]:
    """When the page holds and how to use it, a sentence each."""
    last = plan.last_lossless_step
    gate = next((s.gate for s in plan.stages if not s.lossless and s.gate), "")
    until = f"until the gate “{gate}” is approved" if gate else "until the end of the plan"
    step = f" (last lossless step: {last} {plan.title(last)})" if last else ""
    return (
        f"Holds {until}{step}. Up to there it returns all requests to blue within seconds, then the work, and no write "
        "is lost.",
        "Beforehand, type each line behind “then look” once: they change nothing, and show that you get in and that "
        "what they call is there.",
        "Type it in this order, from any machine with your SSH key. Lines may be typed again; they are harmless where "
        "the run had not come so far.",
        "A host of green that does not answer: have it powered off, then go on with the next number.",
    )


AFTERWARDS = (
    "What stays is harmless: what was added to the databases, and on green its APIs and what serves only them; no "
    "request gets there.",
    "When the bastion is back: `liftlock rollback` finds what is done and puts back the rest. Do not `liftlock "
    "resume`.",
)
"""What the page says at its end."""


def differences(plan: Plan) -> Iterator[str]:
    """Where green's configuration will differ from blue's, file by file; nothing for plans without green."""
    if not plan.differences:
        return
    files = len({(d.host, d.path) for d in plan.differences})
    counted = f"{len(plan.differences)} differences in {files} file{'s' if files > 1 else ''}"
    yield f"Green's configuration: {counted}; secrets are blotted out"
    yield from _sentence("Unit files and certificates outside of them get the same names and addresses.")
    for (host, like), of_host in _by(plan.differences, lambda d: (d.host, d.like)):
        yield f"  {host}, made like {like}"
        for (path,), of_file in _by(of_host, lambda d: (d.path,)):
            yield f"    {path}"
            for (before, after, because), same in _by(of_file, lambda d: (d.before, d.after, d.because)):
                yield from _difference(_places(d.place for d in same), before, after, because)


def _manual(number: int, step: ManualStep) -> Iterator[str]:
    yield f"  {number}. on {step.host}: {step.title}"
    yield f"       {step.login}"
    yield from (f"         {command}" for command in step.commands)
    yield f"       then look:  {step.look}"
    yield from wrap(f"you see: {step.expect}", 100, initial_indent=" " * 7, subsequent_indent=" " * 9)


def _difference(place: str, before: str, after: str, because: str) -> Iterator[str]:
    yield from wrap(place, 100, initial_indent=" " * 6, subsequent_indent=" " * 8)
    if before == after:
        yield f"        ~ {after} {UNSEEN}"
    else:
        yield f"        - {before or '(not set)'}"
        yield f"        + {after or '(removed)'}"
    if because:
        yield from wrap(f"because {because}", 100, initial_indent=" " * 10, subsequent_indent=" " * 10)


def _places(places: Iterable[str]) -> str:
    """`line 3, 14` for lines, else as they are."""
    found = list(places)
    lines = [p.removeprefix("line ") for p in found if p.startswith("line ")]
    others = [p for p in found if not p.startswith("line ")]
    return ", ".join([*others, *([f"line {', '.join(lines)}"] if lines else [])])


def _by(
    found: Iterable[Difference], key: Callable[[Difference], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], list[Difference]]]:
    groups: dict[tuple[str, ...], list[Difference]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    yield from groups.items()


def _sentence(words: str) -> Iterator[str]:
    yield from wrap(words, 100, initial_indent="  ", subsequent_indent="  ")
