"""What every `Traffic` promises, over the simulator and over a pair of real HAProxy nodes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liftlock.errors import BadInput, Refused, Unreachable
from tests.contract.traffic.stages import OTHER, SERVICE, Stage, real, simulated


@pytest.fixture(params=[simulated, real], ids=["sim", "haproxy"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with request.param() as built:
        yield built


def test_a_share_is_what_was_sent_however_often_and_no_other_service_feels_it(stage: Stage) -> None:
    assert not stage.traffic.share(SERVICE).armed
    stage.traffic.arm(SERVICE, stage.green)
    for percent in (0, 1, 50, 100, 99, 0, 100):
        for _ in range(2):
            stage.traffic.send(SERVICE, percent)
        assert stage.traffic.share(SERVICE).percent_green == percent
    other = stage.traffic.share(OTHER)
    assert not other.armed
    assert other.percent_green == 0
    assert other.blue_up


def test_arming_and_disarming_a_second_time_leaves_no_trace(stage: Stage) -> None:
    for traffic in (stage.traffic, stage.hurried):
        traffic.arm(SERVICE, stage.green)
        before = stage.traces() if traffic is stage.hurried else None
    assert before == stage.traces()
    assert stage.traffic.share(SERVICE).percent_green == 0
    stage.traffic.disarm(SERVICE)
    before = stage.traces()
    stage.traffic.disarm(SERVICE)
    assert stage.traces() == before
    assert not stage.traffic.share(SERVICE).armed
    stage.traffic.arm(SERVICE, stage.green)
    assert stage.traffic.share(SERVICE).armed


def test_both_colours_are_up_once_they_were_checked(stage: Stage) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    stage.until(lambda: stage.traffic.share(SERVICE).green_up, "green never passed a check")
    assert stage.traffic.share(SERVICE).blue_up


@pytest.mark.parametrize("percent", [1, 100])
def test_nothing_is_sent_to_a_green_that_does_not_answer(stage: Stage, percent: int) -> None:
    stage.kill("green")
    stage.traffic.arm(SERVICE, stage.green)
    with pytest.raises(Refused, match="green"):
        stage.hurried.send(SERVICE, percent)
    share = stage.traffic.share(SERVICE)
    assert (share.percent_green, share.green_up, share.blue_up) == (0, False, True)


@pytest.mark.parametrize("percent", [0, 50])
def test_nothing_is_sent_back_to_a_blue_that_does_not_answer(stage: Stage, percent: int) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    stage.traffic.send(SERVICE, 100)
    stage.kill("blue")
    stage.until(lambda: not stage.traffic.share(SERVICE).blue_up, "blue's death was not seen")
    with pytest.raises(Refused, match="blue"):
        stage.hurried.send(SERVICE, percent)
    assert stage.traffic.share(SERVICE).percent_green == 100
    stage.revive("blue")
    stage.until(lambda: stage.traffic.share(SERVICE).blue_up, "blue did not come back")
    stage.hurried.send(SERVICE, 0)
    assert stage.traffic.share(SERVICE).percent_green == 0


def test_a_green_that_dies_and_comes_back_is_seen(stage: Stage) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    stage.traffic.send(SERVICE, 100)
    stage.kill("green")
    stage.until(lambda: not stage.traffic.share(SERVICE).green_up, "green's death was not seen")
    assert stage.traffic.share(SERVICE).blue_up
    stage.revive("green")
    stage.until(lambda: stage.traffic.share(SERVICE).green_up, "green did not come back")


def test_nothing_can_be_sent_to_a_green_that_is_not_there(stage: Stage) -> None:
    with pytest.raises(Refused, match="armed"):
        stage.traffic.send(SERVICE, 10)
    stage.traffic.send(SERVICE, 0)
    stage.traffic.arm(SERVICE, stage.green)
    for wrong in (-1, 101):
        with pytest.raises(BadInput):
            stage.traffic.send(SERVICE, wrong)


def test_a_green_that_gets_requests_is_not_taken_out(stage: Stage) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    stage.traffic.send(SERVICE, 1)
    with pytest.raises(Refused):
        stage.traffic.disarm(SERVICE)
    assert stage.traffic.share(SERVICE).percent_green == 1
    stage.traffic.send(SERVICE, 0)
    stage.traffic.disarm(SERVICE)
    assert not stage.traffic.share(SERVICE).armed


def test_green_becomes_the_only_colour_when_it_serves_all_requests(stage: Stage) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    stage.traffic.send(SERVICE, 99)
    with pytest.raises(Refused):
        stage.traffic.settle(SERVICE)
    stage.traffic.send(SERVICE, 100)
    stage.traffic.settle(SERVICE)
    stage.kill("blue")
    before = stage.traces()
    stage.traffic.settle(SERVICE)
    stage.traffic.disarm(SERVICE)
    assert stage.traces() == before
    share = stage.traffic.share(SERVICE)
    assert not share.armed
    assert share.blue_up, "green's servers are the ordinary ones now"


def test_blue_that_was_taken_out_becomes_the_only_colour_again_though_nobody_answered_meanwhile(
    stage: Stage,
) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    stage.traffic.send(SERVICE, 100)
    stage.traffic.settle(SERVICE)
    # As a restore does it: both colours are stopped, the older databases come, blue starts.
    for colour in ("blue", "green"):
        stage.kill(colour)
    stage.traffic.arm(SERVICE, stage.blue)
    with pytest.raises(Refused):
        stage.hurried.send(SERVICE, 100)
    stage.revive("blue")
    stage.until(lambda: stage.traffic.share(SERVICE).green_up, "blue's servers are the new ones")
    stage.traffic.send(SERVICE, 100)
    stage.traffic.settle(SERVICE)
    share = stage.traffic.share(SERVICE)
    assert not share.armed
    assert share.blue_up


def test_a_green_that_died_does_not_become_the_only_colour(stage: Stage) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    stage.traffic.send(SERVICE, 100)
    stage.kill("green")
    stage.until(lambda: not stage.traffic.share(SERVICE).green_up, "green's death was not seen")
    with pytest.raises(Refused):
        stage.traffic.settle(SERVICE)
    assert stage.traffic.share(SERVICE).armed


def test_a_node_that_does_not_answer_is_named(stage: Stage) -> None:
    stage.traffic.arm(SERVICE, stage.green)
    name = stage.away()
    for ask in (
        lambda: stage.traffic.share(SERVICE),
        lambda: stage.traffic.send(SERVICE, 50),
        lambda: stage.traffic.send(SERVICE, 0),
        lambda: stage.traffic.disarm(SERVICE),
    ):
        with pytest.raises(Unreachable, match=name):
            ask()
    stage.back()
    assert stage.traffic.share(SERVICE).percent_green == 0


def test_what_is_typed_by_hand_sends_all_requests_to_blue_also_where_green_was_never_armed(
    stage: Stage,
) -> None:
    page = stage.traffic.back_by_hand((SERVICE, OTHER))
    stage.traffic.arm(SERVICE, stage.green)
    stage.traffic.send(SERVICE, 100)
    for _ in range(2):
        for shown in stage.type(page):
            assert [line.split()[-1] for line in shown.splitlines() if line.strip()] in (["0"], ["0", "0"])
        assert stage.traffic.share(SERVICE).percent_green == 0
    stage.traffic.send(SERVICE, 0)
    stage.traffic.disarm(SERVICE)
    assert not stage.traffic.share(SERVICE).armed
