"""A blue/green lift over the simulator, as the operator reads it: plan, page to print, live, status, report."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.pages import fetched
from tests.sites import GREEN, sim_session, sim_site

from liftlock.cli.pages.report import page as report_page
from liftlock.cli.progress import Progress
from liftlock.cli.verbs.plan import beside, write_page
from liftlock.cli.verbs.report import fields
from liftlock.engine.state import Standing
from liftlock.errors import Refused
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.records.report import NAMED_AT_MOST, compose, report
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, pass_gate, rollback, run
from liftlock.plan import codec
from liftlock.plan.model import Plan
from liftlock.plan.text import text
from liftlock.ports.journal import RequestKind
from liftlock.probes.log import Entry
from liftlock.sim.cloud import SimCloud
from liftlock.sim.console import SimConsole
from liftlock.steps.kinds import kinds


def upgraded(session: Session) -> Plan:
    made, _ = plan(session.site, "2026.1")
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    state = run(session, made)
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    return made


def typed(cloud: SimCloud, made: Plan) -> list[str]:
    """What the looks show, when somebody types the whole page."""
    console = SimConsole(cloud)
    shown = []
    for step in made.by_hand:
        for line in step.commands:
            console.type(step.host, line)
        shown.append(console.type(step.host, step.look))
    return shown


def active(session: Session, host: str) -> set[str]:
    return {unit.name for unit in session.site.hands.hosts.look(host).units if unit.active}


def test_with_the_bastion_lost_the_page_typed_by_hand_brings_requests_and_work_back_to_blue(
    tmp_path: Path,
) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    workers = active(session, "ctl-blue")
    made = upgraded(session)
    assert workers - active(session, "ctl-blue"), "green took nothing over"
    shown = typed(cloud, made)
    assert {line.split()[-1] for line in shown[0].splitlines()} == {"0"}
    names = session.site.file.services
    assert {session.site.hands.traffic.share(name).percent_green for name in names} == {0}
    assert active(session, "ctl-blue") == workers
    assert not active(session, "ctl-green") & {"cinder-volume", "nova-conductor", "neutron-rpc-server"}
    assert all(cloud.serves(name) for name in names)


def test_on_no_step_of_the_page_do_two_colours_run_what_only_one_may(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made = upgraded(session)
    before = len(cloud.changes)
    typed(cloud, made)
    changes = cloud.changes[before:]
    assert changes.index("stop cinder-volume on ctl-green") < changes.index("start cinder-volume on ctl-blue")
    assert changes.index("start nova-conductor on ctl-blue") < changes.index(
        "stop nova-conductor on ctl-green"
    )
    sends = len(session.site.file.services)
    assert all(change.startswith("send 0%") for change in changes[:sends]), "requests go first"


def test_a_rollback_after_the_page_was_typed_finds_it_done_and_the_next_upgrade_works(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    typed(cloud, upgraded(session))
    assert rollback(session, "the bastion is back").standing is Standing.ROLLED_BACK
    assert not active(session, "ctl-green")
    upgraded(session)


def test_the_page_lies_beside_the_plan_and_logs_in_as_the_cloud_file_says(tmp_path: Path) -> None:
    site = sim_site(tmp_path, SimCloud.tiny(), GREEN)
    site = replace(site, file=replace(site.file, access=replace(site.file.access, user="stack", port=2222)))
    made, _ = plan(site, "2026.1")
    where = write_page(made, beside(tmp_path / "plan.json"))
    assert where == tmp_path / "plan.by-hand.txt"
    page = where.read_text()
    for address in ("10.77.0.12", "10.77.0.21", "10.77.0.22"):
        assert f"       ssh -t -p 2222 stack@{address} sudo -i\n" in page
    html = write_page(made, tmp_path / "page.html")
    assert html is not None
    assert html.read_text().startswith("<!doctype html>")
    assert fetched(html.read_text()) == []


def test_a_plan_in_place_has_no_page(tmp_path: Path) -> None:
    made, _ = plan(sim_site(tmp_path, SimCloud.tiny()), "2026.1")
    assert write_page(made, tmp_path / "page.txt") is None
    assert not (tmp_path / "page.txt").exists()
    assert (made.by_hand, made.differences) == ((), ())


def test_the_plan_shows_every_line_that_will_differ_on_green_and_those_alone(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    conf = cloud.hosts["ctl-blue"].files
    conf["/etc/nova/nova.conf"] += "\n[vnc]\nproxy = 10.77.0.21\nother = 10.77.0.211\npassword = ctl-blue\n"
    session = sim_session(tmp_path, cloud, more=GREEN)
    made, _ = plan(session.site, "2026.1")
    assert codec.loads(codec.dumps(made), kinds()) == made
    foreseen = {(d.path, d.after) for d in made.differences}
    assert ("/etc/nova/nova.conf", "proxy = 10.77.0.22") in foreseen
    assert "password = ctl" not in codec.dumps(made)
    assert "password = … (the change lies within a secret)" in text(made)
    upgraded(session)
    told = {(d.path, d.after.partition("…")[2] or d.after) for d in made.differences}
    for path, now in cloud.hosts["ctl-green"].files.items():
        for line in set(now.splitlines()) - set(conf[path].splitlines()):
            assert any(p == path and line.endswith(after) for p, after in told) or "password" in line, line


def test_a_substitution_that_would_find_nothing_is_said_before_there_is_a_plan(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    files = cloud.hosts["ctl-blue"].files
    files["/etc/heat/heat.conf"] = files["/etc/heat/heat.conf"].replace("transport_url", "# transport_url")
    with pytest.raises(Refused, match=r"heat\.conf on ctl-blue: \[DEFAULT\] transport_url"):
        plan(sim_site(tmp_path, cloud, GREEN), "2026.1")


def test_live_each_stage_says_how_to_go_back_and_the_last_lossless_step_is_marked(tmp_path: Path) -> None:
    said = io.StringIO()
    with Progress(said) as watch:
        session = replace(sim_session(tmp_path, SimCloud.tiny(), more=GREEN), observer=watch)
        made = upgraded(session)
    lines = said.getvalue().splitlines()
    for number in range(1, made.last_lossless_stage + 1):
        stage = made.stages[number - 1]
        at = next(n for n, line in enumerate(lines) if f"stage {number} of {len(made.stages)}: " in line)
        assert lines[at + 1].strip() == f"going back from here: {stage.undo}"
    last = made.last_lossless_step
    assert last is not None
    marks = [line for line in lines if "── last lossless step: " in line]
    assert len(marks) == 1
    assert f"{last} {made.title(last)}" in marks[0]


def test_the_status_says_where_the_last_lossless_step_lies_and_what_going_back_costs(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    made, _ = plan(session.site, "2026.1")
    run(session, made)
    assert str(status(session.journal, None)["last_lossless_step"]).endswith("(still to come)")
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    run(session, made)
    found = status(session.journal, None)
    last = made.last_lossless_step
    assert last is not None
    assert found["last_lossless_step"] == f"{last} {made.title(last)} (done: this is where you are)"
    assert found["way_back"] == f"going back from here: {made.stages[made.last_lossless_stage - 1].undo}"
    assert found["next"] == "when you are content with green, `liftlock finalize`; or `liftlock rollback`"
    pass_gate(session, "finalize", "soaked")
    found = status(session.journal, None)
    assert str(found["last_lossless_step"]).endswith("(behind you: going back loses writes)")
    pass_gate(session, "retire", "at leisure")
    assert str(status(session.journal, None)["next"]).startswith(
        "edit the cloud file: under `hosts` `ctl-green` takes the place of `ctl-blue`, under `green` it goes"
    )


def test_after_a_rollback_the_status_has_nothing_to_go_back_from(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    upgraded(session)
    rollback(session, "try")
    assert status(session.journal, None)["way_back"] == "nothing is left to go back from"


def test_the_report_tells_how_long_requests_took_to_move_there_and_back(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    made = upgraded(session)
    forward = report(session.journal)
    assert forward.cutover_seconds is not None
    assert 0 < forward.cutover_seconds <= forward.ended_at - forward.began_at
    assert (forward.traffic_back_seconds, forward.rollback_seconds) == (None, None)
    rollback(session, "try")
    both = report(session.journal)
    assert both.cutover_seconds == forward.cutover_seconds
    assert both.traffic_back_seconds is not None
    assert both.rollback_seconds is not None
    assert both.traffic_back_seconds < 5 < both.rollback_seconds
    told = dict(fields(both))
    last = made.last_lossless_step
    assert last is not None
    assert told["last_lossless_step"].machine_readable() == {"step": str(last), "title": made.title(last)}
    assert "until all requests were back on blue" in report_page(both)


def test_the_report_names_failed_requests_and_counts_those_it_does_not_name(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    upgraded(session)
    (begun,) = session.journal.runs()
    bad = Entry(
        begun.begun_at,
        "nova",
        "server <list>",
        "GET",
        "/",
        503,
        9.0,
        "ctl-green",
        "new",
        "http://x <img src=x>",
    )
    many = [replace(bad, t=begun.begun_at + n / 1000) for n in range(NAMED_AT_MOST + 7)]
    found = compose(begun, session.journal.lines(begun.id), many)
    told = dict(fields(found))
    assert told["requests_failed"] == NAMED_AT_MOST + 7
    named = told["failed_requests"].machine_readable()
    assert len(named) == NAMED_AT_MOST
    assert json.loads(json.dumps(named[0]))["service"] == "nova"
    assert "stage 1 “" in named[-1]["during"]
    assert f"… and {NAMED_AT_MOST - 20} more" in told["failed_requests"].human_readable()
    shown = report_page(found)
    assert f"{NAMED_AT_MOST + 7} requests, the first {NAMED_AT_MOST} of them" in shown
    assert "server &lt;list&gt;" in shown
    assert "http://x &lt;img" in shown
    assert fetched(shown) == []
