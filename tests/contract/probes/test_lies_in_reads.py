"""Every way to answer a read wrongly is reported: that one, and nothing else."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.probes.lying_cloud import (
    Cloud,
    Talk,
    body,
    cut_after_headers,
    cut_before_answer,
    cut_if_reused,
    cut_in_body,
    drip,
    hang,
    status,
)
from tests.contract.probes.probing import Probing

READS = (
    ("nova", "/servers/detail", "server list detail"),
    ("glance", r"/images\?", "image list"),
    ("keystone", "/projects$", "project list"),
)


@pytest.mark.parametrize("code", [401, 403, 404, 406, 500, 503])
def test_a_wrong_status_is_a_failure(probing: Probing, cloud: Cloud, code: int) -> None:
    cloud.lie("GET", "nova", "/servers/detail", status(code))
    outcome = probing.reads()
    assert outcome.told == {("nova", "server list detail", "status")}
    assert all(entry.status == code for entry in outcome.failures())
    assert all("a lie" in entry.outcome for entry in outcome.failures())


@pytest.mark.parametrize("code", [201, 204, 300])
def test_a_good_status_that_is_not_the_right_one_is_a_failure(
    probing: Probing, cloud: Cloud, code: int
) -> None:
    cloud.lie(
        "GET",
        "heat",
        "/stacks",
        status(code),
    )
    assert {(service, why) for service, _, why in probing.reads().told} == {("heat", "status")}


WRONG = {
    "no list": body(lambda _right: {"wrong": []}),
    "another shape": body(lambda _right: []),
    "a page": body(lambda _right: b"<html>sorry</html>"),
    "no body": body(lambda _right: None),
    "an empty list": body(lambda right: {key: [] for key in right}),
    "other ids": body(
        lambda right: {key: [{**item, "id": "x"} for item in items] for key, items in right.items()}
    ),
    "other names": body(
        lambda right: {key: [{**item, "name": "x"} for item in items] for key, items in right.items()}
    ),
}


@pytest.mark.parametrize(
    ("read", "wrong"),
    [*((READS[0], wrong) for wrong in WRONG), (READS[1], "an empty list"), (READS[2], "other ids")],
)
def test_wrong_content_with_the_right_status_is_a_failure(
    probing: Probing, cloud: Cloud, read: tuple[str, str, str], wrong: str
) -> None:
    service, path, verb = read
    cloud.put("server", {"name": "tenant's"})
    cloud.put("image", {"name": "tenant's"})
    # By the first two lists the prober looks for leftovers and gets to know what is there.
    cloud.lie("GET", service, path, WRONG[wrong], after=0 if "detail" in path else 2)
    outcome = probing.reads()
    assert outcome.told == {(service, verb, "content")}
    assert outcome.found == set()
    if wrong in ("an empty list", "other ids"):
        assert all("list lacks" in entry.outcome for entry in outcome.failures())


def test_a_show_of_another_object_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    volume = cloud.put("volume", {"name": "tenant's", "size": 3})

    def other(right: Any) -> Any:
        return {"volume": {**right["volume"], "id": "another"}}

    cloud.lie("GET", "cinder", f"/volumes/{volume}", body(other), after=1)
    outcome = probing.reads()
    assert outcome.told == {("cinder", "volume show", "content"), ("cinder", "volume check", "content")}


@pytest.mark.parametrize("act", [cut_before_answer, cut_after_headers, cut_in_body])
def test_a_cut_connection_is_a_failure(probing: Probing, cloud: Cloud, act: Callable[[Talk], None]) -> None:
    cloud.lie("GET", "cinder", "/types$", act, after=1)
    assert probing.reads().told == {("cinder", "volume type list", "cut")}


def test_a_kept_connection_cut_after_the_request_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    cloud.lie("GET", "cinder", "/types$", cut_if_reused, after=1)
    prober = probing.prober(writes=(), seconds=60.0)

    def wait_for_a_failure() -> None:
        while not any(entry.failed for entry in probing.logged()):
            assert not prober.stop.wait(0.05)

    outcome = probing.run_while(prober, wait_for_a_failure)
    assert outcome.told == {("cinder", "volume type list", "cut")}
    assert {entry.connection for entry in outcome.failures()} == {"reused"}


def test_an_answer_beyond_the_time_out_is_a_failure_and_lowers_nobody_elses_pressure(
    probing: Probing, cloud: Cloud
) -> None:
    release = threading.Event()
    cloud.lie("GET", "heat", "/stacks", hang(release), after=2)
    try:
        outcome = probing.reads(timeout_s=3.0, seconds=2.0, rate=40.0)
    finally:
        release.set()
    assert outcome.told == {("heat", "stack list", "time-out")}
    assert all(3000 <= entry.latency_ms < 6000 for entry in outcome.failures())
    others = [entry for entry in outcome.entries if entry.service == "nova" and entry.phase == "run"]
    assert len(others) >= 2 * 40 / 8 - 1


def test_a_dripping_answer_times_out_as_a_whole(probing: Probing, cloud: Cloud) -> None:
    cloud.lie("GET", "heat", "/stacks", drip(20.0), after=2)
    outcome = probing.reads(timeout_s=2.0, rate=30.0)
    assert outcome.told == {("heat", "stack list", "time-out")}
    assert all(entry.latency_ms < 8000 for entry in outcome.failures())


def test_a_refused_connection_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    prober = probing.prober(writes=(), seconds=60.0)

    def kill_cinder() -> None:
        while not any(service == "cinder" for service, _, _ in cloud.requests):
            assert not prober.stop.wait(0.02)
        prober.stop.wait(0.3)
        cloud.listeners["cinder"].down()
        prober.stop.wait(1.0)

    outcome = probing.run_while(prober, kill_cinder)
    assert {service for service, _, _ in outcome.told} == {"cinder"}
    assert {why for _, _, why in outcome.told} <= {"refused", "cut"}
    assert any(why == "refused" for _, _, why in outcome.told)


def test_the_outage_reported_is_the_time_the_service_was_dead(probing: Probing, cloud: Cloud) -> None:
    prober = probing.prober(writes=(), seconds=60.0, rate=160.0)
    dead: list[float] = []

    def kill_nova_for_a_while() -> None:
        while not any(service == "nova" for service, _, _ in cloud.requests):
            assert not prober.stop.wait(0.02)
        prober.stop.wait(0.5)
        dead.append(time.time())
        cloud.listeners["nova"].down()
        prober.stop.wait(1.5)
        cloud.listeners["nova"].up()
        dead.append(time.time())
        prober.stop.wait(0.5)

    outcome = probing.run_while(prober, kill_nova_for_a_while)
    services = outcome.numbers["services"]
    assert isinstance(services, dict)
    assert {name for name, one in services.items() if one["failed"]} == {"nova"}
    assert all(dead[0] - 0.2 <= entry.t <= dead[1] + 0.05 for entry in outcome.failures())
    assert abs(services["nova"]["outage_s"] - (dead[1] - dead[0])) < 0.5


def test_a_sign_in_page_without_its_form_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    cloud.lie("GET", "horizon", "/auth/login/", body(lambda _right: b"<html>Something went wrong</html>"))
    assert probing.reads().told == {("horizon", "login page", "content")}


def test_a_missing_asset_of_the_dashboard_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    cloud.lie("GET", "horizon", r"\.css", status(404))
    assert probing.reads().told == {("horizon", "asset", "status")}


def test_a_token_for_somebody_else_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    def other(right: Any) -> Any:
        return {"token": {**right["token"], "user": {"id": "u9", "name": "demo"}}}

    cloud.lie("GET", "keystone", "/auth/tokens", body(other))
    assert probing.reads().told == {("keystone", "token validate", "content")}


def test_a_token_that_is_refused_is_a_failure_until_there_is_a_new_one(
    probing: Probing, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liftlock.probes.identity.DISTRUST_PAUSE_S", 0.5)
    prober = probing.prober(writes=(), seconds=60.0)

    def revoke() -> None:
        while not any(service == "heat" for service, _, _ in cloud.requests):
            assert not prober.stop.wait(0.02)
        old = prober.identity.token
        cloud.tokens.discard(old)
        while prober.identity.token == old:
            assert not prober.stop.wait(0.02)
        prober.stop.wait(0.3)

    outcome = probing.run_while(prober, revoke)
    # keystone itself says 404 of a token it does not know.
    assert {(why, status) for why, status in ((e.outcome[:6], e.status) for e in outcome.failures())} <= {
        ("status", 401),
        ("status", 404),
    }
    issued = max(entry.t for entry in outcome.entries if entry.verb == "token issue" and entry.phase == "run")
    assert outcome.failures()
    assert max(entry.t for entry in outcome.failures()) < issued + 5


def test_nothing_is_ever_sent_twice(probing: Probing, cloud: Cloud) -> None:
    cloud.lie("GET", "nova", "/servers", cut_if_reused)
    cloud.lie("DELETE", "cinder", "/volumes", cut_before_answer)
    cloud.lie("POST", "heat", "/stacks", cut_before_answer)
    cloud.lie("GET", "glance", r"/images\?", status(503))
    outcome = probing.run(patience=replace(probing.settings.patience, deadline_s=0.3))
    logged = [(entry.service, entry.method, entry.path) for entry in outcome.entries]
    assert Counter(logged) == Counter(cloud.requests)
    assert {service for service, _, _ in outcome.told} == {"nova", "cinder", "heat", "glance"}


def test_a_catalogue_that_lost_a_service_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    def shorter(right: Any) -> Any:
        catalogue = [entry for entry in right["token"]["catalog"] if entry["type"] != "image"]
        return {"token": {**right["token"], "catalog": catalogue}}

    # The body is edited on its way out, which drops no header.
    cloud.lie("POST", "keystone", "/auth/tokens", body(shorter), after=1)
    outcome = probing.reads()
    assert outcome.told == {("keystone", "token issue", "content")}
    assert all("image" in entry.outcome or "glance" in entry.outcome for entry in outcome.failures())


def test_a_tenants_object_that_vanishes_is_lost(probing: Probing, cloud: Cloud) -> None:
    server = cloud.put("server", {"name": "tenant's"})
    prober = probing.prober(writes=(), seconds=60.0)

    def vanish() -> None:
        while not any(service == "nova" and "detail" in path for service, _, path in cloud.requests):
            assert not prober.stop.wait(0.02)
        del cloud.objects["server"][server]
        prober.stop.wait(0.8)

    outcome = probing.run_while(prober, vanish)
    assert outcome.found == {("lost", "server")}
    assert {(service, verb) for service, verb, _ in outcome.told} == {
        ("nova", "server list"),
        ("nova", "server list detail"),
        ("nova", "server show"),
        ("nova", "server check"),
    }
