"""Control hosts that do not all run every API: green's are compared with blue's where they are."""

from __future__ import annotations

from pathlib import Path

from tests.clouds import with_host, with_second_controller
from tests.scenario.boundaries import approved
from tests.sites import GREEN, SECOND_CONTROLLER, sim_session

from liftlock.engine.state import Standing
from liftlock.flow.plan import plan
from liftlock.flow.run import Session, pass_gate, run
from liftlock.knowledge.catalogue import services
from liftlock.sim.cloud import SimCloud
from liftlock.sim.tiny import tiny
from liftlock.steps.canary import JudgeCanary, WarmUp
from liftlock.steps.keys import CompareKeys

SECOND_GREEN = "  ctl-green-2: {address: 10.77.0.24, image: control-trixie, replaces: ctl-2}\n"
APIS = {part.name for service in services().values() for part in service.parts if part.is_api}


def a_worker_only_controller(folder: Path) -> tuple[SimCloud, Session]:
    """`ctl-2` runs every worker, no API, and has no keys of keystone."""
    found = with_second_controller(tiny())
    second = found.host("ctl-2")
    workers = tuple(unit for unit in second.units if unit.name not in APIS)
    files = {name: content for name, content in second.configuration.items() if name != "keystone"}
    cloud = SimCloud(with_host(found, "ctl-2", units=workers, configuration=files))
    more = GREEN.replace("provisioner:", f"{SECOND_GREEN}provisioner:")
    return cloud, sim_session(folder, cloud, more=more, hosts=(SECOND_CONTROLLER,))


def test_no_step_asks_a_host_for_an_api_that_it_does_not_run(tmp_path: Path) -> None:
    _, session = a_worker_only_controller(tmp_path)
    made, _ = plan(session.site, "2026.1", "blue_green")
    asked = [step for _, step in made.steps() if isinstance(step, JudgeCanary | WarmUp)]
    assert {step.service for step in asked} == set(session.site.file.services)
    assert {host for step in asked for host in step.green} == {"ctl-green"}
    assert {host for step in asked if isinstance(step, JudgeCanary) for host in step.blue} == {"ctl-blue"}
    compared = [step.hosts for _, step in made.steps() if isinstance(step, CompareKeys)]
    assert set(compared) == {("ctl-blue", "ctl-green")}


def test_the_upgrade_comes_to_its_end_where_controllers_differ(tmp_path: Path) -> None:
    cloud, session = a_worker_only_controller(tmp_path)
    made, _ = plan(session.site, "2026.1", "blue_green")
    approved(cloud, session, made)
    state = run(session, made)
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    assert pass_gate(session, "finalize", "content").gate == "retire"
    assert all(cloud.serves(service) for service in cloud.services)
    assert not any(unit.active for name in ("ctl-blue", "ctl-2") for unit in cloud.hosts[name].units.values())


def test_where_every_controller_runs_every_api_all_of_them_are_compared(tmp_path: Path) -> None:
    cloud = SimCloud(with_second_controller(tiny()))
    more = GREEN.replace("provisioner:", f"{SECOND_GREEN}provisioner:")
    session = sim_session(tmp_path, cloud, more=more, hosts=(SECOND_CONTROLLER,))
    made, _ = plan(session.site, "2026.1", "blue_green")
    judged = [step for _, step in made.steps() if isinstance(step, JudgeCanary)]
    assert {frozenset(step.blue) for step in judged} == {frozenset({"ctl-blue", "ctl-2"})}
    assert {frozenset(step.green) for step in judged} == {frozenset({"ctl-green", "ctl-green-2"})}
