"""Once round beside blue, under one prober: forward, back without a lost write, forward again, finalized, retired."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.story.long_requests import LongStack, upload
from tests.lab.story.operator import Operator, Told, until

pytestmark = pytest.mark.lab

SERVICES = {"keystone", "glance", "placement", "nova", "neutron", "cinder", "heat", "horizon"}

FURNITURE = (
    *("image create --disk-format raw --file {bytes} bg-image", "flavor create --ram 64 --disk 1 bg-flavor"),
    *("network create bg-canal", "subnet create --network bg-canal --subnet-range 10.205.0.0/24 bg-subnet"),
)
"""What servers are made of."""

MADE = {
    "volume": "volume create --size 1 {name}",
    "network": "network create {name}",
    "image": "image create --disk-format raw --file {bytes} {name}",
    "project": "project create {name}",
    "server": "server create --image bg-image --flavor bg-flavor --network bg-canal {name}",
    "stack": "stack create -t {template} {name}",
}
"""Kind -> what makes one."""
CHANGED = {
    "volume": "volume set --property colour=green {name}",
    "network": "network set --description green {name}",
    "image": "image set --property colour=green {name}",
    "project": "project set --description green {name}",
    "server": "server set --property colour=green {name}",
    "stack": "stack update -t {changed} {name}",
}
DELETED = {kind: f"{kind} delete {{name}}" for kind in MADE} | {"stack": "stack delete -y {name}"}
BOOTED = (MADE["server"].replace("create", "create --wait"), "server delete --wait {name}")
"""A server's whole life, seen to its end."""
SEEN = {
    "volume": ("id", "name", "size", "status", "properties", "created_at"),
    "network": ("id", "name", "description", "status", "mtu", "project_id"),
    "image": ("id", "name", "checksum", "size", "status", "properties", "created_at"),
    "project": ("id", "name", "description", "enabled", "domain_id"),
    "server": ("id", "name", "status", "addresses", "properties", "created", "OS-EXT-SRV-ATTR:host"),
    "stack": ("id", "stack_name", "stack_status", "outputs", "creation_time"),
}
"""Kind -> columns of the plain client that tell what users see, in both releases."""
AT_REST = {"available", "ACTIVE", "active", "CREATE_COMPLETE", "UPDATE_COMPLETE"}

Things = Mapping[str, Mapping[str, Any]]
"""`volume bg-new` -> what is seen of it."""


@dataclass(frozen=True)
class Round:
    """What one round left behind."""

    versions_before: Mapping[str, str]
    at_the_gate: Any
    """What `status` said when green served and nothing was final."""
    versions_on_green: Mapping[str, str]
    on_green: Things
    """What green's users had made and changed, when the word to go back was given."""
    said_at: float
    """When it was given, in seconds since the epoch."""
    rolled_back: Told
    verified_on_blue: Told
    versions_on_blue: Mapping[str, str]
    on_blue: Things
    """The same things, looked at on blue."""
    names_on_blue: set[str]
    """Every name that was listed then, among other words."""
    uploads: Mapping[str, Any]
    """Colour on which one began -> what became of an image's upload that took long on purpose."""
    turns: Mapping[str, tuple[float, float]]
    """Colour -> from when to when it was taken out of service, in seconds since the epoch."""
    slow_stack: str
    """Status of a stack that green's engine was making when the word to go back was given."""
    finalized: Told
    retired: Told
    there_and_back: Any
    """The report on the first run."""
    there: Any
    """The report on the second."""
    summary: Any
    """The prober's, of the whole round."""
    requests: tuple[Any, ...]
    """Its log."""


@pytest.fixture(scope="module")
def crew(the_lab: Operator, tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(the_lab, tmp_path_factory.mktemp("cargo"))


class People:
    """Users of the cloud with the plain client; what they need to make things lies in a folder."""

    def __init__(self, operator: Operator, folder: Path) -> None:
        self.operator = operator
        self.folder = folder
        self.files = {name: folder / name for name in ("bytes", "template", "changed")}
        self.files["bytes"].write_bytes(b"\0" * 65536)
        for name, length in (("template", 8), ("changed", 9)):
            word = {"type": "OS::Heat::RandomString", "properties": {"length": length}}
            outputs = {"word": {"value": {"get_attr": ["word", "value"]}}}
            template = {
                "heat_template_version": "2018-08-31",
                "resources": {"word": word},
                "outputs": outputs,
            }
            self.files[name].write_text(json.dumps(template))

    def type(self, *about: tuple[Iterable[str], str]) -> None:
        """Lines of the plain client, each with the name of the things they are about, in one session."""
        lines = [line.format(name=name, **self.files) for lines, name in about for line in lines]
        self.operator.openstack(lines)

    def look(self, *names: str) -> Things:
        """Everything of these names, once none of it is on its way."""
        found: dict[str, Mapping[str, Any]] = {}

        def at_rest() -> bool:
            found.update(self._look(names))
            states = {v for thing in found.values() for k, v in thing.items() if k.endswith("status")}
            return states <= AT_REST

        until(at_rest, patience_s=120)
        return found

    def _look(self, names: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
        wanted = {f"{kind} {name}": (kind, name) for name in names for kind in MADE}
        columns = {kind: " ".join(f"-c {column}" for column in seen) for kind, seen in SEEN.items()}
        shown = self.operator.shown(f"{kind} show -f json {columns[kind]} {n}" for kind, n in wanted.values())
        return dict(zip(wanted, shown, strict=True))

    def names(self) -> set[str]:
        """Names of everything there is, among other words, once nothing is on its way out."""
        found: set[str] = set()

        def still() -> bool:
            told = self.operator.openstack(f"{kind} list -f value" for kind in MADE)
            found.clear()
            found.update(word for line in told for word in line.split())
            # What heat was deleting when the backup was taken has failed for good since that was put back.
            return not any(word.upper() in ("DELETING", "DELETED", "DELETE_IN_PROGRESS") for word in found)

        until(still, patience_s=120)
        return found


@pytest.fixture(scope="module")
def rounded(the_lab: Operator, crew: People) -> Round:
    operator = the_lab
    operator.types("liftlock lab release 2026.1 --image control-trixie", patience_s=1800).well()
    operator.bastion("liftlock lab tenants make --save cargo.json").well()
    versions = api_versions(operator)
    with operator.meanwhile("liftlock lab exec -- liftlock probe run --cloud probe --out round") as prober:
        operator.types("liftlock probe await round --good 100 --calm 5").well()
        # Not before the prober looked around: what it finds must stay as it is.
        crew.type((FURNITURE, ""), (MADE.values(), "bg-old"), (MADE.values(), "bg-doomed"))
        at_the_gate = upgraded(operator, "green.json")
        operator.bastion("liftlock verify").well()
        versions_on_green = api_versions(operator)
        crew.type(
            (MADE.values(), "bg-new"),
            (CHANGED.values(), "bg-old"),
            (DELETED.values(), "bg-doomed"),
            (BOOTED, "bg-on-green"),
        )
        on_green = crew.look("bg-new", "bg-old")
        with upload(operator, "bg-begun-on-green") as begun_on_green:
            stack = LongStack(operator, crew.folder, "bg-slow", 40)
            said_at = time.time()
            begun_on_green.let_end_in(30)
            rolled_back = operator.bastion("liftlock rollback").well()
            rolled_back_at = time.time()
            uploads = {"green": begun_on_green.ended()}
        slow_stack = stack.ended()
        verified = operator.bastion("liftlock verify")
        versions_on_blue = api_versions(operator)
        on_blue, names = crew.look("bg-new", "bg-old"), crew.names()
        crew.type((BOOTED, "bg-after"), (DELETED.values(), "bg-new"))
        with upload(operator, "bg-begun-on-blue") as begun_on_blue:
            upgraded(operator, "again.json")
            finalizing_at = time.time()
            begun_on_blue.let_end_in(15)
            finalized = operator.bastion("liftlock finalize --cloud lab")
            finalized_at = time.time()
            uploads["blue"] = begun_on_blue.ended()
        retired = operator.bastion("liftlock retire --cloud lab")
        crew.type((BOOTED, "bg-end"), (DELETED.values(), "bg-old"))
        operator.types("liftlock probe await round --calm 10").well()
        prober.send_signal(signal.SIGTERM)
        prober.communicate(timeout=300)
    operator.bastion("liftlock report --probes round --page round.html").well()
    reports = (f"liftlock report {run} --probes round -f json" for run in (at_the_gate["run"], ""))
    there_and_back, there = (operator.bastion(line).json() for line in reports)
    folder = operator.folder / "round"
    return Round(
        versions_before=versions,
        at_the_gate=at_the_gate,
        versions_on_green=versions_on_green,
        on_green=on_green,
        said_at=said_at,
        rolled_back=rolled_back,
        verified_on_blue=verified,
        versions_on_blue=versions_on_blue,
        on_blue=on_blue,
        names_on_blue=names,
        uploads=uploads,
        turns={"green": (said_at, rolled_back_at), "blue": (finalizing_at, finalized_at)},
        slow_stack=slow_stack,
        finalized=finalized,
        retired=retired,
        there_and_back=there_and_back,
        there=there,
        summary=json.loads((folder / "summary.json").read_text()),
        requests=tuple(json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()),
    )


def upgraded(operator: Operator, plan: str) -> Any:
    """The status at the gate behind which nothing goes back: a plan made, approved and run until there."""
    operator.bastion(f"liftlock plan --to 2026.1 -o {plan}").well()
    operator.bastion(f"liftlock approve {plan} --gate start").well()
    run = operator.bastion(f"liftlock run {plan} --no-wait")
    status = operator.bastion("liftlock status -f json").json()
    assert "waits at gate “finalize”" in status["status"], run.said
    return status


def api_versions(operator: Operator) -> Mapping[str, str]:
    """The newest version of each API, as the plain client sees it from outside."""
    rows = operator.bastion("openstack versions show --interface public --status CURRENT -f json").json()
    return {row["Service Type"]: row["Max Microversion"] or row["Version"] for row in rows}


def named(failure: Mapping[str, Any]) -> str:
    """One failed request, for people."""
    when = time.strftime("%H:%M:%S", time.gmtime(failure["t"]))
    return f"{when} {failure['service']} {failure['verb']} ({failure['backend']}): {failure['reason']}"


def test_the_plan_waits_where_nothing_is_lost_yet(rounded: Round) -> None:
    assert rounded.at_the_gate["stage"] - 1 == rounded.at_the_gate["last_lossless_stage"]
    assert "liftlock rollback" in rounded.at_the_gate["way_back"]


def test_green_serves_the_new_release_and_blue_the_old_one_after_the_way_back(rounded: Round) -> None:
    assert rounded.versions_on_green["compute"] != rounded.versions_before["compute"]
    assert rounded.versions_on_blue == rounded.versions_before
    assert rounded.verified_on_blue.code == 0, rounded.verified_on_blue.said


def test_no_request_failed(rounded: Round) -> None:
    failures = [named(failure) for failure in rounded.summary["failures"]]
    assert failures == []
    assert rounded.summary["requests_failed"] == 0
    assert rounded.summary["requests_total"] > 1000
    assert set(rounded.summary["services"]) == SERVICES
    assert rounded.summary["not_probed"] == []


def test_no_write_was_lost_changed_or_left_over(rounded: Round) -> None:
    writes = rounded.summary["writes"]
    assert writes["findings"] == []
    assert rounded.summary["unfinished"] == []
    assert writes["stages"]["gone"] > 0


def test_both_colours_served_every_service(rounded: Round) -> None:
    for service, numbers in rounded.summary["services"].items():
        served = {name for name, count in numbers["backends"].items() if count["total"]}
        assert any("green" in name for name in served), (service, served)
        assert any("blue" in name for name in served), (service, served)


def test_what_was_made_changed_and_deleted_on_green_is_so_on_blue(rounded: Round) -> None:
    assert rounded.on_blue == rounded.on_green
    changed = {kind: rounded.on_green[f"{kind} bg-old"] for kind in MADE}
    assert "green" in json.dumps(
        [changed[kind] for kind in ("volume", "network", "image", "project", "server")]
    )
    assert changed["stack"]["stack_status"] == "UPDATE_COMPLETE"
    assert "bg-old" in rounded.names_on_blue
    assert "bg-doomed" not in rounded.names_on_blue


@pytest.mark.parametrize("colour", ["green", "blue"])
def test_an_answer_that_takes_long_is_given_by_the_colour_that_was_asked(rounded: Round, colour: str) -> None:
    upload, (said_at, over_at) = rounded.uploads[colour], rounded.turns[colour]
    assert (upload["status"], upload["image"], upload["whole"]) == (204, "active", True)
    assert colour in upload["served_by"]
    assert said_at < upload["ended_at"] < over_at, "it was not under way when its colour was to go"


def test_work_that_takes_long_is_finished_by_the_worker_that_began_it(rounded: Round) -> None:
    assert rounded.slow_stack == "CREATE_COMPLETE"


def test_no_part_had_to_be_killed(the_lab: Operator, rounded: Round) -> None:
    lines = the_lab.bastion("liftlock audit -f json").json()
    ends = [line["Detail"] for line in lines if "what it had under way" in line["Detail"]]
    assert len(ends) > 20
    assert [end for end in ends if "killed" in end] == []


def test_requests_were_back_long_before_the_work_was(rounded: Round) -> None:
    """How long exactly is a figure of `make evidence`."""
    back_at = rounded.said_at + rounded.rolled_back.seconds
    on_green = [
        r["t"]
        for r in rounded.requests
        if "green" in (r["backend"] or "") and r["verb"] != "asset" and rounded.said_at <= r["t"] <= back_at
    ]
    assert max(on_green, default=rounded.said_at) - rounded.said_at < rounded.rolled_back.seconds / 2


def test_the_reports_have_the_figures_of_their_runs(rounded: Round) -> None:
    back, there = rounded.there_and_back, rounded.there
    assert 0 < back["traffic_back_seconds"] < back["rollback_seconds"] <= rounded.rolled_back.seconds
    assert there["traffic_back_seconds"] is there["rollback_seconds"] is None
    assert {stage["status"] for stage in there["stages"]} == {"done"}
    assert {approval["gate"] for approval in there["approvals"]} == {"start", "finalize", "retire"}
    for report in (back, there):
        assert 0 < report["cutover_seconds"] < report["actual_seconds"]
        assert (report["failed_requests"], report["errors"]) == ([], [])
        assert report["requests_failed"] == 0
        assert report["last_lossless_step"]["step"].startswith(f"{report['last_lossless_stage']}.")


def test_the_end_is_the_new_release_without_blue(the_lab: Operator, rounded: Round) -> None:
    assert rounded.finalized.code == 0, rounded.finalized.said
    assert rounded.retired.code == 0, rounded.retired.said
    assert "ctl-blue" not in the_lab.bastion("openstack compute service list").well().out
    assert "2026.1" in the_lab.on_host("ctl-green", "readlink -f /opt/openstack/current")
    hosts = {row["Host"]: row for row in the_lab.types("liftlock lab status -f json").json()}
    assert "ctl-green" in hosts
    assert hosts.get("ctl-blue", {}).get("State") != "up"


def test_tenants_things_are_unchanged_at_the_end(the_lab: Operator, rounded: Round) -> None:
    told = the_lab.bastion("liftlock lab tenants compare --saved cargo.json").well()
    assert "unchanged" in told.out


def test_the_journal_tells_the_way_back_and_the_end(the_lab: Operator, rounded: Round) -> None:
    lines = the_lab.bastion("liftlock audit -f json").json()
    events = [line["Event"] for line in lines if line["Event"] in ("rolled back", "run done")]
    assert events[-2:] == ["rolled back", "run done"]
