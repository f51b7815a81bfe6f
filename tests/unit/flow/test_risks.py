"""Risks are accepted by name, for a while, by somebody with a reason; a plan says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftlock.checks.finding import BLOCKER, RISK, Finding
from liftlock.checks.registry import accept as accepted_by
from liftlock.checks.registry import acceptances, blockers, checks, examine, open_risks
from liftlock.cloud.model import AcceptedRisk, Cloud
from liftlock.cloud.risks import read, write
from liftlock.cloud.versions import series_named
from liftlock.errors import BadInput, Refused
from liftlock.flow.command.risks import Acceptance, accept, withdraw
from liftlock.flow.plan import plan
from liftlock.plan.codec import dumps, loads
from liftlock.plan.diff import diff
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.text import text
from liftlock.sim.cloud import SimCloud
from liftlock.sim.tiny import tiny
from liftlock.steps.kinds import kinds
from tests.clouds import TAKEN_AT, small_cloud, with_host
from tests.sites import sim_site

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp()
WISH = Acceptance("clocks_differ:cmp1", "rey", "new battery  on\nMonday", "2026-12-24")
TARGET = series_named("2026.1")


def accepting(cloud: Cloud, check: str, about: str = "", until: str = "2099-01-01") -> Cloud:
    return replace(cloud, accepted_risks=(AcceptedRisk(check, about, "rey", "for now", until),))


def late(seconds: float) -> Cloud:
    """A cloud with one clock that is wrong by so much."""
    return with_host(small_cloud(), "cmp1", clock_offset_s=seconds)


def found(cloud: Cloud, check: str) -> Finding:
    (one,) = [f for f in examine(cloud, TARGET) if f.check == check]
    return one


def test_an_acceptance_is_written_and_replaced_and_withdrawn_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "risks.yaml"
    made = accept(file, WISH, NOW)
    assert (made.name, made.reason) == ("clocks_differ:cmp1", "new battery on Monday")
    later = accept(file, replace(WISH, until="2026-12-25"), NOW)
    assert read(file) == (later,)
    assert withdraw(file, made.name) == later
    assert read(file) == ()
    with pytest.raises(BadInput, match="nobody accepted"):
        withdraw(file, made.name)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"name": "clock_differ"}, BadInput, "the nearest is `clocks_differ`"),
        ({"name": "database_unreachable"}, Refused, "nobody can accept them"),
        ({"name": "agents_disabled"}, BadInput, "gives advice"),
        ({"name": "risk_expired"}, Refused, "asks for a decision"),
        ({"until": "soon"}, BadInput, "is no day"),
        ({"until": "2026-11-27"}, BadInput, "is over"),
        ({"until": "2028-01-01"}, BadInput, "366 days at most"),
        ({"reason": "  "}, BadInput, "needs a reason"),
    ],
)
def test_what_cannot_be_accepted_is_said_and_nothing_is_written(
    changes: dict[str, str], error: type[Exception], says: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=says):
        accept(tmp_path / "risks.yaml", replace(WISH, **changes), NOW)
    assert list(tmp_path.iterdir()) == []


def test_an_accepted_risk_is_still_found_and_says_by_whom() -> None:
    one = found(accepting(late(5.0), "clocks_differ", "cmp1"), "clocks_differ")
    assert (one.severity, one.accepted) == (RISK, "rey until 2099-01-01: for now")
    assert one.degree == "risk (accepted)"
    assert open_risks((one,)) == ()


def test_a_checks_name_alone_accepts_everything_it_finds_as_a_risk() -> None:
    assert found(accepting(late(5.0), "clocks_differ"), "clocks_differ").accepted


@pytest.mark.parametrize(
    "cloud",
    [
        accepting(late(5.0), "clocks_differ", "cmp2"),
        accepting(late(5.0), "clocks_differ", "cmp1", until="2020-01-01"),
        accepting(late(5.0), "disk_room", "cmp1"),
    ],
)
def test_an_acceptance_of_something_else_or_of_a_day_gone_by_accepts_nothing(cloud: Cloud) -> None:
    assert not found(cloud, "clocks_differ").accepted


def test_a_blocker_is_never_accepted_whatever_a_file_says() -> None:
    cloud = accepting(late(50.0), "clocks_differ", "cmp1")
    one = found(cloud, "clocks_differ")
    assert (one.severity, one.accepted) == (BLOCKER, "")
    assert blockers(examine(cloud, TARGET))


def test_an_acceptance_that_is_over_is_a_risk_that_nobody_can_accept() -> None:
    one = found(accepting(small_cloud(), "risk_expired", until="2020-01-01"), "risk_expired")
    assert one.about == "risk_expired"
    forever = accepting(small_cloud(), "risk_expired")
    assert accepted_by(one, acceptances(forever)) == one


def test_the_last_day_still_holds() -> None:
    today = datetime.fromtimestamp(TAKEN_AT, UTC).date().isoformat()
    assert found(accepting(late(5.0), "clocks_differ", "cmp1", until=today), "clocks_differ").accepted


def risky_site(folder: Path) -> tuple[SimCloud, Path]:
    """A simulated cloud with one open risk: a unit that does not start at boot; and where risks are accepted."""
    snapshot = tiny()
    hosts = tuple(
        replace(h, units=tuple(replace(u, enabled=u.name != "heat-engine") for u in h.units))
        for h in snapshot.hosts
    )
    return SimCloud(replace(snapshot, hosts=hosts)), folder / "risks.yaml"


def test_a_plan_lists_open_risks_and_accepted_ones_and_only_these_are_in_its_fingerprint(
    tmp_path: Path,
) -> None:
    world, file = risky_site(tmp_path)
    before, _ = plan(sim_site(tmp_path, world), "2026.1")
    assert [(r.name, r.accepted) for r in before.risks] == [("part_not_enabled:ctl-blue", "")]
    assert "Risks: 1 open, 0 accepted" in text(before)
    assert fingerprint(before) == fingerprint(replace(before, risks=()))
    write(file, (AcceptedRisk("part_not_enabled", "ctl-blue", "kim", "moved on Monday", "2099-01-01"),))
    after, _ = plan(sim_site(tmp_path, world), "2026.1")
    assert "accepted by kim until 2099-01-01: moved on Monday" in text(after)
    assert fingerprint(after) != fingerprint(replace(after, risks=()))
    assert any(
        line.startswith("+ risk: part_not_enabled:ctl-blue, accepted by kim") for line in diff(before, after)
    )


def test_the_risks_of_a_plan_come_back_from_its_file_and_cannot_be_edited(tmp_path: Path) -> None:
    world, file = risky_site(tmp_path)
    write(file, (AcceptedRisk("part_not_enabled", "ctl-blue", "kim", "moved on Monday", "2099-01-01"),))
    made, _ = plan(sim_site(tmp_path, world), "2026.1")
    written = dumps(made)
    assert loads(written, kinds()) == made
    with pytest.raises(BadInput, match="the risks changed since"):
        loads(written.replace("moved on Monday", "moved on Friday"), kinds())


def test_a_policy_that_wants_no_open_risk_refuses_a_plan_until_it_is_accepted(tmp_path: Path) -> None:
    world, file = risky_site(tmp_path)
    strict = "policy: {open_risks: refuse}\n"
    with pytest.raises(Refused, match="part_not_enabled:ctl-blue") as refused:
        plan(sim_site(tmp_path, world, strict), "2026.1")
    assert "liftlock risk accept" in refused.value.hint
    write(file, (AcceptedRisk("part_not_enabled", "", "kim", "for now", "2099-01-01"),))
    made, _ = plan(sim_site(tmp_path, world, strict), "2026.1")
    assert made.risks[0].accepted


def test_a_file_of_risks_that_cannot_be_used_stops_a_plan(tmp_path: Path) -> None:
    world, file = risky_site(tmp_path)
    file.write_text("risks: 7\n")
    with pytest.raises(BadInput, match=r"risks\.yaml cannot be used"):
        plan(sim_site(tmp_path, world), "2026.1")


def test_whatever_a_check_finds_as_a_risk_can_be_accepted_but_what_asks_for_a_decision(
    tmp_path: Path,
) -> None:
    for name, one in checks().items():
        if RISK in one.says and name != "risk_expired":
            assert accept(tmp_path / "risks.yaml", replace(WISH, name=name), NOW).check == name
