"""A whole upgrade in place under load, killed on its way and gone on with; what it reports; and the way back.

What is typed here is what `docs/tutorial.md` tells people to type.
"""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.story.operator import Operator, Told
from tests.pages import fetched

pytestmark = pytest.mark.lab

SERVICES = {"keystone", "glance", "placement", "nova", "neutron", "cinder", "heat", "horizon"}
RUN = "liftlock lab exec -- liftlock run plan.json"
MIGRATING = "migrate the databases"
"""The stage in which `run` is killed: schema migrations are under way on a host, and nobody serves."""


@dataclass(frozen=True)
class Lift:
    """What an upgrade left behind."""

    versions_before: Any
    interrupted: Any
    """What `status` said when `run` was dead."""
    again: Told
    """The second `run`."""
    verified: Told
    report: Any


@dataclass(frozen=True)
class WayBack:
    """What a restore left behind."""

    restored: Told
    compared: Told
    verified: Told


@pytest.fixture(scope="module")
def lifted(the_lab: Operator) -> Lift:
    operator = the_lab
    operator.types("liftlock lab status").well()
    operator.types("liftlock lab release 2026.1", patience_s=1800).well()
    operator.bastion("openstack compute service list").well()
    operator.bastion("liftlock lab tenants make --save before.json").well()
    versions = api_versions(operator)
    operator.bastion("liftlock assess --to 2026.1").well()
    with operator.meanwhile("liftlock lab exec -- liftlock probe run --cloud probe --out probes") as prober:
        # While it warms up: the plan.
        operator.bastion("liftlock plan --to 2026.1 --strategy in_place -o plan.json").well()
        operator.types("liftlock probe await probes --good 100 --calm 5").well()
        operator.bastion("liftlock approve plan.json --gate start").well()
        operator.killed_when(RUN, lambda line: MIGRATING in line)
        operator.bastion("liftlock status").well()
        interrupted = operator.bastion("liftlock status -f json").json()
        again = operator.types(RUN)
        verified = operator.bastion("liftlock verify")
        operator.types("liftlock probe await probes --calm 15").well()
        prober.send_signal(signal.SIGTERM)
        prober.communicate(timeout=300)
    operator.bastion("liftlock report --probes probes --page report.html").well()
    report = operator.bastion("liftlock report --probes probes -f json").json()
    return Lift(versions, interrupted, again, verified, report)


@pytest.fixture(scope="module")
def back(the_lab: Operator, lifted: Lift) -> WayBack:
    (the_lab.folder / "late").write_bytes(b"\0" * 1024)
    the_lab.bastion("openstack image create --disk-format raw --file late made-after").well()
    restored = the_lab.bastion("liftlock restore --yes-lose-writes-of lab")
    compared = the_lab.bastion("liftlock lab tenants compare --saved before.json")
    return WayBack(restored, compared, the_lab.bastion("liftlock verify"))


def api_versions(operator: Operator) -> Any:
    """The newest version of each API, as the plain client sees it from outside."""
    rows = operator.bastion("openstack versions show --interface public --status CURRENT -f json").json()
    return {row["Service Type"]: row["Max Microversion"] or row["Version"] for row in rows}


def test_a_run_that_was_killed_is_known_as_interrupted(lifted: Lift) -> None:
    assert lifted.interrupted["process"] == ""
    assert lifted.interrupted["stage"] == 6
    assert "liftlock resume" in lifted.interrupted["next"]


def test_the_same_command_goes_on_to_the_end(lifted: Lift) -> None:
    assert lifted.again.code == 0, lifted.again.said
    # What was done before the kill is not done again.
    assert not re.search(r"stage [1-6] of 11", lifted.again.out), lifted.again.out
    assert "stage 11 of 11" in lifted.again.out


def test_no_step_was_lost_and_none_was_changed_in_the_journal(the_lab: Operator, lifted: Lift) -> None:
    lines = the_lab.bastion(f"liftlock audit {lifted.report['run']} -f json").json()
    started = [line["Step"] for line in lines if line["Event"] == "started"]
    ended = [line["Step"] for line in lines if line["Event"] in ("did", "found done")]
    assert len(ended) == len(set(ended)), "a step was finished twice"
    assert set(started) <= set(ended)


def test_the_cloud_is_what_the_plan_said(the_lab: Operator, lifted: Lift) -> None:
    assert lifted.verified.code == 0, lifted.verified.said
    assert api_versions(the_lab)["compute"] != lifted.versions_before["compute"]
    assert "2026.1" in the_lab.on_host("ctl-blue", "readlink -f /opt/openstack/current")


def test_the_report_has_what_was_planned_done_approved_and_felt(lifted: Lift) -> None:
    report = lifted.report
    plan = report["plan_fingerprint"]
    assert re.fullmatch(r"[0-9a-f]{12}", plan)
    assert len(report["stages"]) == 11
    assert all(stage["planned_seconds"] > 0 and stage["actual_seconds"] > 0 for stage in report["stages"])
    assert {stage["status"] for stage in report["stages"]} == {"done"}
    (approval,) = report["approvals"]
    assert approval["gate"] == "start"
    assert approval["who"]
    assert report["began_at"] - 600 < approval["at"] < time.time()
    assert report["requests_total"] > report["requests_failed"] > 0
    assert report["balancer_retries"] >= 0
    assert set(report["outage_seconds"]) == set(report["worst_gap_ms"]) == SERVICES
    assert all(seconds > 0 for seconds in report["outage_seconds"].values())
    # Without an answer for as long as it was out, at least.
    assert all(report["worst_gap_ms"][s] > 0 for s in SERVICES)


def test_the_page_fetches_nothing(the_lab: Operator, lifted: Lift) -> None:
    page = (the_lab.folder / "report.html").read_text()
    assert lifted.report["plan_fingerprint"] in page
    assert fetched(page) == []


def test_users_things_are_unchanged(the_lab: Operator, lifted: Lift) -> None:
    told = the_lab.bastion("liftlock lab tenants compare --saved before.json").well()
    assert "unchanged" in told.out


def test_a_restore_asks_for_the_clouds_name(the_lab: Operator, lifted: Lift) -> None:
    before = the_lab.bastion("liftlock audit -f json").json()
    for line in ("liftlock restore", "liftlock restore --yes-lose-writes-of bal"):
        told = the_lab.bastion(line)
        assert told.code == 3, told.said
        assert "--yes-lose-writes-of lab" in told.err
    assert the_lab.bastion("liftlock audit -f json").json() == before


def test_the_way_back_ends_at_the_old_release_with_users_things_as_they_were(
    the_lab: Operator, lifted: Lift, back: WayBack
) -> None:
    assert back.restored.code == 0, back.restored.said
    assert back.verified.code == 0, back.verified.said
    assert back.compared.code == 0, back.compared.said
    assert api_versions(the_lab) == lifted.versions_before
    assert "2025.1" in the_lab.on_host("ctl-blue", "readlink -f /opt/openstack/current")


def test_what_was_made_after_the_backup_is_gone_as_the_plan_said(the_lab: Operator, back: WayBack) -> None:
    assert "is lost" in back.restored.out
    assert "made-after" not in the_lab.bastion("openstack image list").well().out


def test_the_cloud_works_after_the_way_back(the_lab: Operator, back: WayBack) -> None:
    on = "--image probe-image --flavor probe-flavor --network probe-net"
    create = f"openstack --os-cloud probe server create --wait {on} after -f value -c status"
    assert the_lab.bastion(create).well().out.strip() == "ACTIVE"
    the_lab.bastion("openstack --os-cloud probe server delete --wait after").well()


def test_the_journal_tells_both_runs(the_lab: Operator, lifted: Lift, back: WayBack) -> None:
    lines = the_lab.bastion("liftlock audit -f json").json()
    ended = [line["Run"] for line in lines if line["Event"] == "run done"]
    assert len(ended) >= 2
    assert ended[-2] == lifted.report["run"]
