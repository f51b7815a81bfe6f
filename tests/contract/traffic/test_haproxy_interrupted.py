"""Nodes that fail half way, liftlock that dies half way, operators who are in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from liftlock.drivers.clocks.system import SystemClock
from liftlock.errors import Refused, StepFailed, Unreachable
from liftlock.plan.step import Step
from liftlock.ports.hands import Hands
from liftlock.sim.cloud import SimCloud
from liftlock.steps.traffic import ArmBalancer, OfferBlueAgain, SendTraffic, SettleTraffic
from tests.contract.traffic.load import ask
from tests.contract.traffic.rig import LOOKS, Rig, rig, wait_for

SERVICE = "keystone"


class Died(BaseException):
    """liftlock's machine lost its power."""


@pytest.fixture
def pair() -> Iterator[Rig]:
    with rig() as built:
        yield built


def hands_of(built: Rig) -> Hands:
    """What steps act through; all that these steps need is real."""
    return replace(SimCloud.tiny().hands, traffic=built.traffic(), clock=SystemClock())


def leave_when(rig: Rig, host: str, word: str) -> None:
    """The node stops answering when a command with `word` is given to it."""

    def watch(name: str, command: str) -> None:
        if name == host and word in command:
            rig.shell.away.add(host)
            raise Unreachable(f"{host} does not answer")

    rig.shell.before = watch


def test_the_first_node_is_put_back_when_the_second_does_not_take_the_share(pair: Rig) -> None:
    traffic = pair.traffic()
    traffic.arm(SERVICE, pair.servers(SERVICE))
    traffic.send(SERVICE, 10)
    asked = iter(range(100))

    def leave_at_the_write(host: str, command: str) -> None:
        # look, look (wait for health), look (before the change), then the change itself
        if host == "lb2" and "python3" in command and next(asked) >= 2:
            raise Unreachable("lb2 does not answer")

    pair.shell.before = leave_at_the_write
    with pytest.raises(Unreachable, match="lb2"):
        traffic.send(SERVICE, 60)
    pair.shell.before = lambda host, command: None
    assert traffic.share(SERVICE).percent_green == 10


def test_going_back_to_blue_does_not_wait_for_a_dead_node(pair: Rig) -> None:
    traffic = pair.traffic()
    traffic.arm(SERVICE, pair.servers(SERVICE))
    traffic.send(SERVICE, 100)
    pair.shell.away.add("lb1")
    with pytest.raises(Unreachable, match="lb1"):
        traffic.send(SERVICE, 0)
    assert ask(pair.nodes["lb2"].front_ports[SERVICE]) == "blue"
    pair.shell.away.clear()
    share = traffic.share(SERVICE)
    assert (share.agreed, share.said) == (False, "lb1 sends 100% to green, lb2 sends 0% to green")
    assert share.percent_green == 100, "some still go there"
    with pytest.raises(StepFailed, match="nodes differ: lb1 sends 100% to green, lb2 sends 0% to green"):
        SendTraffic(SERVICE, 100).prove_undone(hands_of(pair))
    traffic.send(SERVICE, 0)
    share = traffic.share(SERVICE)
    assert (share.agreed, share.percent_green) == (True, 0)


def test_the_first_node_is_put_back_when_the_second_cannot_be_reloaded(pair: Rig) -> None:
    before = pair.files()
    leave_when(pair, "lb2", "kill -USR2")
    with pytest.raises(Unreachable, match="lb2"):
        pair.traffic().arm(SERVICE, pair.servers(SERVICE))
    assert pair.files()["lb1"] == before["lb1"]
    pair.shell.before = lambda host, command: None
    pair.shell.away.clear()
    pair.traffic().arm(SERVICE, pair.servers(SERVICE))
    assert pair.traffic().share(SERVICE).armed


def test_a_file_that_haproxy_refuses_is_not_put_in_place(pair: Rig) -> None:
    for node in pair.nodes.values():
        node.file.write_text(node.file.read_text() + "\nbackend broken\n    server nobody\n")
    before, workers = pair.files(), [n.worker for n in pair.nodes.values()]
    with pytest.raises(Refused, match="lb1: HAProxy refuses"):
        pair.traffic().arm(SERVICE, pair.servers(SERVICE))
    assert pair.files() == before
    assert [n.worker for n in pair.nodes.values()] == workers


def test_green_does_not_stay_alone_where_arming_died_before_its_reload() -> None:
    with rig(nodes=("lb1",)) as built:

        def cut(host: str, command: str) -> None:
            if "kill -USR2" in command:
                raise Died

        built.shell.before = cut
        with pytest.raises(Died):
            built.traffic().arm(SERVICE, built.servers(SERVICE))
        built.shell.before = lambda host, command: None
        with pytest.raises(Refused):
            built.traffic().settle(SERVICE)
        assert not built.traffic().share(SERVICE).armed
        assert ask(built.nodes["lb1"].front_ports[SERVICE]) == "blue"
        built.traffic().arm(SERVICE, built.servers(SERVICE))
        assert built.traffic().share(SERVICE).armed


def test_whatever_moment_liftlock_dies_at_the_next_one_finishes_what_it_began() -> None:
    with rig(nodes=("lb1",)) as built:
        node = built.nodes["lb1"]
        original = node.file.read_text()
        story: list[tuple[str, Callable[[], None]]] = [
            ("arm", lambda: built.traffic().arm(SERVICE, built.servers(SERVICE))),
            ("send", lambda: built.traffic().send(SERVICE, 100)),
            ("back", lambda: built.traffic().send(SERVICE, 0)),
            ("disarm", lambda: built.traffic().disarm(SERVICE)),
        ]
        for name, act in story:
            for dies_at in range(100):
                clean = _dies(built, act, dies_at)
                assert ask(node.front_ports[SERVICE]) in ("blue", "green"), (
                    "users are served whatever happened"
                )
                if clean:
                    break
                if name == "arm":
                    act()
                    assert built.traffic().share(SERVICE).armed, f"arm, dead at {dies_at}"
                    built.traffic().disarm(SERVICE)
                    assert node.file.read_text() == original
                elif name == "disarm":
                    act()
                    assert not built.traffic().share(SERVICE).armed, f"disarm, dead at {dies_at}"
                    assert node.file.read_text() == original
                    built.traffic().arm(SERVICE, built.servers(SERVICE))
            act()
        assert node.file.read_text() == original
        assert sorted(p.name for p in node.folder.iterdir()) == [
            "haproxy.cfg",
            "haproxy.cfg.before-liftlock",
            "log",
            "master",
            "pid",
            "sock",
        ]


def _resumed(built: Rig, step: Step) -> None:
    """What a run that is taken up does with a step that was begun."""
    hands = hands_of(built)
    if not step.done(hands, 0.0):
        step.execute(hands)
    step.prove(hands, 0.0)
    assert built.traffic().share(SERVICE).agreed


def _undone(built: Rig, step: Step) -> None:
    """What a rollback does with it."""
    hands = hands_of(built)
    step.revert(hands)
    step.prove_undone(hands)
    assert built.traffic().share(SERVICE).agreed


def _dies_at_change(built: Rig, step: Step, at: int) -> bool:
    """Whether the step came to its end before the power was cut at the change of that number, from 0."""
    count = iter(range(1000))

    def cut(host: str, command: str) -> None:
        if not command.endswith(LOOKS) and next(count) == at:
            raise Died

    built.shell.before = cut
    try:
        step.execute(hands_of(built))
    except Died:
        return False
    finally:
        built.shell.before = lambda host, command: None
    return True


def _differing(built: Rig, step: Step, as_before: Callable[[], None]) -> Iterator[int]:
    """The changes of a step before which the nodes differ, each with the power just cut there.

    Where they do not, nothing of it was done, or all of it.
    """
    for at in range(200):
        ended = _dies_at_change(built, step, at)
        agreed = built.traffic().share(SERVICE).agreed
        if not agreed:
            yield at
        elif step.done(hands_of(built), 0.0):
            _resumed(built, step)
        else:
            continue
        as_before()
        if ended:
            return


def _keeper(built: Rig) -> Callable[[], None]:
    """What puts the nodes back as they are now: their files, and what they run."""
    kept = {
        file: file.read_bytes()
        for node in built.nodes.values()
        for file in node.folder.iterdir()
        if file.is_file() and file.name not in ("log", "pid")
    }

    def as_before() -> None:
        for node in built.nodes.values():
            for file in node.folder.glob("share.map*"):
                file.unlink()
        for file, content in kept.items():
            file.write_bytes(content)
        for node in built.nodes.values():
            node.reload()
        wait_for(lambda: _all_up(built), "not all servers came back")

    return as_before


def _all_up(built: Rig) -> bool:
    share = built.traffic().share(SERVICE)
    return share.agreed and share.blue_up and (share.green_up or not share.armed)


def test_arming_that_was_cut_between_two_nodes_is_done_again_and_undone(pair: Rig) -> None:
    arm, files, as_before = ArmBalancer(SERVICE, pair.servers(SERVICE)), pair.files(), _keeper(pair)
    ways = iter(range(100))

    def either() -> None:
        """In turn: a rollback, and a resumed run; each takes many reloads."""
        if next(ways) % 2:
            _resumed(pair, arm)
            as_before()
        else:
            _undone(pair, arm)
            assert pair.files() == files

    assert list(_differing(pair, arm, either)), "the power was cut between two nodes"
    assert next(ways) > 4


def test_a_share_that_only_one_of_two_nodes_got_is_sent_again_and_sent_back(pair: Rig) -> None:
    send = SendTraffic(SERVICE, 100)
    pair.traffic().arm(SERVICE, pair.servers(SERVICE))
    differed = list(_differing(pair, send, lambda: _undone(pair, send)))
    assert differed, "the power was cut between two nodes"
    for at in differed:
        assert not _dies_at_change(pair, send, at)
        _resumed(pair, send)
        _undone(pair, send)


def test_settling_that_was_cut_between_two_nodes_is_finished_or_blue_is_offered_again(pair: Rig) -> None:
    traffic, settle = pair.traffic(), SettleTraffic(SERVICE)
    offer = OfferBlueAgain(SERVICE, tuple(backer.server for backer in pair.blue[SERVICE]))
    traffic.arm(SERVICE, pair.servers(SERVICE))
    traffic.send(SERVICE, 100)
    for node in pair.nodes.values():
        (node.folder / "share.map").write_text(f"{SERVICE} 100\n")
    as_before = _keeper(pair)
    offered = 0
    for number, at in enumerate(_differing(pair, settle, as_before)):
        # At every second of them, and both ways at every fourth: each takes many reloads.
        if number % 2 == 0:
            _resumed(pair, settle)
        if number % 4:
            continue
        as_before()
        assert not _dies_at_change(pair, settle, at)
        if not traffic.share(SERVICE).armed_everywhere:
            offered += 1
            _resumed(pair, offer)
            share = traffic.share(SERVICE)
            assert share.armed_everywhere
            assert share.percent_green == 0, "green is the ordinary colour, blue the one that comes"
            assert {ask(node.front_ports[SERVICE]) for node in pair.nodes.values()} == {"green"}
    assert offered, "the power was cut between two nodes"


def _dies(built: Rig, act: Callable[[], None], at: int) -> bool:
    """Whether `act` came to its end before the power was cut at command number `at`."""
    count = iter(range(1000))

    def cut(host: str, command: str) -> None:
        if next(count) == at:
            raise Died

    built.shell.before = cut
    try:
        act()
    except Died:
        return False
    finally:
        built.shell.before = lambda host, command: None
    return True
