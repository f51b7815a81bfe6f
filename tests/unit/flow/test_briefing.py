"""What a plan is explained with: the cloud's own projects, rooms, verdicts and times."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.checks.finding import advice, risk
from liftlock.cloud.model import Cloud, Role
from liftlock.drivers.journals.sql import SqlJournal
from liftlock.errors import BadInput
from liftlock.flow.briefing.brief import BUSY, HOSTS, NO_PROOF, TENANTS, Grounds, brief, gains, rolls, way
from liftlock.flow.briefing.proven import Following, proven, read
from liftlock.flow.briefing.timings import History, history, kind_of, measured, timing
from liftlock.flow.plan import Choice, order, plan
from liftlock.flow.site import journal_file
from liftlock.flow.survey import survey
from liftlock.plan.brief import OWN_FIGURES
from liftlock.plan.model import Lift, Plan, Stage
from liftlock.ports.journal import Entry, Event
from liftlock.sim.cloud import SimCloud
from liftlock.steps.kinds import kinds
from liftlock.steps.services import StartPart, StopPart
from liftlock.strategies.control import in_place
from liftlock.strategies.order import Order
from tests.clouds import small_cloud
from tests.sites import GREEN, sim_site

LIFT = Lift("2025.1", "2026.1")


@pytest.fixture
def whole(tmp_path: Path) -> Order:
    site = sim_site(tmp_path, SimCloud.tiny(), GREEN)
    return order(site, survey(site.file, site.hands), LIFT)


def of_cloud(whole: Order, cloud: Cloud) -> Order:
    return replace(whole, cloud=cloud)


def test_projects_are_called_by_name_the_largest_first_and_the_rest_is_counted(whole: Order) -> None:
    cloud = small_cloud()
    like = cloud.compute.instances[0]
    many = [
        replace(like, id=f"{p}-{n}", name=f"i{n}", project=f"p{p:02}")
        for p in range(12)
        for n in range(p + 1)
    ]
    cloud = replace(
        cloud,
        compute=replace(cloud.compute, instances=tuple(many)),
        tenancy=replace(cloud.tenancy, project_names={"p11": "harbour"}),
    )
    made = of_cloud(whole, cloud)
    told = brief(made, in_place.arrange(made), Grounds())
    assert (told.instances, told.projects, len(told.tenants)) == (78, 12, TENANTS)
    assert told.tenants[0].name == "harbour"
    assert (told.tenants[0].instances, told.tenants[0].some) == (12, ("i0", "i1", "i2"))
    assert [t.instances for t in told.tenants] == list(range(12, 2, -1))


def test_instances_that_nova_works_on_are_named_up_to_a_bound(whole: Order) -> None:
    cloud = small_cloud()
    like = cloud.compute.instances[0]
    many = tuple(
        replace(like, id=str(n), name=f"i{n}", project="", task="migrating" if n < 15 else "")
        for n in range(20)
    )
    made = of_cloud(whole, replace(cloud, compute=replace(cloud.compute, instances=many)))
    told = brief(made, in_place.arrange(made), Grounds())
    assert (told.busy_count, len(told.busy), told.busy[0]) == (15, BUSY, "i0 of no project: migrating")


def test_room_is_told_for_the_hosts_the_plan_works_on_and_bounded(whole: Order) -> None:
    cloud = small_cloud()
    control = cloud.hosts_with(Role.CONTROL)[0]
    hosts = tuple(replace(control, name=f"ctl{n}") for n in range(HOSTS + 2))
    made = of_cloud(whole, replace(cloud, hosts=hosts))
    told = brief(made, in_place.arrange(made), Grounds()).capacity
    assert told[0] == "ctl-green is made with 8192 MiB of memory, beside ctl-blue"
    assert f"ctl0: {control.memory_free_mib} MiB of memory and {control.disk_free_mib} MiB" in told[1]
    assert told[HOSTS + 1] == "and 2 control hosts more"
    assert told[-1].startswith("compute hosts: 2, ")
    bare = replace(
        cloud, compute=replace(cloud.compute, hypervisors=()), database_server=SimCloud.tiny().database_server
    )
    less = of_cloud(whole, replace(bare, database_server=replace(bare.database_server, max_connections=0)))
    assert len(brief(less, in_place.arrange(less), Grounds()).capacity) == 3


def test_only_advice_is_a_remark_since_risks_stand_in_the_plan_itself(whole: Order) -> None:
    grounds = Grounds((advice("ctl", "a", "b", "c"), risk("ctl", "r", "s", "t")))
    assert [r.what for r in brief(whole, in_place.arrange(whole), grounds).remarks] == ["a"]


def test_why_one_may_go_this_way_is_said_with_what_vouches_for_computes() -> None:
    hop, state, computes = way(LIFT)
    assert "SLURP" in hop
    assert state == "2026.1 is maintained, first released on 2026-04-01"
    assert "service version 68" in computes
    assert "what is promised is less" in list(way(Lift("2025.1", "2025.1")))[1]
    assert list(way(Lift("mitaka", "newton")))[-1].endswith("is not known: nova's own floor is not")


def test_users_gain_a_newer_api_where_there_is_one() -> None:
    assert [g.split(" ")[0] for g in gains(LIFT)] == ["the", "what"]
    assert [g.split(" ")[0] for g in gains(Lift("2024.1", "2024.2"))] == ["what"]
    assert list(gains(Lift("2025.1", "2025.1"))) == []


def row(**changed: object) -> dict[str, object]:
    hazard = {"table": "subnets", "column": "in_use", "why": "column gone"}
    return {
        "service": "nova",
        "from": "31.3.1",
        "to": "33.0.2",
        "verdict": "gap",
        "hazards": [hazard],
        **changed,
    }


def test_a_verdict_counts_for_the_versions_it_was_found_with(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps([row(), row(service="heat", verdict="overlap", hazards=[])]))
    found = read(file)
    following = Following(found)
    verdict, because = rolls("nova", "31.3.1", "33.0.2", following)
    assert verdict == "gap"
    assert because == (
        "proved on copies, 31.3.1 → 33.0.2: the old service stops before its migration, or something fails "
        "(subnets.in_use: column gone)"
    )
    assert rolls("nova", "31.3.0", "33.0.2", following) == (
        "not proved",
        "the proof is of other versions: 31.3.1 → 33.0.2",
    )
    assert rolls("nova", "31.3.1", "33.0.2", Following()) == ("not proved", NO_PROOF)
    assert "nothing was found" in found["heat"][0].because


def test_a_proof_of_other_versions_hides_no_verdict_on_the_right_ones() -> None:
    other, right, later = (
        proven(row(**changed))
        for changed in ({"from": "30.0.0"}, {"verdict": "shim"}, {"verdict": "overlap"})
    )
    following = Following({"nova": (other,)}).also({"nova": (right,), "heat": (later,)})
    assert following.verdict("nova", "31.3.1", "33.0.2") == right
    assert following.verdict("heat", "31.3.1", "33.0.2") == later
    assert following.also({"nova": (later,)}).verdict("nova", "31.3.1", "33.0.2") == right, "the first counts"


@pytest.mark.parametrize(
    ("hazard", "where"),
    [
        (
            {"database": "nova", "table": "keys", "revision": "ab12", "seen": ["(1062, 'Duplicate entry')"]},
            "nova.keys, revision ab12: (1062, 'Duplicate entry')",
        ),
        ({"database": "nova", "table": "", "revision": "", "seen": []}, "nova: migration aborts"),
    ],
)
def test_a_migration_that_aborts_is_kept_with_its_place_and_error(
    hazard: dict[str, object], where: str
) -> None:
    found = proven(row(hazards=[{**hazard, "column": "", "why": "migration aborts"}]))
    assert found.aborts == (where,)
    assert "(: " not in found.because
    assert proven(row()).aborts == ()


def test_the_shipped_evidence_of_proofs_is_read_too() -> None:
    (file,) = Path(__file__).parents[3].glob("docs/evidence/5-proof-*.json")
    found = read(file)
    assert ("28.0.1", "gap") in [(one.target, one.verdict) for one in found["neutron"]]
    assert any(one.because.endswith("more)") for one in found["neutron"])


@pytest.mark.parametrize(
    "content", ["", "[", "[]", "3", '[{"service": "nova"}]', json.dumps([row(verdict="fine")]), "[[[" * 9000]
)
def test_what_is_no_proof_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "proof.json"
    file.write_text(content)
    with pytest.raises(BadInput, match=r"proof\.json"):
        read(file)


def test_a_proof_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.json")


STOP, START = StopPart("ctl-blue", "nova-api"), StartPart("ctl-blue", "nova-api")
STAGE = Stage("s", "w", ((STOP, START),), "f", "u")


def test_times_are_liftlocks_own_until_something_was_measured_here() -> None:
    assert timing(STAGE, History()) == timing(STAGE, History(3, {}))
    found = timing(STAGE, History())
    assert (found.p50_s, found.p90_s, found.basis) == (9.0, None, OWN_FIGURES)


def test_measured_steps_give_a_middle_and_a_slowest_tenth() -> None:
    known = History(
        3, {kind_of(STOP): (1.0, 2.0, 9.0), kind_of(START): tuple(float(n) for n in range(1, 22))}
    )
    found = timing(STAGE, known)
    assert (found.p50_s, found.p90_s, found.basis) == (13.0, 28.0, "3 runs here")
    part = timing(STAGE, History(1, {kind_of(STOP): (1.0,)}))
    assert (part.p50_s, part.p90_s) == (5.0, None)
    assert part.basis == "1 of 2 steps by 1 run here, else liftlock's figures"


def test_times_come_from_the_clouds_journal_and_only_from_what_was_done(tmp_path: Path) -> None:
    site = sim_site(tmp_path, SimCloud.tiny())
    assert history(site, kinds()) == History()
    made, _ = plan(site, "2026.1")
    from liftlock.plan import codec

    book = SqlJournal(journal_file(site.file))
    run = book.begin(codec.dumps(made), "f" * 64, who="rey", at=0.0, detail={})
    lines = [(4, 1, Event.STARTED, 10.0), (4, 1, Event.DID, 17.0), (4, 2, Event.STARTED, 20.0)]
    lines += [(4, 2, Event.FAILED, 60.0), (4, 3, Event.STARTED, 70.0)]
    for stage, ordinal, event, at in lines:
        book.append(Entry(run.id, event, at, "rey", stage, ordinal))
    book.append(Entry(run.id, Event.RESUMED, 500.0, "rey"))
    book.append(Entry(run.id, Event.DID, 501.0, "rey", 4, 3))
    found = measured(book, kinds())
    book.close()
    assert found == History(1, {"StopPart keystone-api": (7.0,)})
    again, _ = plan(site, "2026.1")
    assert again.brief
    assert again.brief.timings[3].basis == "1 of 15 steps by 1 run here, else liftlock's figures"
    journal_file(site.file).write_bytes(b"torn")
    assert history(site, kinds()) == History()


def test_the_strategy_says_why_it_was_chosen() -> None:
    assert Choice.of("", green=True).strategy == "blue_green"
    assert Choice.of("", green=False).strategy == "in_place"
    assert Choice.of("in_place", green=True).because == "named by whoever made the plan"
    with pytest.raises(BadInput, match="there is no strategy"):
        Choice.of("sideways", green=True)


def test_ways_stand_side_by_side_and_say_what_users_would_feel(tmp_path: Path) -> None:
    def ways(made: Plan) -> dict[str, tuple[bool, str, str]]:
        assert made.brief
        return {w.name: (w.chosen, w.clients, w.verdict) for w in made.brief.ways}

    made, _ = plan(sim_site(tmp_path, SimCloud.tiny(), GREEN), "2026.1")
    told = ways(made)
    assert told["blue/green"] == (True, "no API away by plan", "chosen: the cloud file declares green hosts")
    assert told["in place"][1].startswith("8 APIs away, the longest about ")
    assert list(told)[2:] == ["on the fly", "rolling"]
    alone, _ = plan(sim_site(tmp_path, SimCloud.tiny()), "2026.1")
    assert ways(alone)["blue/green"][2] == "not possible here: the cloud file declares no green host"
