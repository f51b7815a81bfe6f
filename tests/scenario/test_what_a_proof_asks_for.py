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
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import order, plan
from liftlock.flow.records.report import Prediction, predictions
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, pass_gate, resume, rollback, run
from liftlock.flow.survey import survey
from liftlock.plan import codec
from liftlock.plan.model import Plan
from liftlock.plan.text import text
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import PowerCut
from liftlock.steps.kinds import kinds

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
