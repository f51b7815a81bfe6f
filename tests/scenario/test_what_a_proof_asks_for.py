"""Blue/green obeys a proof: shims go with the migration, a gap keeps old code away from the new schema."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from tests.sites import GREEN, sim_session

from liftlock.cloud.books import Galera
from liftlock.cloud.shim import Shim
from liftlock.engine.state import Standing
from liftlock.errors import BadInput, Refused
from liftlock.flow.briefing.brief import Grounds, brief
from liftlock.flow.briefing.proven import Following, read
from liftlock.flow.briefing.shims_left import shims_left
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import order, plan
from liftlock.flow.records.report import Prediction, predictions
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, pass_gate, resume, rollback, run
from liftlock.flow.site import journal_file
from liftlock.flow.survey import survey
from liftlock.plan import codec, users_text
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Lift, Plan, Stage
from liftlock.plan.text import text
from liftlock.ports.journal import Entry, Event, RequestKind
from liftlock.rehearsal.hazards import Verdict
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import PowerCut
from liftlock.steps.backup import RestoreDatabases
from liftlock.steps.kinds import kinds
from liftlock.steps.schema import MigrateSchema, TakeShimsAway

SHIM = Shim(
    database="neutron",
    table="subnets",
    column="in_use",
    form="column",
    apply=("ALTER TABLE `subnets` ADD COLUMN IF NOT EXISTS `in_use` tinyint(1) NOT NULL DEFAULT 0",),
    undo=("ALTER TABLE `subnets` DROP COLUMN IF EXISTS `in_use`",),
    bare="SELECT COUNT(*) = 0 FROM information_schema.columns WHERE column_name = 'in_use'",
)
HAZARD = {
    "table": "subnets",
    "column": "in_use",
    "why": "column gone",
    "kinds_read": ["neutron.db.models_v2.Subnet"],
}


def proof(session: Session, folder: Path, **verdicts: str) -> Following:
    """Of the versions that are here and to come; neutron's with a shim."""
    bare, _ = plan(session.site, "2026.1")
    versions = {c.service: (c.before, c.after) for c in bare.brief.components}
    rows: list[dict[str, Any]] = [
        {
            "service": name,
            "from": versions[name][0],
            "to": versions[name][1],
            "verdict": verdict,
            "hazards": [HAZARD],
            "shims": [asdict(SHIM)] if verdict == "shim" else [],
        }
        for name, verdict in verdicts.items()
    ]
    file = folder / "proof.json"
    file.write_text(json.dumps(rows))
    return Following(read(file))


@pytest.fixture
def cloud() -> SimCloud:
    return SimCloud.tiny()


@pytest.fixture
def session(tmp_path: Path, cloud: SimCloud) -> Session:
    return sim_session(tmp_path, cloud, more=GREEN)


def approved(session: Session, following: Following) -> Plan:
    made, _ = plan(session.site, "2026.1", following=following)
    approve(session, made, "start")
    return made


def approve(session: Session, made: Plan, gate: str) -> None:
    at = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=at, plan=made, gate=gate)


def test_a_shim_is_applied_with_its_migration_and_gone_before_contract(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    made = approved(session, proof(session, tmp_path, neutron="shim"))
    assert codec.loads(codec.dumps(made), kinds()) == made
    assert "1 shim applied with the migration" in text(made)
    assert run(session, made).gate == "finalize"
    assert cloud.shims == {SHIM}
    pass_gate(session, "finalize", "content")
    said = cloud.changes
    applied, gone = said.index("shim neutron.subnets"), said.index("take the shim of neutron.subnets away")
    assert "neutron-db-manage upgrade --expand" in said[applied - 1]
    contracts = [n for n, what in enumerate(said) if "neutron-db-manage upgrade --contract" in what]
    assert contracts
    assert applied < gone < min(contracts)
    assert cloud.shims == set()


def test_blue_keeps_the_shim_after_a_rollback_for_its_schema_stays_new(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    run(session, approved(session, proof(session, tmp_path, neutron="shim")))
    assert rollback(session, "try").standing is Standing.ROLLED_BACK
    assert cloud.shims == {SHIM}
    assert run(session, approved(session, proof(session, tmp_path, neutron="shim"))).gate == "finalize"
    assert cloud.changes.count("shim neutron.subnets") == 1


def rolled_back_with_a_shim(session: Session, folder: Path) -> Plan:
    made = approved(session, proof(session, folder, neutron="shim"))
    run(session, made)
    rollback(session, "try")
    return made


def test_what_a_rolled_back_run_left_is_taken_away_by_the_next_that_needs_it_no_more(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    rolled_back_with_a_shim(session, tmp_path)
    made = approved(session, proof(session, tmp_path, neutron="overlap"))
    assert "neutron: take 1 shim away, which only the old release needed" in text(made)
    assert run(session, made).gate == "finalize"
    assert cloud.shims == {SHIM}, "blue goes on with it until finalize"
    pass_gate(session, "finalize", "content")
    assert "take the shim of neutron.subnets away" in cloud.changes
    titles = [step.title for _, step in made.steps()]
    contracts = [n for n, title in enumerate(titles) if "neutron-db-manage upgrade --contract" in title]
    assert titles.index("neutron: take 1 shim away, which only the old release needed") < min(contracts)
    assert cloud.shims == set()
    assert shims_left(session.journal, "2026.1", kinds()) == {}


def test_a_shim_that_is_needed_again_is_taken_away_once(tmp_path: Path, session: Session) -> None:
    rolled_back_with_a_shim(session, tmp_path)
    made, _ = plan(session.site, "2026.1", following=proof(session, tmp_path, neutron="shim"))
    assert [step.shims for _, step in made.steps() if isinstance(step, TakeShimsAway)] == [(SHIM,)]


def test_in_place_takes_it_away_between_the_migrations_that_add_and_those_that_drop(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    rolled_back_with_a_shim(session, tmp_path)
    made, _ = plan(session.site, "2026.1", "in_place")
    lane = next(
        lane for s in made.stages for lane in s.lanes if any(isinstance(step, TakeShimsAway) for step in lane)
    )
    assert [getattr(step, "migration", "-") for step in lane] == ["expand", "-", "contract"]
    approve(session, made, "start")
    run(session, made)
    assert cloud.shims == set()


def test_a_shim_is_not_undone_on_an_older_schema_which_may_have_the_real_thing(
    tmp_path: Path, session: Session
) -> None:
    rolled_back_with_a_shim(session, tmp_path)
    for target, there in (("2025.1", False), ("2025.2", False), ("2026.1", True)):
        assert ("neutron" in shims_left(session.journal, target, kinds())) is there, target


@pytest.mark.parametrize("database", ["neutron", "nova"])
def test_a_backup_that_is_put_back_may_bring_a_shim_back_that_was_taken_away(
    tmp_path: Path, session: Session, database: str
) -> None:
    rolled_back_with_a_shim(session, tmp_path)
    made = approved(session, proof(session, tmp_path, neutron="shim"))
    run(session, made)
    pass_gate(session, "finalize", "content")
    assert shims_left(session.journal, "2026.1", kinds()) == {}
    stage = Stage("put back", "lost", ((RestoreDatabases((database,), made.backup),),), "f", "u")
    back = replace(made, verb="restore", lift=Lift("2026.1", "2025.1"), stages=(stage,))
    book, at = session.journal, session.site.hands.clock.now()
    there = book.begin(codec.dumps(back), fingerprint(back), who="rey", at=at, detail={})
    book.append(Entry(there.id, Event.STARTED, at, "rey", 1, 1))
    found = shims_left(book, "2026.1", kinds())
    assert found == ({"neutron": (SHIM,)} if database == "neutron" else {})


def test_a_journal_that_cannot_be_read_hinders_no_plan_which_then_says_what_it_does_not_know(
    tmp_path: Path, session: Session
) -> None:
    assert not any("an earlier run" in words for words in plan(session.site, "2026.1")[0].fine_print)
    session.journal.close()
    journal_file(session.site.file).write_bytes(b"torn")
    made, _ = plan(session.site, "2026.1")
    assert any(w.startswith("shims that an earlier run left are not taken away: ") for w in made.fine_print)


def test_a_power_cut_between_migration_and_shim_is_mended_by_resume(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    made = approved(session, proof(session, tmp_path, neutron="shim"))
    cloud.fuse = lambda what: what == "shim neutron.subnets"
    with pytest.raises(PowerCut):
        run(session, made)
    cloud.fuse = lambda _: False
    again = sim_session(tmp_path, cloud, more=GREEN)
    assert resume(again).gate == "finalize"
    assert cloud.shims == {SHIM}


def test_a_rollback_after_that_power_cut_gives_blue_its_shim(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    made = approved(session, proof(session, tmp_path, neutron="shim"))
    cloud.fuse = lambda what: what == "shim neutron.subnets"
    with pytest.raises(PowerCut):
        run(session, made)
    cloud.fuse = lambda _: False
    again = sim_session(tmp_path, cloud, more=GREEN)
    assert rollback(again, "try").standing is Standing.ROLLED_BACK
    assert cloud.shims == {SHIM}


def test_what_a_database_server_cannot_do_for_shims_is_told_in_the_plan(
    tmp_path: Path, session: Session
) -> None:
    found = proof(session, tmp_path, neutron="shim", nova="gap")
    made, _ = plan(session.site, "2026.1", following=found)
    (plain,) = (c for c in made.brief.components if c.service == "neutron")
    assert plain.rolls_because.endswith("gone before contract")
    assert plain.breaks == ()
    whole = order(session.site, survey(session.site.file, session.site.hands), made.lift)
    server = replace(
        whole.cloud.database_server,
        galera=Galera("Synced", "Primary", 3),
        unread=("transactions of others: PROCESS",),
    )
    told = brief(
        replace(whole, cloud=replace(whole.cloud, database_server=server)), made, Grounds(following=found)
    )
    (neutron,) = (c for c in told.components if c.service == "neutron")
    assert "expect failures with Subnet for moments" in neutron.rolls_because
    assert "GRANT PROCESS" in neutron.rolls_because
    assert neutron.breaks == ("Subnet",)
    assert [c.breaks for c in told.components if c.service == "nova"] == [()]


def test_a_gap_is_a_stage_with_a_gate_of_its_own_past_which_writes_are_lost(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    made = approved(session, proof(session, tmp_path, neutron="gap"))
    assert [o.service for o in made.brief.outages] == ["neutron"]
    assert [p.expected for p in predictions(made, {})] == ["away in stages 9 to 9"]
    state = run(session, made)
    assert (state.standing, state.gate) == (Standing.WAITING, "gap")
    assert cloud.databases["neutron"].series == "2025.1"
    assert cloud.serves("neutron")
    told = status(session.journal, None)
    assert "--gate gap" in told["next"]
    assert "rollback" in told["way_back"]
    before = len(cloud.changes)
    approve(session, made, "gap")
    assert resume(session).gate == "finalize"
    said = cloud.changes[before:]
    stopped = [n for n, what in enumerate(said) if what.startswith("stop neutron") and "ctl-blue" in what]
    (migrated,) = [n for n, what in enumerate(said) if "--expand" in what]
    started = [n for n, what in enumerate(said) if what.startswith("start neutron") and "ctl-green" in what]
    assert stopped
    assert started
    assert max(stopped) < migrated < min(started)
    assert session.site.hands.traffic.share("neutron").percent_green == 100
    assert "rollback" not in status(session.journal, None)["next"]
    with pytest.raises(Refused):
        rollback(session, "too late")
    pass_gate(session, "finalize", "content")
    assert all(cloud.serves(name) for name in session.site.file.services)


def test_behind_a_gap_no_stage_promises_the_way_back_that_is_gone(tmp_path: Path, session: Session) -> None:
    made = approved(session, proof(session, tmp_path, glance="gap", neutron="gap"))
    gone = next(n for n, stage in enumerate(made.stages) if stage.gate == "gap")
    assert all("rollback" in stage.undo for stage in made.stages[3:gone])
    for stage in made.stages[gone:]:
        assert "rollback" not in stage.undo, stage.name
        assert "restore" in stage.undo, stage.name
        assert not stage.lossless, stage.name
    assert made.last_lossless_stage == gone
    run(session, made)
    approve(session, made, "gap")
    state = resume(session)
    assert (state.gate, state.stage) == ("gap", 10), "the second gap has a gate too"
    assert "no write is lost" not in status(session.journal, None)["way_back"]


def test_without_keystone_nobodys_token_is_checked_and_the_plan_says_so(
    tmp_path: Path, session: Session
) -> None:
    made, _ = plan(session.site, "2026.1", following=proof(session, tmp_path, keystone="gap", neutron="gap"))
    first, second = (stage for stage in made.stages if stage.gate == "gap")
    assert "every other API that checks a token with keystone fails meanwhile too" in first.feels
    assert "keystone" not in second.feels
    expected = {p.service: p.expected for p in predictions(made, {})}
    assert expected["keystone"] == "away in stages 7 to 7"
    assert expected["nova"] == "no token is checked while keystone is away in stages 7 to 7"
    assert expected["neutron"] == f"away in stages 10 to 10; {expected['nova']}"
    assert set(expected) == set(session.site.file.services)
    assert "fail too while keystone is away, which checks their tokens" in " ".join(text(made).split())
    assert "The other APIs refuse requests while identity (keystone) does not answer." in users_text.page(
        made
    )
    in_place, _ = plan(session.site, "2026.1", "in_place")
    assert not any("token" in p.expected for p in predictions(in_place, {}))


def test_a_service_goes_through_its_gap_with_no_work_cut(tmp_path: Path, session: Session) -> None:
    made, _ = plan(session.site, "2026.1", following=proof(session, tmp_path, cinder="gap", heat="gap"))
    (stage,) = (stage for stage in made.stages if stage.gate == "gap")
    lanes = {next(s.service for s in lane if isinstance(s, MigrateSchema)): lane for lane in stage.lanes}
    titles = {name: [step.title for step in lane] for name, lane in lanes.items()}
    assert titles["cinder"][:4] == [
        "stop cinder-api on ctl-blue",
        "wait until cinder-volume on ctl-blue has no work under way",
        "stop cinder-scheduler on ctl-blue",
        "stop cinder-volume on ctl-blue",
    ]
    assert titles["heat"][:3] == [
        "stop heat-api on ctl-blue",
        "wait until heat-engine on ctl-blue has no work under way",
        "stop heat-engine on ctl-blue",
    ]
    for name, told in titles.items():
        migrated = next(n for n, step in enumerate(lanes[name]) if isinstance(step, MigrateSchema))
        assert all("ctl-blue" not in title for title in told[migrated:])


def test_a_gap_can_be_gone_back_from_as_long_as_its_gate_is_closed(
    tmp_path: Path, session: Session, cloud: SimCloud
) -> None:
    run(session, approved(session, proof(session, tmp_path, neutron="gap", keystone="gap")))
    assert rollback(session, "try").standing is Standing.ROLLED_BACK
    assert {session.site.hands.traffic.share(n).percent_green for n in session.site.file.services} == {0}


def test_whoever_does_not_follow_reads_what_will_fail(tmp_path: Path, session: Session) -> None:
    found = proof(session, tmp_path, neutron="shim", nova="gap")
    made, _ = plan(session.site, "2026.1", following=replace(found, shims=False, overlap=("nova",)))
    told = {c.service: c.rolls_because for c in made.brief.components}
    for name in ("neutron", "nova"):
        assert told[name].endswith("expect failures with Subnet until its requests are cut"), told[name]
    assert not any(getattr(step, "shims", ()) for _, step in made.steps())
    felt = {"services": {"neutron": {"failed": 4}, "heat": {"failed": 1}, "glance": {"failed": 0}}}
    assert list(predictions(made, felt)) == [
        Prediction("neutron", "failures with Subnet", 4),
        Prediction("nova", "failures with Subnet", 0),
        Prediction("heat", "nothing", 1),
    ]
    assert [p.failed for p in predictions(made, {})] == [None, None]
    assert [s.gate for s in made.stages if s.gate] == ["start", "finalize", "retire"]


@pytest.mark.parametrize("strategy", ["blue_green", "in_place"])
@pytest.mark.parametrize("hidden", [False, True])
def test_a_migration_that_is_known_to_abort_is_not_planned(
    tmp_path: Path, session: Session, strategy: str, hidden: bool
) -> None:
    found = proof(session, tmp_path, neutron="gap")
    (gap,) = found.proven["neutron"]
    aborting = replace(gap, aborts=("neutron.ports, revision ab12: (1062, 'Duplicate entry')",))
    good = (replace(gap, verdict=Verdict.OVERLAP),) if hidden else ()
    following = replace(found, proven={"neutron": (*good, aborting)}, overlap=("neutron",))
    with pytest.raises(
        Refused, match=r"neutron cannot be migrated .* neutron\.ports, revision ab12: \(1062"
    ) as no:
        plan(session.site, "2026.1", strategy, following=following)
    assert no.value.now == "nothing was changed"
    assert "mend the data" in no.value.hint
    other = replace(aborting, target="1.0")
    plan(session.site, "2026.1", strategy, following=Following({"neutron": (other,)}))


def test_in_place_has_no_use_for_shims(tmp_path: Path, session: Session) -> None:
    found = proof(session, tmp_path, neutron="shim")
    made, _ = plan(session.site, "2026.1", "in_place", following=found)
    assert not any(getattr(step, "shims", ()) for _, step in made.steps())
    assert "shim applied" not in text(made)


def test_what_cannot_be_followed_is_refused(tmp_path: Path, session: Session) -> None:
    found = proof(session, tmp_path, neutron="shim")
    with pytest.raises(BadInput, match="no service 'neutorn'"):
        plan(session.site, "2026.1", following=replace(found, overlap=("neutorn",)))
    old = {"neutron": tuple(replace(one, shims=()) for one in found.proven["neutron"])}
    with pytest.raises(BadInput, match="older liftlock"):
        plan(session.site, "2026.1", following=replace(found, proven=old))
