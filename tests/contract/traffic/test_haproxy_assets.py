"""What a browser feels whose page names assets that only one colour has, as horizon's hashed style sheets are."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from liftlock.drivers.balancers.haproxy import written
from tests.contract.traffic.rig import Balancer, Rig, rig, wait_for

SERVICE = "horizon"
_SHEET = "/static/{}.css"


class Browser:
    """A client with an address of its own; every request has a connection of its own unless `keeps` it."""

    def __init__(self, port: int, number: int, *, keeps: bool = False) -> None:
        self._from = (f"127.0.1.{number + 1}", 0)
        self._port = port
        self._kept = self._line() if keeps else None

    def get(self, path: str) -> tuple[int, str]:
        line = self._kept or self._line()
        line.request("GET", path)
        answer = line.getresponse()
        body = answer.read().decode()
        if line is not self._kept:
            line.close()
        return answer.status, body

    def page(self) -> str:
        """The colour that served it."""
        status, colour = self.get("/")
        assert status == 200
        return colour

    def sheet(self, colour: str) -> int:
        """The status of the style sheet that a page of `colour` names."""
        return self.get(_SHEET.format(colour))[0]

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=30, source_address=self._from)


@contextmanager
def browsing(port: int, browsers: int = 8) -> Iterator[Counter[tuple[str, int]]]:
    """Browsers that load page and style sheet while the block runs; counts the sheets by (page's colour, status)."""
    seen: Counter[tuple[str, int]] = Counter()
    turn, over = threading.Lock(), threading.Event()

    def work(number: int) -> None:
        browser = Browser(port, number, keeps=number % 2 == 0)
        while not over.is_set():
            colour = browser.page()
            status = browser.sheet(colour)
            with turn:
                seen[colour, status] += 1

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(browsers)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join(35)


def some_more(seen: Counter[tuple[str, int]], count: int = 60) -> None:
    """Return once the style sheets of `count` pages more were asked for."""
    wanted = seen.total() + count
    wait_for(lambda: seen.total() >= wanted, "the browsers are stuck")


@pytest.fixture(params=[1, 2], ids=["one server", "two servers"])
def dashboards(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with rig(services=(SERVICE,), nodes=("lb1",), blues=request.param, greens=request.param) as built:
        yield built


def only_node(built: Rig) -> tuple[Balancer, int]:
    (node,) = built.nodes.values()
    return node, node.front_ports[SERVICE]


def test_a_page_gets_its_assets_however_requests_move_between_colours(dashboards: Rig) -> None:
    traffic, (_, port) = dashboards.traffic(), only_node(dashboards)
    before = dashboards.files()
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    with browsing(port) as seen:
        for percent in (100, 0) * 4 + (50, 100, 50, 0):
            traffic.send(SERVICE, percent)
            some_more(seen)
    assert seen["blue", 200] > 100
    assert seen["green", 200] > 100
    assert set(seen) == {("blue", 200), ("green", 200)}, seen
    traffic.disarm(SERVICE)
    assert dashboards.files() == before


def test_pages_follow_the_share_at_once_and_assets_their_page(dashboards: Rig) -> None:
    traffic, (_, port) = dashboards.traffic(), only_node(dashboards)
    reader, stranger = Browser(port, 100), Browser(port, 101)
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    for percent, colour, other in ((100, "green", "blue"), (0, "blue", "green")):
        assert reader.page() == other
        traffic.send(SERVICE, percent)
        assert [reader.sheet(other) for _ in range(5)] == [200] * 5
        assert stranger.sheet(colour) == 200, "who has seen no page follows the share"
        assert reader.page() == colour
        assert reader.sheet(colour) == 200


@pytest.mark.parametrize(("dead", "share"), [("blue", 100), ("green", 0)])
def test_assets_of_a_colour_that_died_are_asked_of_the_other(dashboards: Rig, dead: str, share: int) -> None:
    traffic, (_, port) = dashboards.traffic(), only_node(dashboards)
    reader = Browser(port, 100)
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    traffic.send(SERVICE, 100 - share)
    assert reader.page() == dead
    traffic.send(SERVICE, share)
    for backer in getattr(dashboards, dead)[SERVICE]:
        backer.kill()
    wait_for(lambda: not getattr(traffic.share(SERVICE), f"{dead}_up"), "the death was not seen")
    assert reader.sheet(dead) == 404, "answered by the other colour, not refused by the balancer"


def test_a_page_of_blue_gets_its_assets_long_after_the_cut_whoever_shares_the_address(
    dashboards: Rig,
) -> None:
    traffic, (_, port) = dashboards.traffic(), only_node(dashboards)
    reader, neighbour = Browser(port, 100), Browser(port, 100)
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    assert reader.page() == "blue"
    traffic.send(SERVICE, 100)
    assert neighbour.page() == "green"
    assert (reader.sheet("blue"), neighbour.sheet("green")) == (200, 200)


def test_a_connection_that_was_kept_since_before_green_came_may_name_assets_to_others(
    dashboards: Rig,
) -> None:
    traffic, (_, port) = dashboards.traffic(), only_node(dashboards)
    kept, fresh = Browser(port, 100, keeps=True), Browser(port, 100)
    assert kept.page() == "blue"
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    traffic.send(SERVICE, 100)
    assert fresh.page() == "green"
    assert kept.page() == "blue", "its worker knows no green"
    assert (fresh.sheet("blue"), fresh.sheet("green")) == (200, 200)


def test_after_the_way_back_greens_assets_are_forgotten_with_their_page_after_a_while(
    dashboards: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "REMEMBERED", "5s")
    traffic, (_, port) = dashboards.traffic(), only_node(dashboards)
    reader, stranger = Browser(port, 100), Browser(port, 101)
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    traffic.send(SERVICE, 100)
    assert reader.page() == "green"
    traffic.send(SERVICE, 0)
    assert (reader.sheet("green"), stranger.sheet("green")) == (200, 404)
    wait_for(lambda: reader.sheet("green") == 404, "asking for assets does not keep the page remembered")


def test_only_what_may_be_asked_twice_is(dashboards: Rig) -> None:
    traffic, (_, port) = dashboards.traffic(), only_node(dashboards)
    reader = Browser(port, 100)
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    traffic.send(SERVICE, 100)
    assert reader.get("/missing") == (404, "green"), "a page that green does not have is green's answer"
    assert reader.get("/static/nobody.css") == (404, "blue"), "an asset was looked for on both"


def test_green_settles_without_what_led_assets_to_their_page(dashboards: Rig) -> None:
    traffic, (node, port) = dashboards.traffic(), only_node(dashboards)
    reader = Browser(port, 100)
    traffic.arm(SERVICE, dashboards.servers(SERVICE))
    traffic.send(SERVICE, 100)
    traffic.settle(SERVICE)
    assert "static" not in node.file.read_text()
    assert (reader.page(), reader.sheet("green")) == ("green", 200)
