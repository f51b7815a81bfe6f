"""What users of a service feel while a pair of real HAProxy nodes shares it between colours."""

from __future__ import annotations

import http.client
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest

from liftlock.errors import Unreachable
from tests.contract.traffic.load import Load, ask, load
from tests.contract.traffic.rig import Rig, rig, wait_for

SERVICE = "keystone"


@pytest.fixture
def pair() -> Iterator[Rig]:
    with rig() as built:
        yield built


def doors(rig: Rig) -> list[int]:
    return [node.front_ports[SERVICE] for node in rig.nodes.values()]


def one_colour_per_token(seen: Load, since: float) -> None:
    colours = defaultdict(set)
    for answer in seen.since(since):
        if answer.token:
            colours[answer.token].add(answer.colour)
    assert all(len(c) == 1 for c in colours.values()), colours


def test_no_request_fails_from_arming_to_green_alone_with_reloads_and_a_way_back_between(pair: Rig) -> None:
    traffic, green = pair.traffic(), pair.servers(SERVICE)
    before = pair.files()
    with load(doors(pair)) as seen:
        traffic.arm(SERVICE, green)
        traffic.send(SERVICE, 30)
        moment = time.monotonic()
        seen.wait_for_more(200)
        assert 0.1 < seen.colours(moment)["green"] / 200 < 0.5
        traffic.arm("nova", pair.servers("nova"))
        for node in pair.nodes.values():
            node.reload()
        seen.wait_for_more(200)
        assert traffic.share(SERVICE).percent_green == 30
        assert traffic.share(SERVICE).green_up
        one_colour_per_token(seen, moment)
        traffic.send(SERVICE, 100)
        moment = time.monotonic()
        for node in pair.nodes.values():
            node.reload()
        seen.wait_for_more(100)
        assert set(seen.colours(moment)) == {"green"}
        traffic.send(SERVICE, 0)
        moment = time.monotonic()
        seen.wait_for_more(100)
        assert set(seen.colours(moment)) == {"blue"}
        traffic.disarm(SERVICE)
        traffic.disarm("nova")
        assert pair.files() == before
        traffic.arm(SERVICE, green)
        traffic.send(SERVICE, 100)
        traffic.settle(SERVICE)
        for blue in pair.blue[SERVICE]:
            blue.kill()
        seen.wait_for_more(100)
    assert seen.failed == []
    assert traffic.retries(SERVICE) == 0


def test_a_green_killed_while_it_serves_all_loses_only_what_it_was_answering(pair: Rig) -> None:
    traffic = pair.traffic()
    traffic.arm(SERVICE, pair.servers(SERVICE))
    traffic.send(SERVICE, 100)
    with load(doors(pair), clients=16) as seen:
        killed = time.monotonic()
        pair.green[SERVICE][0].kill()
        dead = time.monotonic()
        seen.wait_for_more(200)
        wait_for(lambda: not traffic.share(SERVICE).green_up, "the death was not seen")
        assert traffic.share(SERVICE).percent_green == 100
        assert traffic.share(SERVICE).blue_up
        moment = time.monotonic()
        seen.wait_for_more(100)
        assert set(seen.colours(moment)) == {"blue"}
        for answer in seen.failed:
            assert answer.sent < dead, "sent to a server known to be dead"
            assert answer.done > killed
        lost = len(seen.failed)
        pair.green[SERVICE][0].start()
        wait_for(lambda: traffic.share(SERVICE).green_up, "green's return was not seen")
        seen.wait_for_more(100)
        assert len(seen.failed) == lost
    assert lost <= 16, "more than one request per client"
    assert traffic.retries(SERVICE) <= 8, "a node believes in a dead server no longer than its first error"


def test_what_green_was_answering_is_finished_after_requests_went_back_and_green_was_taken_out(
    pair: Rig,
) -> None:
    traffic = pair.traffic()
    traffic.arm(SERVICE, pair.servers(SERVICE))
    traffic.send(SERVICE, 100)
    answers: list[str] = []
    slow = [
        threading.Thread(target=lambda p=port: answers.append(ask(p, path="/slow?6"))) for port in doors(pair)
    ]
    for thread in slow:
        thread.start()
    wait_for(lambda: traffic.share(SERVICE).open_on_green == 2, "both requests are not on green")
    traffic.send(SERVICE, 0)
    assert [ask(port) for port in doors(pair)] == ["blue", "blue"]
    traffic.disarm(SERVICE)
    for thread in slow:
        thread.join(30)
    assert answers == ["green", "green"]


def test_what_blue_was_asked_before_green_came_is_counted_until_it_is_answered(pair: Rig) -> None:
    traffic = pair.traffic()
    answers: list[str] = []
    slow = [
        threading.Thread(target=lambda p=port: answers.append(ask(p, path="/slow?8"))) for port in doors(pair)
    ]
    for thread in slow:
        thread.start()
    wait_for(
        lambda: all(",1,1," in node.says("show stat -1 4 -1") for node in pair.nodes.values()),
        "the requests are not on blue",
    )
    traffic.arm(SERVICE, pair.servers(SERVICE))
    traffic.send(SERVICE, 100)
    assert (traffic.share(SERVICE).open_on_blue, answers) == (2, [])
    for thread in slow:
        thread.join(30)
    assert answers == ["blue", "blue"]
    wait_for(lambda: traffic.share(SERVICE).open_on_blue == 0, "an answered request is still counted")


def test_a_kept_alive_connection_follows_with_its_next_request_even_one_from_before_a_reload(
    pair: Rig,
) -> None:
    traffic = pair.traffic()
    traffic.arm(SERVICE, pair.servers(SERVICE))
    kept = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in doors(pair)]
    for percent, colour in ((100, "green"), (0, "blue"), (100, "green")):
        traffic.send(SERVICE, percent)
        assert [ask(c.port, "t", connection=c) for c in kept] == [colour, colour]
    local = [c.sock.getsockname() for c in kept]
    for node in pair.nodes.values():
        node.reload()
    traffic.send(SERVICE, 0)
    assert [c.sock.getsockname() for c in kept] == local, "still the connections of the workers before"
    assert [ask(c.port, "t", connection=c) for c in kept] == ["blue", "blue"]


def test_a_token_keeps_its_colour_while_the_share_grows_and_every_node_says_the_same(pair: Rig) -> None:
    traffic = pair.traffic()
    traffic.arm(SERVICE, pair.servers(SERVICE))
    tokens = [f"token-{n}" for n in range(60)]
    before: set[str] = set()
    for percent in (1, 20, 50, 99):
        traffic.send(SERVICE, percent)
        first, second = ({t for t in tokens if ask(port, t) == "green"} for port in doors(pair))
        assert first == second
        assert before <= first
        before = first
    assert len(before) > 50
    traffic.send(SERVICE, 40)
    drawn = [ask(doors(pair)[0]) for _ in range(60)]
    assert 5 < drawn.count("green") < 45, "requests without a token are drawn"


def test_several_servers_share_the_work_of_their_colour_and_stand_in_for_each_other() -> None:
    with rig(blues=2, greens=3, nodes=("lb1",)) as built:
        traffic, (port,) = built.traffic(), doors(built)

        def served() -> set[str]:
            return {ask(port, "same-token", "/pid") for _ in range(40)}

        blues = served()
        assert len(blues) == 2
        traffic.arm(SERVICE, built.servers(SERVICE))
        assert served() == blues, "both of blue serve while they are the backup"
        traffic.send(SERVICE, 100)
        assert len(served()) == 3
        assert not served() & blues
        with load([port]) as seen:
            dead = built.green[SERVICE][0]
            dead.kill()
            moment = time.monotonic()
            seen.wait_for_more(200)
            assert not [a for a in seen.failed if a.sent > moment]
        assert len(served()) == 2
        assert traffic.share(SERVICE).green_up, "two of three are"
        traffic.settle(SERVICE)
        assert len(served()) == 2
        assert not served() & blues


def test_what_the_operator_holds_stays_held_over_our_reloads() -> None:
    with rig(blues=2, nodes=("lb1",)) as built:
        node, traffic = built.nodes["lb1"], built.traffic()
        node.says("set server nova-api-back/ctl-blue2 state maint")
        traffic.arm(SERVICE, built.servers(SERVICE))
        traffic.arm("nova", built.servers("nova"))
        traffic.disarm("nova")
        traffic.disarm(SERVICE)
        held = [
            row for row in node.says("show stat").splitlines() if row.startswith("nova-api-back,ctl-blue2,")
        ]
        assert ",MAINT," in held[0]


def test_requests_go_back_by_hand_as_the_page_for_a_lost_bastion_says(pair: Rig) -> None:
    traffic = pair.traffic()
    traffic.arm(SERVICE, pair.servers(SERVICE))
    traffic.send(SERVICE, 100)
    for node in pair.nodes.values():
        (command,) = traffic.back_by_hand((SERVICE, "nova")).commands
        here = command.replace("/lb-of-the-test", str(node.folder))
        built = pair.shell.run(next(n for n, x in pair.nodes.items() if x is node), here)
        assert built.ok, built.err
    assert [ask(port) for port in doors(pair)] == ["blue", "blue"]
    assert traffic.share(SERVICE).percent_green == 0
    for node in pair.nodes.values():
        node.reload()
    assert traffic.share(SERVICE).percent_green == 0


def test_a_silent_socket_is_not_taken_for_an_answer(pair: Rig) -> None:
    pair.nodes["lb2"].stop()
    with pytest.raises(Unreachable, match=r"lb2: HAProxy's socket .* does not answer"):
        pair.traffic().share(SERVICE)
