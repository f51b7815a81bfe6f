"""From log lines to what users felt."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from json import dumps

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.probes.log import Entry, entries_of
from liftlock.probes.retries import Retries, retries_between
from liftlock.probes.summary import outages, percentile, summarize, worst_gap_ms


def entry(
    t: float, outcome: str = "ok", latency_ms: float = 100.0, service: str = "nova", **more: object
) -> Entry:
    line = Entry(t, service, "server list", "GET", "/servers", 200, latency_ms, "blue", "new", outcome)
    return replace(line, **more)  # type: ignore[arg-type]


BAD = "status: 503, expected 200"


def test_an_outage_lasts_from_the_first_failed_start_to_the_next_good_start() -> None:
    lines = [entry(0), entry(10, BAD), entry(11, BAD), entry(12.5), entry(20, BAD), entry(21)]
    assert outages(lines) == [(10, 12.5), (20, 21)]
    numbers = summarize(lines)["services"]["nova"]  # type: ignore[index]
    assert numbers["outage_s"] == 3.5
    assert (numbers["first_failure"], numbers["last_failure"]) == (10, 20)


def test_a_service_that_never_comes_back_is_out_until_its_last_request_ended() -> None:
    assert outages([entry(0), entry(5, BAD), entry(6, "time-out: x", 30_000)]) == [(5, 36)]


def test_a_request_that_hangs_while_others_are_answered_is_no_long_outage() -> None:
    assert outages([entry(0, "time-out: x", 30_000), entry(0.5), entry(1.0)]) == [(0, 0.5)]


def test_the_worst_gap_is_between_good_answers_and_counts_the_edges() -> None:
    assert worst_gap_ms([entry(0), entry(1), entry(2, BAD), entry(4)]) == pytest.approx(3000)
    assert worst_gap_ms([entry(0, BAD), entry(9.9), entry(10)]) == pytest.approx(10_000)
    assert worst_gap_ms([entry(0), entry(1, "time-out: x", 30_000)]) == pytest.approx(30_900)


def test_the_gap_is_of_completions_not_of_starts() -> None:
    assert worst_gap_ms([entry(0), entry(0.5, latency_ms=5000), entry(1.0)]) == pytest.approx(4400)


def test_services_backends_and_connections_are_counted_apart() -> None:
    lines = [
        entry(0),
        entry(1, BAD, connection="reused", backend="green"),
        entry(2, service="heat", backend=None),
        entry(3, service="heat", reopened=True),
    ]
    numbers = summarize(lines)
    assert (numbers["requests_total"], numbers["requests_failed"], numbers["reopened"]) == (4, 1, 1)
    assert numbers["backends"] == {
        "blue": {"total": 2, "failed": 0},
        "green": {"total": 1, "failed": 1},
        "unknown": {"total": 1, "failed": 0},
    }
    assert numbers["connections"] == {"new": {"total": 3, "failed": 0}, "reused": {"total": 1, "failed": 1}}
    assert numbers["services"]["heat"]["outage_s"] == 0  # type: ignore[index]
    assert [(f["t"], f["service"], f["verb"], f["reason"]) for f in numbers["failures"]] == [  # type: ignore[attr-defined]
        (1, "nova", "server list", BAD)
    ]


def test_a_window_takes_what_started_in_it() -> None:
    lines = [entry(float(t)) for t in range(10)]
    assert summarize(lines, 3, 6)["requests_total"] == 3


def test_no_lines_are_no_requests() -> None:
    numbers = summarize([])
    assert (numbers["requests_total"], numbers["services"], numbers["from"]) == (0, {}, None)


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, p) for p in (50, 95, 100, 0)] == [50, 95, 100, 1]
    assert percentile([7.0], 95) == 7


@given(st.lists(st.tuples(st.floats(0, 1000), st.booleans(), st.floats(0, 30_000)), min_size=1))
def test_outages_are_apart_in_order_and_hold_every_failure(raw: list[tuple[float, bool, float]]) -> None:
    lines = sorted((entry(t, "ok" if ok else BAD, ms) for t, ok, ms in raw), key=lambda line: line.t)
    spans = outages(lines)
    assert all(begin <= end for begin, end in spans)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))
    for line in lines:
        if line.failed:
            assert any(begin <= line.t <= end for begin, end in spans)


def test_a_cut_last_line_is_counted_and_the_rest_read() -> None:
    text = "\n".join(dumps(asdict(entry(float(t)))) for t in (2, 1)) + '\n{"t": 3, "serv'
    entries, cut = entries_of(text)
    assert ([line.t for line in entries], cut) == ([1.0, 2.0], 1)


def test_a_line_of_a_later_prober_with_more_fields_is_still_read() -> None:
    entries, cut = entries_of(dumps({**asdict(entry(1.0)), "mood": "good"}))
    assert (len(entries), cut) == (1, 0)


HEAD = "# pxname,svname,econ,eresp,wretr,wredis,status,\n"


def test_the_balancers_own_retries_are_told_per_backend() -> None:
    before = HEAD + "nova,blue,1,1,1,1,UP,\nnova,BACKEND,1,2,3,4,UP,\nfront,FRONTEND,,,,,OPEN,\n"
    after = HEAD + "nova,blue,9,9,9,9,UP,\nnova,BACKEND,1,3,8,4,UP,\nheat,BACKEND,0,0,2,0,UP,\n"
    assert retries_between(before, after) == {
        "nova": Retries(retries=5, redispatches=0, connect_errors=0, response_errors=1),
        "heat": Retries(retries=2, redispatches=0, connect_errors=0, response_errors=0),
    }


def test_counters_that_a_reload_set_back_are_counted_from_zero() -> None:
    before = HEAD + "nova,BACKEND,10,10,10,10,UP,\n"
    after = HEAD + "nova,BACKEND,0,1,2,3,UP,\n"
    assert retries_between(before, after)["nova"] == Retries(2, 3, 0, 1)
