"""A rehearsal in its file and in the plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from liftlock.cli.pages.plan import page
from liftlock.cloud.shim import Shim
from liftlock.errors import BadInput, Refused
from liftlock.flow.briefing import rehearsed
from liftlock.flow.briefing.proven import Following
from liftlock.flow.briefing.rehearsed import known_about, rows_of
from liftlock.flow.command.requests import ask
from liftlock.flow.copies.gathering import Ground
from liftlock.flow.plan import plan
from liftlock.flow.proof import Proof
from liftlock.flow.records.report import predictions
from liftlock.flow.rehearse import Outcome, Wish, choose, rehearse
from liftlock.flow.run import resume, run
from liftlock.flow.site import Site
from liftlock.knowledge.catalogue import services
from liftlock.plan import codec
from liftlock.plan.brief import OWN_FIGURES, Component
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.plan.text import text
from liftlock.ports.journal import RequestKind
from liftlock.ports.scratch import Ended
from liftlock.rehearsal.forecast import GOOD_FOR_S
from liftlock.rehearsal.hazards import Hazard, Verdict, Why
from liftlock.rehearsal.measured import Command, Once, Rehearsal, Restored, Statement
from liftlock.rehearsal.target.answers import Answers, Listed, Moment, Started
from liftlock.sim.cloud import SimCloud
from liftlock.steps.kinds import kinds
from tests.sites import GREEN, sim_session, sim_site
from tests.unit.rehearsal.test_measured import TAGS


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return sim_site(tmp_path, SimCloud.tiny(), GREEN)


@pytest.fixture
def made(site: Site) -> Plan:
    return plan(site, "2026.1")[0]


def command(service: str, migration: str, wall_s: float, *statements: Statement) -> Command:
    first = tuple(Once(0, "", wall_s + more, 1.0) for more in (0.0, 1.0, 4.0))
    return Command(
        service, migration, f"{service}-manage {migration}", (service,), 1.0, first, first, statements
    )


def written(what: Outcome, file: Path) -> None:
    rehearsed.write(what.rehearsal, what.proved(), file)


def outcome(site: Site, made: Plan) -> Outcome:
    """Of neutron and keystone, as they are in this cloud and this plan."""
    assert made.brief
    shapes = {name: site.hands.databases.shape(name) for name in ("keystone", "neutron")}
    versions = {c.service: (c.before, c.after) for c in made.brief.components if c.service in shapes}
    rehearsal = Rehearsal(
        cloud="tiny",
        source="2025.1",
        target="2026.1",
        at=site.hands.clock.now(),
        rounds=3,
        back_up_s=40.0,
        restored=(Restored("keystone", 1.0, 20.0), Restored("neutron", 1.0, 100.0)),
        commands=(
            command("keystone", "expand", 10.0),
            command("keystone", "contract", 10.0),
            command("neutron", "expand", 100.0, TAGS),
            command("neutron", "contract", 100.0),
        ),
        versions=versions,
        knowledge={name: known_about(services()[name]) for name in shapes},
        definitions={name: shape.definition for name, shape in shapes.items()},
        rows=rows_of(shapes),
    )
    proofs = tuple(Proof(name, *versions[name], Verdict.OVERLAP) for name in versions)
    return Outcome(rehearsal, proofs)


def kept(site: Site, made: Plan, folder: Path) -> rehearsed.Kept:
    file = folder / "plan.rehearsal.json"
    written(outcome(site, made), file)
    return rehearsed.read(file)


def test_the_plan_takes_times_verdicts_and_waits_and_stays_the_plan(
    site: Site, made: Plan, tmp_path: Path
) -> None:
    found = rehearsed.fit(site, made, kept(site, made, tmp_path))
    told = rehearsed.with_rehearsal(site, made, found)
    assert fingerprint(told) == fingerprint(made)
    assert codec.loads(codec.dumps(told), kinds()) == told
    assert told.brief
    assert made.brief
    assert {c.service for c in told.brief.components if c.rolls == "overlap"} == {"keystone", "neutron"}
    number = next(n for n, s in enumerate(told.stages, start=1) if s.name.startswith("contract"))
    before, after = made.brief.timing(number), told.brief.timing(number)
    assert before
    assert after
    assert after.p50_s > before.p50_s
    steps = len(list(told.stages[number - 1].steps()))
    assert after.basis.startswith(f"2 of {steps} steps rehearsed on ")
    assert after.basis.endswith(f"else {OWN_FIGURES}")
    words = " ".join(text(told).split())
    assert "Rehearsed - rehearsed on" in words
    assert "`neutron.tags`: table copied, writes blocked 2.3 s" in words
    assert "putting these databases back after finalize takes about 2 min" in words
    assert "`neutron.tags`: table copied" in page(told).replace("<code>", "`").replace("</code>", "`")
    assert "Rehearsed" not in text(made)


SHIM = Shim(
    database="neutron",
    table="subnets",
    column="in_use",
    form="column",
    apply=("ALTER TABLE `subnets` ADD COLUMN IF NOT EXISTS `in_use` tinyint(1) NOT NULL DEFAULT 0",),
    undo=("ALTER TABLE `subnets` DROP COLUMN IF EXISTS `in_use`",),
    bare="SELECT COUNT(*) = 0 FROM information_schema.columns WHERE column_name = 'in_use'",
)
GONE = Hazard(Why.COLUMN_GONE, "neutron", "subnets", "in_use", kinds_read=("neutron.db.models_v2.Subnet",))
ABORT = Hazard(Why.ABORTS, "neutron", "subnets", seen=("(1062, 'Duplicate entry')",))


def neutrons(site: Site, made: Plan, folder: Path, verdict: Verdict, hazard: Hazard = GONE) -> rehearsed.Kept:
    """A rehearsal whose proof of neutron ends with a verdict."""
    whole = outcome(site, made)
    keystone, neutron = whole.proofs
    shims = (SHIM,) if verdict is Verdict.SHIM else ()
    proof = replace(neutron, verdict=verdict, hazards=(hazard,), shims=shims)
    file = folder / "plan.rehearsal.json"
    written(replace(whole, proofs=(keystone, proof)), file)
    return rehearsed.read(file)


def component(told: Plan, service: str) -> Component:
    assert told.brief
    return next(c for c in told.brief.components if c.service == service)


@pytest.mark.parametrize(
    ("verdict", "hazard", "undone", "breaks"),
    [
        (Verdict.SHIM, GONE, "its migration goes without shims", ("Subnet",)),
        (Verdict.GAP, GONE, "the old service goes on while its databases are migrated", ("Subnet",)),
        (
            Verdict.GAP,
            ABORT,
            "its migration aborts on this data: mend that, then rehearse again",
            (),
        ),
    ],
)
def test_a_plan_that_was_there_before_its_rehearsal_says_what_it_does_not_do_and_does_not_start(
    tmp_path: Path, verdict: Verdict, hazard: Hazard, undone: str, breaks: tuple[str, ...]
) -> None:
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    made, _ = plan(session.site, "2026.1")
    kept = neutrons(session.site, made, tmp_path, verdict, hazard)
    told = rehearsed.with_rehearsal(session.site, made, rehearsed.fit(session.site, made, kept))
    assert codec.loads(codec.dumps(told), kinds()) == told
    assert fingerprint(told) == fingerprint(made)
    found = component(told, "neutron")
    assert (found.rolls, found.undone, found.breaks) == (str(verdict), undone, breaks)
    assert undone in " ".join(text(told).split())
    assert (
        "`liftlock plan --to 2026.1 --rehearsal FILE` makes one that does" in found.rolls_because
    ) is bool(breaks)
    expected = {p.service: p.expected for p in predictions(told, {})}
    assert expected == ({"neutron": "failures with Subnet"} if breaks else {})
    assert component(told, "keystone").undone == ""
    at = session.site.hands.clock.now()
    with pytest.raises(Refused, match=f"neutron: {undone}") as no:
        ask(session.journal, RequestKind.APPROVE, who="rey", at=at, plan=told, gate="start")
    assert "--no-shim" in no.value.hint
    with pytest.raises(Refused, match=f"neutron: {undone}"):
        run(session, told)
    assert session.journal.runs() == ()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=at, plan=made, gate="start")
    assert run(session, made).gate == "finalize"
    ask(session.journal, RequestKind.APPROVE, who="rey", at=at, plan=told, gate="finalize")
    assert resume(session).gate == "retire", "a run that has begun is not stopped by what was learned since"


@pytest.mark.parametrize("verdict", [Verdict.SHIM, Verdict.GAP])
def test_a_plan_made_with_the_rehearsal_obeys_it_or_was_told_not_to(
    site: Site, made: Plan, tmp_path: Path, verdict: Verdict
) -> None:
    kept = neutrons(site, made, tmp_path, verdict)
    again, _ = plan(site, "2026.1", rehearsal=kept)
    nevertheless = Following(shims=False, overlap=("neutron",))
    told_not_to, _ = plan(site, "2026.1", following=nevertheless, rehearsal=kept)
    in_place, _ = plan(site, "2026.1", "in_place")
    for one in (again, told_not_to, in_place):
        told = rehearsed.with_rehearsal(site, one, rehearsed.fit(site, one, kept))
        assert component(told, "neutron").rolls == str(verdict)
        assert component(told, "neutron").undone == ""
    assert "nevertheless: expect failures with Subnet" in component(told_not_to, "neutron").rolls_because
    assert again.brief
    assert made.brief
    # Arranged as the verdict asks, and nobody told it whose verdict that was.
    bare = replace(again, brief=replace(again.brief, components=made.brief.components))
    told = rehearsed.with_rehearsal(site, bare, rehearsed.fit(site, bare, kept))
    assert (component(told, "neutron").rolls, component(told, "neutron").undone) == (str(verdict), "")


def test_a_plan_made_again_takes_them_too(site: Site, made: Plan, tmp_path: Path) -> None:
    again, _ = plan(site, "2026.1", rehearsal=kept(site, made, tmp_path))
    assert again.brief
    assert any("rehearsed on" in time.basis for time in again.brief.timings)


def aged(found: Rehearsal) -> Rehearsal:
    return replace(found, at=found.at - GOOD_FOR_S - 1)


def migrated(found: Rehearsal) -> Rehearsal:
    return replace(found, definitions={**found.definitions, "neutron": "other"})


def of_others(found: Rehearsal) -> Rehearsal:
    return replace(found, versions={**found.versions, "neutron": ("1.0", "2.0")})


def forgotten(found: Rehearsal) -> Rehearsal:
    return replace(found, knowledge={**found.knowledge, "neutron": "other"})


@pytest.mark.parametrize(
    ("change", "words", "keystones_count"),
    [
        (aged, "is not used: it is older than 7 days", False),
        (migrated, "is not used for neutron: the schema of neutron is another now", True),
        (of_others, "is not used for neutron: it is of 1.0 → 2.0", True),
        (forgotten, "is not used for neutron: liftlock knows other migrations", True),
    ],
)
def test_what_does_not_count_any_more_is_said_and_not_used(
    site: Site,
    made: Plan,
    tmp_path: Path,
    change: Callable[[Rehearsal], Rehearsal],
    words: str,
    keystones_count: bool,
) -> None:
    whole = kept(site, made, tmp_path)
    found = rehearsed.fit(site, made, replace(whole, rehearsal=change(whole.rehearsal)))
    told = rehearsed.with_rehearsal(site, made, found)
    assert told.brief
    assert any(words in sentence for sentence in told.brief.rehearsed)
    assert not any("`neutron.tags`" in sentence for sentence in told.brief.rehearsed)
    counted = rehearsed.seconds(made, found)
    assert any("keystone" in kind for kind in counted) is keystones_count
    assert not any("neutron" in kind for kind in counted)
    assert {c.service for c in told.brief.components if c.rolls == "overlap"} == (
        {"keystone"} if keystones_count else set()
    )


ANSWERS = (
    Answers(
        "keystone", (Started("keystone-api", 9.0),), (Listed("openstack user list", Moment.SERVES, 7, 7),)
    ),
    Answers("neutron", (Started("neutron-api", 9.0),), (Listed("openstack port list", Moment.SERVES, 7, 7),)),
)


def lived(site: Site, made: Plan, folder: Path, *answers: Answers) -> rehearsed.Kept:
    """A rehearsal in which the new release's programs answered so, as its file has it."""
    whole = outcome(site, made)
    file = folder / "plan.rehearsal.json"
    written(replace(whole, rehearsal=replace(whole.rehearsal, answers=answers)), file)
    return rehearsed.read(file)


def test_a_plan_says_how_the_new_programs_fared_and_that_nobody_started_them(
    site: Site, made: Plan, tmp_path: Path
) -> None:
    for answers, said in (
        (ANSWERS, "neutron on the restored copies: started, 7 of 7 objects listed"),
        ((), "the new release's programs were not started on the copies"),
    ):
        found = rehearsed.fit(site, made, lived(site, made, tmp_path, *answers))
        assert found.kept.rehearsal.answers == answers
        told = rehearsed.with_rehearsal(site, made, found)
        assert said in " ".join(text(told).split())
        assert fingerprint(told) == fingerprint(made)
        assert told.brief
        assert not any(part.undone for part in told.brief.components)


def test_what_the_new_programs_fail_at_holds_every_plan(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    made, _ = plan(session.site, "2026.1")
    broken = Listed("openstack port list", Moment.SERVES, 7, 0, problem="500: Unknown column")
    kept = lived(session.site, made, tmp_path, ANSWERS[0], replace(ANSWERS[1], listed=(broken,)))
    told = rehearsed.with_rehearsal(session.site, made, rehearsed.fit(session.site, made, kept))
    undone = "its new release fails on the restored copies: as the new release begins to serve, "
    undone += "`openstack port list` fails: 500: Unknown column"
    assert (component(told, "neutron").undone, component(told, "keystone").undone) == (undone, "")
    assert "`openstack port list` fails: 500: Unknown column" in " ".join(text(told).split())
    again, _ = plan(session.site, "2026.1", rehearsal=kept)
    at = session.site.hands.clock.now()
    for one in (told, again):
        with pytest.raises(Refused, match=f"neutron: {undone}") as no:
            ask(session.journal, RequestKind.APPROVE, who="rey", at=at, plan=one, gate="start")
        assert "is mended first, and rehearsed again" in no.value.hint
        with pytest.raises(Refused, match="openstack port list"):
            run(session, one)
    assert session.journal.runs() == ()
    other = replace(kept, rehearsal=migrated(kept.rehearsal))
    stale = rehearsed.with_rehearsal(session.site, made, rehearsed.fit(session.site, made, other))
    assert component(stale, "neutron").undone == "", "what does not count any more holds nobody"
    assert kept.rehearsal.fails
    assert not lived(session.site, made, tmp_path, *ANSWERS).rehearsal.fails


def test_a_backup_step_has_the_rehearsals_time_only_if_all_of_it_was_backed_up(
    site: Site, made: Plan, tmp_path: Path
) -> None:
    whole = kept(site, made, tmp_path)
    found = rehearsed.fit(site, made, whole)
    assert not any(kind.startswith("BackUp") for kind in rehearsed.seconds(made, found))
    names = [d for s in services().values() for d in s.databases]
    every = replace(whole.rehearsal, restored=tuple(Restored(name, 1.0, 1.0) for name in names))
    found = rehearsed.fit(site, made, replace(whole, rehearsal=every))
    assert rehearsed.seconds(made, found)["BackUpDatabases"] == (40.0,)


def test_a_galera_cluster_is_said_to_stop_all_writers(site: Site, made: Plan, tmp_path: Path) -> None:
    whole = kept(site, made, tmp_path)
    found = rehearsed.fit(site, made, replace(whole, rehearsal=replace(whole.rehearsal, galera=True)))
    assert any("wsrep_OSU_method" in sentence for sentence in rehearsed.sentences(found))


def test_a_busy_machine_is_said_to_have_taken_too_long(site: Site, made: Plan, tmp_path: Path) -> None:
    whole = kept(site, made, tmp_path)
    for busy, said in ((1.5, False), (12.0, True)):
        found = rehearsed.fit(site, made, replace(whole, rehearsal=replace(whole.rehearsal, busy=busy)))
        assert any("12 programs wanted each" in s for s in rehearsed.sentences(found)) is said


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda _: "[]",
        lambda _: "[" * 9000,
        lambda words: words[:-200],
        lambda words: words.replace('"liftlock_rehearsal": 1', '"liftlock_rehearsal": 2'),
        lambda words: words.replace('"back_up_s": 40.0', '"back_up_s": 4.0'),
        lambda words: words.replace('"back_up_s": 40.0', '"back_up_s": "long"'),
        lambda words: words.replace('"verdict": "overlap"', '"verdict": "fine"'),
    ],
)
def test_what_is_no_rehearsal_is_refused(
    site: Site, made: Plan, tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    file = tmp_path / "plan.rehearsal.json"
    written(outcome(site, made), file)
    assert json.loads(file.read_text())["waits"]
    file.write_text(spoil(file.read_text()))
    with pytest.raises(BadInput, match=r"plan\.rehearsal\.json") as found:
        rehearsed.read(file)
    assert found.value.hint


@dataclass(frozen=True)
class Release:
    """The code of a release of which only the versions count."""

    versions: dict[str, str]

    def version(self, service: str) -> str:
        return self.versions[service]

    def run(self, command: tuple[str, ...], settings: object) -> Ended:
        return Ended(0, "", 0.0)


@dataclass(frozen=True)
class Roomy:
    """A scratch server of which only the room counts."""

    def free_mib(self) -> int:
        return 1 << 20

    def claim(self, *_: object) -> tuple[str, ...]:
        return ()

    def name_of(self, database: str) -> str:
        return database


def test_a_rehearsal_that_cannot_read_its_backup_leaves_none_behind(site: Site, made: Plan) -> None:
    assert made.brief
    old = {c.service: c.before for c in made.brief.components}
    new = {c.service: c.after for c in made.brief.components}
    ground = Ground(Roomy(), Release(old), Release(new))  # type: ignore[arg-type]
    told: list[str] = []
    with pytest.raises(BadInput, match="is simulated"):
        rehearse(site, ground, made, Wish(), told.append)
    assert told[-1].startswith("restoring "), "the backup was taken"
    assert site.hands.databases.backups() == ()


def test_it_lies_beside_the_plan() -> None:
    assert rehearsed.beside(Path("lifts/plan.json")) == Path("lifts/plan.rehearsal.json")


def test_what_the_plan_migrates_is_rehearsed_in_its_order(made: Plan) -> None:
    chosen = {c.service.name: [m.name for m in c.migrations] for c in choose(made, Wish())}
    assert chosen["nova"] == ["api-db-sync", "db-sync", "online"]
    assert chosen["glance"] == ["expand", "migrate", "contract"]
    assert [c.service.name for c in choose(made, Wish(services=("glance",)))] == ["glance"]
    for name in ("horizon", "nothing"):
        with pytest.raises(BadInput, match=name):
            choose(made, Wish(services=(name,)))
    with pytest.raises(BadInput, match="migrates no database"):
        choose(replace(made, stages=()), Wish())
