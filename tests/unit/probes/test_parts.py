"""Credentials, addresses, kinds, ledger, pace."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import yaml

from liftlock.errors import BadInput
from liftlock.probes.clearing import age_s
from liftlock.probes.clouds_file import credentials
from liftlock.probes.identity import versioned
from liftlock.probes.kinds import KINDS, differences
from liftlock.probes.ledger import Ledger, Life, Stage, count, read_ledger
from liftlock.probes.pace import Crew, Stop, Worker, ticks
from liftlock.probes.reads import assets

AUTH = {"auth_url": "https://front/identity", "username": "u", "password": "p", "project_name": "demo"}


def clouds_yaml(tmp_path: Path, **clouds: object) -> str:
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": clouds}))
    return str(file)


def test_the_only_cloud_of_a_file_needs_no_name(tmp_path: Path) -> None:
    who = credentials(clouds_yaml(tmp_path, lab={"auth": AUTH, "cacert": "/ca.pem"}), environ={})
    assert (who.cloud, who.auth_url, who.cacert) == ("lab", "https://front/identity/v3", "/ca.pem")
    assert who.project == {"name": "demo", "domain": {"id": "default"}}
    assert who.user_domain == {"id": "default"}


def test_the_environment_names_file_and_cloud(tmp_path: Path) -> None:
    domains = {"user_domain_name": "Users", "project_domain_name": "Projects"}
    file = clouds_yaml(tmp_path, a={"auth": AUTH}, b={"auth": {**AUTH, **domains}, "region_name": "two"})
    who = credentials(environ={"OS_CLIENT_CONFIG_FILE": file, "OS_CLOUD": "b"})
    assert (who.cloud, who.region, who.user_domain) == ("b", "two", {"name": "Users"})
    assert who.project["domain"] == {"name": "Projects"}


def test_a_password_may_be_in_secure_yaml(tmp_path: Path) -> None:
    file = clouds_yaml(tmp_path, lab={"auth": {k: v for k, v in AUTH.items() if k != "password"}})
    (tmp_path / "secure.yaml").write_text("clouds: {lab: {auth: {password: hidden}}}")
    assert credentials(file, environ={}).password == "hidden"


@pytest.mark.parametrize(
    ("clouds", "says"),
    [
        ({"a": {"auth": AUTH}, "b": {"auth": AUTH}}, "several clouds"),
        ({"a": {"auth": {**AUTH, "password": ""}}}, "auth.password"),
        ({"a": {"auth": {**AUTH, "project_name": ""}}}, "auth.project_name"),
        ({"a": {}}, "auth.auth_url, auth.username, auth.password"),
    ],
)
def test_a_file_that_does_not_say_enough_is_refused(
    tmp_path: Path, clouds: dict[str, object], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        credentials(clouds_yaml(tmp_path, **clouds), environ={})


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: [oh: {")
    with pytest.raises(BadInput, match=r"not a clouds\.yaml"):
        credentials(str(tmp_path / "clouds.yaml"), environ={})


def test_an_authority_that_is_not_there_is_refused(tmp_path: Path) -> None:
    who = credentials(clouds_yaml(tmp_path, lab={"auth": AUTH, "cacert": "/nowhere.pem"}), environ={})
    with pytest.raises(BadInput, match=r"/nowhere\.pem"):
        who.tls()


@pytest.mark.parametrize(
    ("service", "url", "becomes"),
    [
        ("keystone", "https://front:5000", "https://front:5000/v3"),
        ("glance", "https://front:9292/", "https://front:9292/v2"),
        ("placement", "https://front:8778", "https://front:8778"),
        ("nova", "https://front:8774/v2.1", "https://front:8774/v2.1"),
        ("neutron", "https://front/network", "https://front/network/v2.0"),
        ("cinder", "https://front:8776/v3/p9", "https://front:8776/v3/p9"),
        ("cinder", "https://front:8776/v3", "https://front:8776/v3/me"),
        ("heat", "https://front:8004", "https://front:8004/v1/me"),
    ],
)
def test_addresses_end_where_paths_begin(service: str, url: str, becomes: str) -> None:
    assert versioned(service, url, "me") == becomes


def test_only_what_a_prober_named_has_an_age() -> None:
    now = 1_795_183_200.0  # 2026-11-20 14:00 UTC
    assert age_s("probe-20261120t130000-00ff-volume-7", now) == 3600
    assert age_s("probe-20261120t130000-00ff-sofa-7", now) is None
    assert age_s("probe-image", now) is None
    assert age_s("my-probe-20261120t130000-00ff-volume-7", now) is None


def test_fields_are_compared_whatever_the_order_of_lists() -> None:
    kind = KINDS["server"]
    one = {"name": "a", "image": {"id": "i"}, "flavor": {"id": "f"}, "addresses": {"n": [{"a": 1}, {"a": 2}]}}
    two = {**one, "addresses": {"n": [{"a": 2}, {"a": 1}]}}
    assert differences(kind.fields(one), kind.fields(two)) == ""
    two["image"] = {"id": "j"}
    assert differences(kind.fields(one), kind.fields(two)) == "image.id: 'i' became 'j'"


def test_a_ledger_is_read_back_as_it_was_left(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    life = ledger.note(Life("volume", "v"))
    ledger.note(life.at(Stage.KEPT, id="1", fields={"size": 1}))
    ledger.note(Life("server", "same name", "a", Stage.FOUND))
    ledger.note(Life("server", "same name", "b", Stage.FOUND))
    ledger.find("lost", life, "not found")
    ledger.find("lost", life, "not found, asked again")
    ledger.close()
    with (tmp_path / "l").open("a") as file:
        file.write('{"kind": "volu')
    again = Ledger(tmp_path / "l")
    assert set(again.must_exist("server")) == {"a", "b"}
    assert again.must_exist("volume")["1"].fields == {"size": 1}
    assert [finding.detail for finding in again.findings] == ["not found"]
    again.note(life.at(Stage.GONE))
    again.close()
    lives, findings = read_ledger((tmp_path / "l").read_text())
    assert lives["volume", "v"].stage is Stage.GONE
    assert count(lives.values(), findings)["lost"] == 1


def test_the_schedule_catches_up_after_a_late_start() -> None:
    stop, seen = Stop(), []
    for due in ticks(200.0, stop):
        seen.append(due)
        if len(seen) == 1:
            time.sleep(0.1)
        if len(seen) == 40:
            stop.set()
    assert len(seen) == 40
    assert seen[39] - seen[0] == pytest.approx(39 / 200)


def ignored(_result: object) -> None:
    """A job returns nothing."""


def test_stuck_clients_do_not_keep_others_from_starting() -> None:
    crew, release, done = Crew(), threading.Event(), threading.Semaphore(0)
    for _ in range(20):
        crew.give(True, time.monotonic(), lambda _worker, _late: ignored(release.wait(60)))
    crew.give(True, time.monotonic(), lambda _worker, _late: done.release())
    assert done.acquire(timeout=30)
    release.set()
    crew.dismiss(30)
    assert crew.size == 21


def test_a_full_crew_starts_late_and_says_how_late() -> None:
    crew, release, late = Crew(at_most=1), threading.Event(), []
    done = threading.Event()

    def job(_worker: Worker, late_ms: float) -> None:
        late.append(late_ms)
        done.set()

    crew.give(True, time.monotonic(), lambda _worker, _late: ignored(release.wait(60)))
    crew.give(True, time.monotonic() - 1.0, job)
    release.set()
    assert done.wait(30)
    crew.dismiss(30)
    assert late[0] >= 1000


def test_a_fault_of_the_prober_is_kept_and_the_client_goes_on() -> None:
    crew, done = Crew(at_most=1), threading.Event()

    def broken(_worker: Worker, _late: float) -> None:
        raise ZeroDivisionError

    crew.give(False, time.monotonic(), broken)
    crew.give(False, time.monotonic(), lambda _worker, _late: done.set())
    assert done.wait(30)
    assert isinstance(crew.fault, ZeroDivisionError)
    crew.dismiss(30)


def test_assets_are_those_the_page_names() -> None:
    page = b"""<link rel="icon" href="/x.ico"><link rel='stylesheet' href='/s/a.css?v=1'><script src="/s/b.js">"""
    assert assets(page) == ("/s/a.css?v=1", "/s/b.js")
    assert assets(b"<html>") == ()
