"""Every way to betray a write is reported: that one, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock.probes.ledger import Stage
from liftlock.probes.run import check_ledger
from liftlock.probes.writes import Patience
from tests.contract.probes.lying_cloud import SORTS, Cloud, body, cut_before_answer, status
from tests.contract.probes.probing import Outcome, Probing

WITH_STATE = ("server", "volume", "stack")
WRITTEN = ("server", "volume", "network", "image", "stack", "project")


def services(kind: str) -> str:
    return SORTS[kind].service


@pytest.mark.parametrize("kind", WITH_STATE)
def test_an_object_that_stays_in_its_first_state_is_a_failed_write(
    probing: Probing, cloud: Cloud, kind: str
) -> None:
    cloud.stuck.add(kind)
    outcome = probing.run(writes=(kind,), seconds=1.5)
    assert outcome.told == {(services(kind), f"{kind} poll", "state")}
    assert all("still" in entry.outcome for entry in outcome.failures())
    assert outcome.found == {("failed", kind)}
    assert cloud.objects[kind] == {}


@pytest.mark.parametrize("kind", WITH_STATE)
def test_an_object_that_goes_to_error_is_a_failed_write(probing: Probing, cloud: Cloud, kind: str) -> None:
    cloud.erring.add(kind)
    outcome = probing.run(writes=(kind,))
    assert outcome.told == {(services(kind), f"{kind} poll", "state")}
    assert all("went" in entry.outcome for entry in outcome.failures())
    assert outcome.found == {("failed", kind)}
    assert cloud.objects[kind] == {}


@pytest.mark.parametrize("kind", ["server", "volume", "stack"])
def test_a_write_that_is_accepted_and_never_appears_is_lost(
    probing: Probing, cloud: Cloud, kind: str
) -> None:
    cloud.vanishing.add(kind)
    outcome = probing.run(writes=(kind,))
    assert outcome.told == {(services(kind), f"{kind} poll", "status")}
    assert outcome.found == {("lost", kind)}


def test_a_project_that_is_accepted_and_never_appears_is_lost(probing: Probing, cloud: Cloud) -> None:
    cloud.vanishing.add("project")
    outcome = probing.run(writes=("project",))
    assert outcome.told == {("keystone", "project poll", "status")}
    assert outcome.found == {("lost", "project")}


@pytest.mark.parametrize("kind", ["volume", "stack"])
def test_a_delete_that_is_accepted_and_not_done_is_told(probing: Probing, cloud: Cloud, kind: str) -> None:
    cloud.staying.add(kind)
    outcome = probing.run(writes=(kind,), keep=0, seconds=1.5)
    assert outcome.told == {(services(kind), f"{kind} gone", "state")}
    assert outcome.found == {("not gone", kind)}
    # As long as one will not go, no more are made.
    assert len([life for life in outcome.lives if life.kind == kind and life.stage is not Stage.FOUND]) == 1


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("volume", "size", 2),
        ("network", "mtu", 9),
        ("stack", "outputs", [{"output_value": "x"}]),
        ("project", "enabled", False),
    ],
)
def test_a_kept_object_that_is_changed_is_told(
    probing: Probing, cloud: Cloud, kind: str, field: str, value: Any
) -> None:
    outcome = run_and_touch_kept(
        probing, kind, lambda object_id: cloud.objects[kind][object_id].update({field: value})
    )
    assert outcome.found == {("changed", kind)}
    assert {(service, why) for service, _, why in outcome.told} == {(services(kind), "changed")}
    assert all(
        f"{field}: None became" in e.outcome or f"{field}: 1 became" in e.outcome for e in outcome.failures()
    )


@pytest.mark.parametrize("kind", ["volume", "server", "project"])
def test_a_kept_object_that_vanishes_is_lost(probing: Probing, cloud: Cloud, kind: str) -> None:
    outcome = run_and_touch_kept(probing, kind, cloud.objects[kind].pop)
    assert outcome.found == {("lost", kind)}
    assert {service for service, _, _ in outcome.told} == {services(kind)}
    assert f"{kind} check" in {verb for _, verb, _ in outcome.told}


def run_and_touch_kept(probing: Probing, kind: str, touch: Any) -> Outcome:
    """A run during which something is done to the object of `kind` that it keeps."""
    prober = probing.prober(writes=(kind,), seconds=60.0)

    def act() -> None:
        while not (
            kept := [life for life in probing.live(Stage.KEPT) if life.kind == kind and kind in life.name][
                -1:
            ]
        ):
            assert not prober.stop.wait(0.02)
        if kind == "network":
            # The first kept network is the one servers would be on.
            prober.stop.wait(0.5)
        touch(kept[0].id)
        prober.stop.wait(0.6)

    return probing.run_while(prober, act)


def test_a_refused_quota_is_told_in_the_clouds_own_words(probing: Probing, cloud: Cloud) -> None:
    cloud.lie(
        "POST",
        "nova",
        "/servers",
        status(403, "Quota exceeded for instances: Requested 1, but already used 10"),
    )
    outcome = probing.run(writes=("server",))
    assert outcome.told == {("nova", "server create", "status")}
    assert outcome.found == {("failed", "server")}
    assert all("Quota exceeded for instances" in entry.outcome for entry in outcome.failures())


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_create_cut_after_it_was_sent_is_a_failure_and_what_it_made_is_cleared_away(
    probing: Probing, cloud: Cloud, kind: str
) -> None:
    def made_but_not_said(talk: Any) -> None:
        with cloud.lock:
            talk._answer()
        cut_before_answer(talk)

    sort = SORTS[kind]
    furnished = 1 if kind in ("image", "network") else 0
    before = set(cloud.objects[kind])
    cloud.lie("POST", sort.service, sort.path, made_but_not_said, after=furnished)
    outcome = probing.run(writes=(kind,))
    assert outcome.told == {(sort.service, f"{kind} create", "cut")}
    assert outcome.found == {("failed", kind)}
    assert set(cloud.objects[kind]) == before


def test_what_an_unanswered_create_made_is_not_forgotten_while_the_lists_fail_too(
    probing: Probing, cloud: Cloud
) -> None:
    def made_but_not_said(talk: Any) -> None:
        with cloud.lock:
            talk._answer()
        talk.send(503)

    cloud.lie("POST", "cinder", "/volumes", made_but_not_said)
    cloud.lie("GET", "cinder", "/volumes$", status(503), after=1)
    outcome = probing.run(writes=("volume",))
    assert outcome.told == {("cinder", "volume create", "status"), ("cinder", "volume list", "status")}
    assert [life.stage for life in outcome.lives if life.kind == "volume"] == [Stage.UNSURE]
    assert "unsure" in str(outcome.numbers["unfinished"])


def test_a_create_carried_out_twice_is_told_and_both_are_cleared_away(probing: Probing, cloud: Cloud) -> None:
    cloud.doubling.add("volume")
    outcome = probing.run(writes=("volume",))
    assert outcome.told == set()
    assert outcome.found == {("made twice", "volume")}
    assert cloud.objects["volume"] == {}


def test_a_create_that_answers_with_another_object_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    cloud.lie("POST", "cinder", "/volumes", body(lambda right: {"volume": {**right["volume"], "name": "x"}}))
    outcome = probing.run(writes=("volume",))
    assert outcome.told == {("cinder", "volume create", "content")}
    assert cloud.objects["volume"] == {}


def test_an_image_that_reads_back_as_something_else_is_a_failure(probing: Probing, cloud: Cloud) -> None:
    cloud.lie("GET", "glance", "/file$", body(lambda right: right[:-1] + b"?"), after=1)
    outcome = probing.run(writes=("image",))
    assert outcome.told == {("glance", "image download", "content")}
    assert outcome.found == {("failed", "image")}


def test_a_delete_that_fails_is_told_once_and_made_good_before_the_next_one(
    probing: Probing, cloud: Cloud
) -> None:
    cloud.lie("DELETE", "cinder", "/volumes", lambda talk: talk.send(503) if fails() else talk.honest())
    turns = iter([True])

    def fails() -> bool:
        return next(turns, False)

    outcome = probing.run(writes=("volume",), keep=0)
    assert [entry.verb for entry in outcome.failures()] == ["volume delete"]
    assert outcome.found == {("failed", "volume")}
    assert cloud.objects["volume"] == {}
    assert len([life for life in outcome.lives if life.kind == "volume"]) > 1


def test_a_prober_that_is_at_fault_says_so(probing: Probing) -> None:
    patience = Patience(deadline_s=1.0, poll_s=0.03, linger_s="not a number")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        probing.run(writes=("volume",), keep=0, patience=patience)


def test_what_is_left_alive_is_checked_later_from_the_ledger(probing: Probing, cloud: Cloud) -> None:
    outcome = probing.run(writes=("volume", "project"), leave=True)
    assert outcome.findings == []
    kept = [life for life in outcome.lives if life.stage is Stage.KEPT and life.kind == "volume"]
    assert [life.id for life in kept] == list(cloud.objects["volume"])
    assert check_ledger(probing.credentials, probing.out)["findings"] == []

    gone = next(life for life in outcome.lives if life.stage is Stage.GONE and life.kind == "project")
    cloud.put("project", {"name": gone.name, "domain_id": "d0"}, gone.id)
    del cloud.objects["volume"][kept[0].id]
    numbers = check_ledger(probing.credentials, probing.out)
    assert (numbers["lost"], numbers["not_gone"], numbers["changed"]) == (1, 1, 0)
    assert {finding["name"] for finding in numbers["findings"]} == {kept[0].name, gone.name}  # type: ignore[attr-defined]


def test_a_life_begun_before_the_stop_is_finished_or_cleared_away(probing: Probing, cloud: Cloud) -> None:
    cloud.stuck.add("server")
    patience = Patience(deadline_s=30.0, poll_s=0.03, finish_s=0.3)
    prober = probing.prober(writes=("server",), seconds=60.0, patience=patience, timeout_s=1.0)

    def act() -> None:
        while not probing.live(Stage.CREATED):
            assert not prober.stop.wait(0.02)

    outcome = probing.run_while(prober, act)
    assert outcome.failures() == []
    assert outcome.findings == []
    assert cloud.objects["server"] == {}
