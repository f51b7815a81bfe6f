"""Nodes that fail half way, liftlock that dies half way, operators who are in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from liftlock.errors import Refused, StepFailed, Unreachable
from tests.contract.traffic.load import ask
from tests.contract.traffic.rig import Rig, rig

SERVICE = "keystone"


class Died(BaseException):
    """liftlock's machine lost its power."""


@pytest.fixture
def pair() -> Iterator[Rig]:
    with rig() as built:
        yield built


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
    with pytest.raises(StepFailed, match="lb1 sends 100% to green, lb2 sends 0% to green"):
        traffic.share(SERVICE)
    traffic.send(SERVICE, 0)
    assert traffic.share(SERVICE).percent_green == 0


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
