"""What is typed around an assessment: snapshots kept, judged again and compared; risks accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.cloud.codec import read, write
from liftlock.cloud.model import AcceptedRisk
from tests.clouds import small_cloud, with_host
from tests.contract.clouds.small_cloud import small_cloud as served_cloud
from tests.sites import CLOUD_FILE
from tests.unit.cli.terminal import Told, typed


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "LIFTLOCK_CLOUD_FILE", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOGNAME", "rey")
    return tmp_path


def said(line: str, desk: Path) -> Told:
    return typed(line.split(), desk)


def rows(told: Told) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(told.out)
    return found


def test_a_snapshot_that_was_kept_is_judged_again_without_a_cloud(desk: Path) -> None:
    write(with_host(small_cloud(), "cmp1", clock_offset_s=5.0), desk / "before.json")
    told = said("assess --offline before.json --to 2026.1 -f json", desk)
    assert told.code == 0, told.err
    names = ["clocks_differ:cmp1", "policy_widened:nova", "server_alone:lb1"]
    assert [row["Name"] for row in rows(told)] == names
    assert "1 risks are open" in told.err
    long = rows(said("assess --offline before.json --long -f json", desk))
    assert long[0]["Evidence"].startswith("the time on cmp1")


def test_a_check_of_a_kept_snapshot_ends_with_code_3_when_something_is_in_the_way(desk: Path) -> None:
    write(with_host(small_cloud(), "cmp1", clock_offset_s=50.0), desk / "before.json")
    assert said("check --offline before.json", desk).code == 3
    write(small_cloud(), desk / "after.json")
    assert said("check --offline after.json", desk).code == 0


def test_a_snapshot_keeps_what_was_accepted_when_it_was_taken(desk: Path) -> None:
    late = with_host(small_cloud(), "cmp1", clock_offset_s=5.0)
    accepted = AcceptedRisk("clocks_differ", "cmp1", "kim", "for now", "2099-01-01")
    write(replace(late, accepted_risks=(accepted,)), desk / "before.json")
    told = said("assess --offline before.json --long -f json", desk)
    assert rows(told)[0]["Severity"] == "risk (accepted)"
    assert rows(told)[0]["Accepted"] == "kim until 2099-01-01: for now"
    assert "0 risks are open" in told.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("{", "is torn, or no snapshot"),
        ('{"format": "liftlock cloud 4"}', "was made by a newer liftlock"),
        (
            '{"format": "liftlock cloud 2", "name": "x", "taken_at": 1, "hosts": []}',
            "cannot be told from outside",
        ),
    ],
)
def test_a_snapshot_that_cannot_be_judged_is_an_error_in_three_parts(
    desk: Path, content: str | None, says: str
) -> None:
    if content is not None:
        (desk / "before.json").write_text(content)
    told = said("assess --offline before.json", desk)
    assert told.code == 2
    assert told.in_three_parts, told.said
    assert says in told.err


def test_two_snapshots_are_compared(desk: Path) -> None:
    write(small_cloud(), desk / "a.json")
    first, *others = small_cloud().compute.instances
    moved = replace(small_cloud().compute, instances=(replace(first, host="cmp2"), *others))
    write(replace(small_cloud(), compute=moved), desk / "b.json")
    assert said("snapshot diff a.json a.json", desk).out == "nothing is different\n"
    assert said("snapshot diff a.json b.json", desk).out == f"instance {first.id} is on cmp2, before cmp1\n"
    assert said("snapshot diff a.json c.json", desk).code == 2


def test_with_the_api_alone_each_source_that_was_not_asked_is_a_finding_with_its_credentials(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_cloud() as cloud:
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(desk)))
        told = said("assess --os-cloud lab --to 2026.1 -f json --save kept.json", desk)
    assert told.code == 0, told.err
    found = {row["Name"]: row for row in rows(told)}
    not_asked = {name for name in found if name.startswith("not_asked:")}
    assert not_asked == {
        f"not_asked:{what}" for what in ("the hosts", "the database server", "the broker", "the balancers")
    }
    assert "`access`" in found["not_asked:the hosts"]["Fix"]
    assert not {row["Severity"] for row in found.values()} & {"blocker"}
    assert "lab runs 2025.1" in told.err
    kept = read(desk / "kept.json")
    assert (kept.name, len(kept.compute.instances), kept.hosts) == ("lab", 2, ())
    again = said("assess --offline kept.json --to 2026.1 -f json", desk)
    assert [row["Name"] for row in rows(again)] == list(found)


def test_what_the_api_tells_to_administrators_only_is_a_finding_that_names_the_role(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_cloud() as cloud:
        cloud.forbidden = {
            *("/keystone/v3/projects", "/nova/v2.1/os-services", "/nova/v2.1/os-hypervisors/detail"),
            *("/neutron/v2.0/agents", "/cinder/v3/p1/os-services", "/heat/v1/p1/services"),
        }
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(desk)))
        told = said("assess --os-cloud lab --to 2026.1 --long -f json", desk)
    assert told.code == 0, told.err
    found = {row["Name"]: row for row in rows(told)}
    for source in ("the records of workers", "what all projects have", "hypervisors and instances"):
        row = found[f"not_asked:{source}"]
        assert "not told to this account" in row["What"]
        assert "the role `admin`" in row["Fix"]
        assert "`lab` may not" in row["Evidence"]
    assert "lab runs 2025.1: hosts that nobody asked, 7 services, agents that nobody told of" in told.err
    assert "what its users have is not known" in told.err
    assert "accepting one takes a cloud file" in told.err


def test_a_nova_that_is_silent_is_named_where_the_series_cannot_be_told(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_cloud() as cloud:
        cloud.down = {"nova"}
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(desk)))
        told = said("assess --os-cloud lab", desk)
    assert (told.code, told.in_three_parts) == (2, True)
    assert "nova does not tell its hypervisors and instances: Service Unavailable" in told.err
    assert "see whether nova's API answers" in told.err


def test_an_entry_that_is_missing_is_told_without_a_word_of_a_cloud_file_alone(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_cloud() as cloud:
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(desk)))
        told = said("assess --os-cloud nobody", desk)
    assert (told.code, told.in_three_parts) == (2, True)
    assert "mend the entry, or name another: `--os-cloud`" in told.err


def test_risks_are_accepted_listed_and_withdrawn_beside_the_cloud_file(desk: Path) -> None:
    (desk / "cloud.yaml").write_text(CLOUD_FILE)
    accept = ["risk", "accept", "clocks_differ:cmp1", "--until", "2099-01-01", "--reason", "new battery"]
    told = typed(accept, desk)
    assert (told.code, "366 days at most" in told.err) == (2, True)
    assert told.in_three_parts
    assert not (desk / "risks.yaml").exists()
    assert said("risk list -f json", desk).out.strip() == "[]"
    refused = typed(
        ["risk", "accept", "database_unreachable", "--until", "2099-01-01", "--reason", "x"], desk
    )
    assert (refused.code, refused.in_three_parts) == (3, True)
    assert said("risk withdraw clocks_differ:cmp1", desk).code == 2


def test_what_was_found_on_many_hosts_takes_people_one_row_and_programs_as_many_as_there_are(
    desk: Path,
) -> None:
    cloud = small_cloud(computes=30)
    late = tuple(replace(h, clock_offset_s=5.0) if h.name.startswith("cmp1") else h for h in cloud.hosts)
    write(replace(cloud, hosts=late), desk / "before.json")
    table = said("assess --offline before.json --to 2026.1", desk)
    assert table.out.count("clocks_differ") == 1
    assert "clocks_differ (11)" in table.out
    for words in ("-f json", "--long -f json"):
        told = rows(said(f"assess --offline before.json --to 2026.1 {words}", desk))
        assert sum(row["Name"].startswith("clocks_differ:cmp1") for row in told) == 11
    assert said("assess --offline before.json --long", desk).out.count("clocks_differ:cmp1") == 11
