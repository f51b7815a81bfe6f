"""What a rehearsal found, beside the plan in a file, and in the plan: times while they count, verdicts, who waits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from liftlock.errors import BadInput
from liftlock.files import read_text, write_text
from liftlock.flow.briefing.brief import NOT_PROVED, rolls
from liftlock.flow.briefing.proven import Following, Proven, proven
from liftlock.flow.briefing.timings import History, history, kind_of, timings
from liftlock.flow.site import Site
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.service import Service
from liftlock.plan.brief import Brief, Component
from liftlock.plan.fingerprint import digest
from liftlock.plan.model import Plan
from liftlock.plan.plain import decode, encode
from liftlock.plan.words import duration
from liftlock.ports.databases import Shape
from liftlock.ports.scratch import Lodged
from liftlock.rehearsal import forecast
from liftlock.rehearsal.forecast import GOOD_FOR_S, Factor, day
from liftlock.rehearsal.hazards import Verdict
from liftlock.rehearsal.measured import Rehearsal
from liftlock.rehearsal.trouble import troubles
from liftlock.steps.backup import BackUpDatabases
from liftlock.steps.kinds import kinds
from liftlock.steps.schema import MigrateSchema

FORMAT = 1
"""Number of the file format; a reader refuses a greater one."""
LARGEST = 256 << 20
"""Bytes of such a file: more than any rehearsal takes."""
_HINT = "`liftlock rehearse PLAN …` writes one (docs/rehearse.md)"
_BUSY = 1.5
"""Programs that want each processor: a rehearsal alone is less."""
_LINES = 12
"""Statements that a plan names; the others are in the file."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A rehearsal as its file has it."""

    rehearsal: Rehearsal
    proven: Mapping[str, tuple[Proven, ...]]
    """Service -> verdicts of its proofs."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What of a rehearsal counts for a plan, now."""

    kept: Kept
    grown: Factor
    """By how much tables have grown since."""
    refused: tuple[tuple[str, str], ...]
    """(service, why) of what does not count; the service is empty where nothing does."""

    def counts(self, service: str) -> bool:
        """Whether what was measured for a service is used."""
        return not any(name in ("", service) for name, _ in self.refused)

    def verdicts(self) -> Mapping[str, tuple[Proven, ...]]:
        """Service -> what was proved of it; of what counts only."""
        return {s: v for s, v in self.kept.proven.items() if self.counts(s)}


def beside(plan_file: Path) -> Path:
    """Where the rehearsal of a plan lies: `plan.rehearsal.json` for `plan.json`."""
    return plan_file.with_suffix(".rehearsal.json")


def document(rehearsal: Rehearsal, proofs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All of it as plain values: what was measured, what is wrong, the proofs whole."""
    measured = encode(rehearsal)
    grown = forecast.factor(rehearsal, rehearsal.rows)
    return {
        "liftlock_rehearsal": FORMAT,
        "digest": digest(measured),
        "waits": forecast.waits(rehearsal.statements(), grown),
        "troubles": [asdict(t) for t in troubles(rehearsal.commands)],
        "rehearsal": measured,
        "proofs": list(proofs),
    }


def write(rehearsal: Rehearsal, proofs: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the file: readers see the whole of it or nothing. Raises `BadInput` if it cannot be written."""
    text = json.dumps(document(rehearsal, proofs), indent=1, ensure_ascii=False) + "\n"
    # What a program said when it failed may quote a row.
    write_text(path, text, "rehearsal", private=True)


def read(path: Path) -> Kept:
    """The rehearsal in a file; raises `BadInput` for one that is none, of a newer format, or edited."""
    text = read_text(path, "rehearsal", largest=LARGEST, source=_HINT, again=_HINT)
    try:
        whole = json.loads(text)
        number, plain, proofs = whole["liftlock_rehearsal"], whole["rehearsal"], whole["proofs"]
        if number != FORMAT:
            raise BadInput(
                f"{path} has rehearsal format {number}, this liftlock knows {FORMAT}",
                hint="rehearse again with this liftlock",
            )
        found = decode(Rehearsal, plain, "rehearsal", {})
        verdicts = [proven(row) for row in proofs]
        edited = whole["digest"] != digest(plain)
    except BadInput as error:
        raise BadInput(f"{path} is no rehearsal: {error.what}", hint=_HINT) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"{path} is no rehearsal: {error!r}", hint=_HINT) from error
    if edited:
        raise BadInput(f"{path} is torn or edited", hint=_HINT)
    assert isinstance(found, Rehearsal)
    return Kept(found, {v.service: tuple(o for o in verdicts if o.service == v.service) for v in verdicts})


def fit(site: Site, plan: Plan, kept: Kept) -> Fit:
    """What of it counts for a plan of this cloud now; asks the database server how it is defined and how full."""
    rehearsal = kept.rehearsal
    shapes = {name: site.hands.databases.shape(name) for name in rehearsal.definitions}
    versions = {c.service: (c.before, c.after) for c in plan.brief.components} if plan.brief else {}
    refused = (
        *forecast.stale(
            rehearsal,
            now=site.hands.clock.now(),
            cloud=plan.cloud,
            lift=(plan.lift.source, plan.lift.target),
            definitions={name: shape.definition for name, shape in shapes.items()},
        ),
        *forecast.other_versions(rehearsal, versions),
        *forecast.other_knowledge(rehearsal, {s.name: known_about(s) for s in services().values()}),
    )
    return Fit(kept, forecast.factor(rehearsal, rows_of(shapes)), tuple(dict.fromkeys(refused)))


def with_rehearsal(site: Site, plan: Plan, found: Fit) -> Plan:
    """The plan with the rehearsal's times, verdicts and waits; what it does, and its fingerprint, are as they were.

    What a verdict asks for and the plan's steps do not do is said of the service (`Component.undone`).
    """
    told = plan.brief or Brief()
    known = replace(
        history(site, kinds()),
        rehearsed=seconds(plan, found),
        rehearsed_on=day(found.kept.rehearsal.at),
    )
    return replace(plan, brief=replace(_timed(told, plan, known, found), rehearsed=tuple(sentences(found))))


def _timed(told: Brief, plan: Plan, known: History, found: Fit) -> Brief:
    times = timings(plan, known)
    away = [
        replace(one, seconds=sum(time.p50_s for time in times[one.first - 1 : one.last]))
        for one in told.outages
    ]
    judged = (_judged(part, plan, Following(found.verdicts())) for part in told.components)
    parts = tuple(_lived(part, found) for part in judged)
    return replace(told, timings=times, components=parts, outages=tuple(away))


def _judged(part: Component, plan: Plan, following: Following) -> Component:
    """With the rehearsal's verdict where there is none, and what of it the plan does not do."""
    if part.rolls != NOT_PROVED:
        return part
    versions = (part.service, part.before, part.after)
    rolled, because = rolls(*versions, following)
    made = replace(part, rolls=rolled, rolls_because=because)
    told = following.verdict(*versions)
    undone = left_undone(plan, told) if told else ""
    if not told or not undone:
        return made
    fails = (
        f"expect failures with {', '.join(told.breaks)} until its requests are cut; " if told.breaks else ""
    )
    way_out = f"{fails}`liftlock plan --to {plan.lift.target} --rehearsal FILE` makes one that does"
    words = f"{because}; this plan does not do it, {undone}: {way_out}"
    if told.aborts:
        words = f"{because}; {undone}"
    return replace(made, rolls_because=words, breaks=told.breaks, undone=undone)


def _lived(part: Component, found: Fit) -> Component:
    """With what the new release's programs fail at on the copies: no plan does anything against that."""
    told = [a for a in found.kept.rehearsal.answers if a.service == part.service and found.counts(a.service)]
    problems = [problem for one in told for problem in one.problems()]
    if not problems or part.undone:
        return part
    return replace(part, undone=f"its new release fails on the restored copies: {problems[0]}")


def left_undone(plan: Plan, told: Proven) -> str:
    """What a verdict asks for and the plan does not do, in words; empty where it does, or need not."""
    steps = [s for _, s in plan.steps() if isinstance(s, MigrateSchema) and s.service == told.service]
    if told.aborts:
        return "its migration aborts on this data: mend that, then rehearse again"
    # In place no old code is left when it is migrated; nor is there where the plan hands a service over apart.
    if told.verdict is Verdict.OVERLAP or not any(step.additive for step in steps):
        return ""
    if told.verdict is Verdict.GAP:
        return "the old service goes on while its databases are migrated"
    applied = {shim for step in steps for shim in step.shims}
    return "" if applied and applied >= set(told.shims) else "its migration goes without shims"


def seconds(plan: Plan, found: Fit) -> Mapping[str, tuple[float, ...]]:
    """Kind of step -> how long it took in each round, scaled to the rows there are now; of what counts only."""
    rehearsal, told = found.kept.rehearsal, {}
    for _, step in plan.steps():
        if isinstance(step, MigrateSchema) and found.counts(step.service):
            took = forecast.step_seconds(rehearsal.of(step.service, step.migration), found.grown)
            told[kind_of(step)] = took
        elif isinstance(step, BackUpDatabases) and found.counts("") and _backed_up(step, rehearsal):
            told[kind_of(step)] = (rehearsal.back_up_s,)
    return {kind: took for kind, took in told.items() if took}


def _backed_up(step: BackUpDatabases, rehearsal: Rehearsal) -> bool:
    """Whether the rehearsal backed up all that the step does, as the step does it."""
    return rehearsal.held_s is None and set(step.databases) <= {r.database for r in rehearsal.restored}


def sentences(found: Fit) -> Iterator[str]:
    """What a plan, and the screen, say of it."""
    rehearsal = found.kept.rehearsal
    if found.counts(""):
        yield from _measured(rehearsal)
        counted = [s for c in rehearsal.commands if found.counts(c.service) for s in c.statements]
        yield from _at_most(forecast.waits(counted, found.grown))
        if rehearsal.galera and counted:
            yield (
                "the server is a node of a Galera cluster: while a statement above runs, writes to all databases "
                "wait, on every node (wsrep_OSU_method=TOI, its default)"
            )
        yield from _asked(rehearsal, found)
        yield from (f"{t.what}; {t.fix}" for t in troubles(rehearsal.commands) if found.counts(t.service))
    for service, why in found.refused:
        yield (
            f"the rehearsal of {day(rehearsal.at)} is not used{f' for {service}' if service else ''}: {why}; "
            "rehearse again"
        )


def _measured(rehearsal: Rehearsal) -> Iterator[str]:
    names, size = len(rehearsal.restored), sum(r.mib for r in rehearsal.restored)
    copies = "restored copies" if rehearsal.held_s is None else "copies"
    yield (
        f"rehearsed on {day(rehearsal.at)} in {_many(rehearsal.rounds, 'round')} on {copies} of "
        f"{_many(names, 'database')}; counts until {day(rehearsal.at + GOOD_FOR_S)}, and as long as "
        "schema, versions and knowledge are the same"
    )
    if rehearsal.held_s is None:
        yield (
            f"the backup took {duration(rehearsal.back_up_s)} ({size:.0f} MiB packed); putting these databases back "
            f"after finalize takes about {duration(rehearsal.restore_s)}, stops and starts not counted"
        )
    else:
        yield (
            f"the copies came by the files of tables in {duration(rehearsal.back_up_s)} ({size:.0f} MiB), commits "
            f"waited {rehearsal.held_s:.1f} s for them; no backup was taken or put back: how long that takes "
            "is not known"
        )
    if rehearsal.lodged:
        yield from _beside(rehearsal.lodged)
    yield (
        f"a program of the new release takes {forecast.start_up_s(rehearsal):.1f} s to start; statements below are "
        "timed without that"
    )
    if rehearsal.busy > _BUSY:
        yield (
            f"the rehearsal's machine was busy, {rehearsal.busy:g} programs wanted each of its processors: times are "
            "too long; rehearse where nobody else works"
        )


def _beside(lodged: Lodged) -> Iterator[str]:
    """What it means, and has cost, that the copies lay on production's own server."""
    yield (
        "the copies lay on production's own server, as <database>_upgrade: that the backup can be restored on another "
        "machine was not tried; times are those of that server beside its users"
    )
    log = "nothing of it went through a binary log"
    if lodged.logged:
        others = f" and to {_many(lodged.replicas, 'server')} behind it" if lodged.replicas else ""
        log = (
            f"all of it went through its binary log{others}; that grew by {lodged.logged_mib} MiB meanwhile, what "
            "users wrote included"
        )
    yield f"production's server held {lodged.mib:.0f} MiB of copies and did their work beside its users'; {log}"
    if lodged.no_triggers:
        yield (
            "with its binary log the server let the copies have no triggers (log_bin_trust_function_creators is off): "
            "shims that need one could not be tried"
        )


def _asked(rehearsal: Rehearsal, found: Fit) -> Iterator[str]:
    """How the new release's programs fared."""
    if not rehearsal.answers:
        yield "the new release's programs were not started on the copies"
    for told in rehearsal.answers:
        if found.counts(told.service):
            yield told.sentence()


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _at_most(lines: Sequence[str]) -> Iterator[str]:
    """So many lines; the last counts."""
    if len(lines) <= _LINES:
        yield from lines
        return
    yield from lines[: _LINES - 1]
    yield f"and {len(lines) - _LINES + 1} lines more in the rehearsal's file"


def known_about(service: Service) -> str:
    """Hash of what liftlock knows about a service's databases and migrations."""
    return digest({"databases": service.databases, "migrations": [asdict(m) for m in service.migrations]})


def rows_of(shapes: Mapping[str, Shape]) -> dict[str, int]:
    """`neutron.tags` -> rows, by the server's estimate."""
    return {f"{name}.{table}": count for name, shape in shapes.items() for table, count in shape.rows.items()}
