"""What differs between two plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from liftlock.plan.brief import Brief
from liftlock.plan.fingerprint import content_hash, fingerprint, short
from liftlock.plan.model import Plan, Stage
from liftlock.plan.plain import encode


def diff(old: Plan, new: Plan) -> tuple[str, ...]:
    """One line for each difference, signed `-` (only in the old), `+` (only in the new) or `~` (changed).

    Stages are the same when their names are; steps are the same when their content is. What moves by itself
    (instances, free memory, times) is left out. Empty if nothing differs but that and the moment they were made.
    """
    found = [*_header(old, new), *_stages(old, new), *_facts("fact ", old.facts, new.facts)]
    found += [f"- risk: {words}" for words in _risks(old) if words not in _risks(new)]
    found += [f"+ risk: {words}" for words in _risks(new) if words not in _risks(old)]
    found += [f"- fine print: {s}" for s in old.fine_print if s not in new.fine_print]
    found += [f"+ fine print: {s}" for s in new.fine_print if s not in old.fine_print]
    found += [
        *_differences(old, new),
        *_by_hand(old, new),
        *_brief(old.brief or Brief(), new.brief or Brief()),
    ]
    if found and fingerprint(old) != fingerprint(new):
        found.insert(0, f"~ fingerprint: #{short(fingerprint(old))} → #{short(fingerprint(new))}")
    return tuple(found)


def _header(old: Plan, new: Plan) -> Iterator[str]:
    for name in ("cloud", "verb", "strategy", "lift", "backup"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"~ {name}: {before or 'none'} → {after or 'none'}"


def _stages(old: Plan, new: Plan) -> Iterator[str]:
    before, after = [s.name for s in old.stages], [s.name for s in new.stages]
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            for one, other in zip(range(i, j), range(k, m), strict=True):
                yield from _stage(other + 1, old.stages[one], new.stages[other])
        else:
            yield from (f"- stage {n + 1} “{before[n]}”" for n in range(i, j))
            yield from (f"+ stage {n + 1} “{after[n]}”" for n in range(k, m))


def _stage(number: int, old: Stage, new: Stage) -> Iterator[str]:
    at = f"stage {number} “{new.name}”"
    for name, word in (("gate", "gate"), ("at_once", "lanes at once"), ("lossless", "lossless")):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"~ {at}: {word}: {_word(before)} → {_word(after)}"
    for name, word in (("why", "why"), ("feels", "users feel"), ("undo", "undo")):
        if getattr(old, name) != getattr(new, name):
            yield f"~ {at}: {word}: {getattr(new, name)}"
    ours, theirs = [s for _, s in old.steps()], [s for _, s in new.steps()]
    matcher = SequenceMatcher(None, [content_hash(s) for s in ours], [content_hash(s) for s in theirs], False)
    changed = False
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            changed = True
            yield from (f"- {at}: {ours[n].title}" for n in range(i, j))
            yield from (f"+ {at}: {theirs[n].title}" for n in range(k, m))
    if not changed and encode(old.lanes) != encode(new.lanes):
        yield f"~ {at}: the same steps in other lanes"
    yield from _facts(f"{at}: expects ", old.expects, new.expects)
    yield from _facts(f"{at}: leaves ", old.leaves, new.leaves)


def _differences(old: Plan, new: Plan) -> Iterator[str]:
    for sign, ours, theirs in (
        ("-", old.differences, new.differences),
        ("+", new.differences, old.differences),
    ):
        for one in ours:
            if one not in theirs:
                yield f"{sign} {one.host}: {one.path} {one.place}: {one.before or 'nothing'} → {one.after or 'nothing'}"


def _by_hand(old: Plan, new: Plan) -> Iterator[str]:
    for sign, ours, theirs in (("-", old.by_hand, new.by_hand), ("+", new.by_hand, old.by_hand)):
        for one in ours:
            if one not in theirs:
                yield f"{sign} by hand on {one.host} ({one.login}): {'; '.join(one.commands)}"


def _brief(old: Brief, new: Brief) -> Iterator[str]:
    """What explains them: versions, verdicts, APIs that are away, advice."""
    yield from _facts("", _explained(old), _explained(new))


def _explained(brief: Brief) -> Mapping[str, str]:
    found = {f"why this way: {sentence}": "said" for sentence in brief.path}
    for c in brief.components:
        found[f"{c.service}: versions"] = f"{c.before} → {c.after}"
        found[f"{c.service}: old beside new"] = f"{c.rolls}: {c.rolls_because}"
    for o in brief.outages:
        found[f"{o.service}: no API"] = f"stage {o.first} to stage {o.last}"
    return found | {f"advice: {r.name}": r.what for r in brief.remarks}


def _facts(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield f"- {what}{name}: {_word(old[name])}"
        elif name not in old:
            yield f"+ {what}{name}: {_word(new[name])}"
        elif old[name] != new[name]:
            yield f"~ {what}{name}: {_word(old[name])} → {_word(new[name])}"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"


def _risks(plan: Plan) -> tuple[str, ...]:
    return tuple(f"{r.name}, {f'accepted by {r.accepted}' if r.accepted else 'open'}" for r in plan.risks)
