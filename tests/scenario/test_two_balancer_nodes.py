"""A pair of balancers: the power is cut between its nodes, and whatever the operator does next gets through."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from tests.scenario.boundaries import Fuse, approved, state_of
from tests.sites import GREEN, sim_session

from liftlock.cloud.file import load
from liftlock.cloud.model import Role
from liftlock.engine.state import Standing
from liftlock.flow.plan import plan
from liftlock.flow.restore import restore
from liftlock.flow.run import Session, pass_gate, resume, rollback, run
from liftlock.flow.verify import verify
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import PowerCut
from liftlock.sim.world import SimColours, SimHost

ON_THE_WAY = ("arm keystone", "arm nova", "send 20% of nova", "send 100% of keystone", "send 100% of heat")


def pair(folder: Path) -> tuple[SimCloud, Session]:
    """A cloud with a second balancer host, and an approved run of its upgrade's plan is about to begin."""
    cloud = SimCloud.tiny()
    cloud.hosts["lb2"] = SimHost("lb2", (Role.BALANCER,))
    return cloud, session_of(folder, cloud)


def session_of(folder: Path, cloud: SimCloud) -> Session:
    """Liftlock started (again)."""
    session = sim_session(folder, cloud, more=GREEN, hosts=("lb2: {address: 10.77.0.13, roles: [balancer]}",))
    path = folder / "cloud.yaml"
    path.write_text(path.read_text().replace("hosts: [lb1]", "hosts: [lb1, lb2]"))
    return replace(session, site=replace(session.site, file=load(path)))


def cut_between_nodes(cloud: SimCloud, change: str) -> None:
    """The first node is written, and then the power is gone."""
    cloud.fuse = Burning(change)
    cloud.dies_late = False


class Burning(Fuse):
    """Burns at the second node's change."""

    def __call__(self, touch: str) -> bool:
        super().__call__(touch)
        return touch.startswith(str(self._burns_at)) and touch.endswith(" on lb2")


def lifted_until(change: str, folder: Path) -> tuple[SimCloud, Session]:
    """A run whose power was cut between two nodes."""
    cloud, session = pair(folder)
    made, _ = plan(session.site, "2026.1", "blue_green")
    approved(cloud, session, made)
    settles = change.startswith("settle")
    if settles:
        assert run(session, made).gate == "finalize"
    cut_between_nodes(cloud, change)
    begin = partial(pass_gate, session, "finalize", "content") if settles else partial(run, session, made)
    with pytest.raises(PowerCut):
        begin()
    cloud.fuse = Fuse()
    session.journal.close()
    service = change.rsplit(maxsplit=1)[-1]
    assert cloud.colours[service].elsewhere, "the nodes differ"
    return cloud, session_of(folder, cloud)


@pytest.mark.parametrize("change", ON_THE_WAY)
def test_a_run_that_was_cut_between_two_nodes_is_resumed(change: str, tmp_path: Path) -> None:
    _, session = lifted_until(change, tmp_path)
    state = resume(session)
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    assert verify(session.site, session.journal).differences == ()


@pytest.mark.parametrize("change", ON_THE_WAY)
def test_a_run_that_was_cut_between_two_nodes_is_rolled_back(change: str, tmp_path: Path) -> None:
    cloud, session = lifted_until(change, tmp_path)
    assert rollback(session, "enough").standing is Standing.ROLLED_BACK
    assert all(shared == SimColours() for shared in cloud.colours.values())
    assert all(cloud.serves(service) for service in cloud.services)


def test_a_settling_that_was_cut_between_two_nodes_is_resumed(tmp_path: Path) -> None:
    cloud, session = lifted_until("settle nova", tmp_path)
    assert resume(session).gate == "retire"
    assert all(shared == SimColours(ordinary=("ctl-green",)) for shared in cloud.colours.values())


def test_a_settling_that_was_cut_between_two_nodes_is_no_hindrance_to_a_restore(tmp_path: Path) -> None:
    cloud, session = lifted_until("settle nova", tmp_path)
    assert state_of(session).standing is not Standing.DONE
    back = restore(session.site, session.journal)
    approved(cloud, session, back, "restore")
    assert run(session, back).standing is Standing.DONE
    assert all(not shared.green and shared.elsewhere is None for shared in cloud.colours.values())
    assert {shared.ordinary for shared in cloud.colours.values()} <= {("ctl-blue",), ()}
    assert all(cloud.serves(service) for service in cloud.services)


@pytest.mark.parametrize("gate", ["rolled back", "finalize"])
def test_verify_says_where_the_nodes_differ(gate: str, tmp_path: Path) -> None:
    cloud, session = pair(tmp_path)
    made, _ = plan(session.site, "2026.1", "blue_green")
    approved(cloud, session, made)
    assert run(session, made).gate == "finalize"
    if gate == "rolled back":
        assert rollback(session, "enough").standing is Standing.ROLLED_BACK
    cloud.colours["nova"].elsewhere = replace(cloud.colours["nova"], percent_green=50)
    (said,) = verify(session.site, session.journal).differences
    assert said.startswith("nova: the balancer nodes differ: the first node: ")
