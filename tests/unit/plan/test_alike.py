"""What one check found in many places is told together, and each of them where that is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.checks.finding import Finding, Severity
from liftlock.cli.pages.plan import page
from liftlock.plan.alike import MOST, check_of, listed, name_of, together, what_of
from liftlock.plan.brief import Brief, Remark
from liftlock.plan.model import Plan, Risk
from liftlock.plan.text import text
from tests.unit.plan.sample import sample


def risks(check: str, count: int, accepted: str = "") -> tuple[Risk, ...]:
    return tuple(
        Risk(f"{check}:cmp{n}", f"cmp{n} is astray", f"mend `cmp{n}`", accepted) for n in range(1, count + 1)
    )


def with_risks(*found: Risk) -> Plan:
    remarks = tuple(Remark(f"reboot_wanted:{r.name}", r.what, r.fix) for r in found)
    return replace(sample(), risks=found, brief=Brief(remarks=remarks))


@pytest.mark.parametrize("count", [1, MOST, MOST + 1, 2_000])
def test_all_of_them_are_there_once_and_in_order(count: int) -> None:
    found = (*risks("clocks_differ", count), *risks("disk_room", 2), *risks("clocks_differ", 1, "kim"))
    told = list(together(found))
    assert sorted(one.name for alike in told for one in alike) == sorted(one.name for one in found)
    assert [check_of(told[0][0]), check_of(told[-1][0])] == ["clocks_differ"] * 2
    assert {len(alike) for alike in told} == ({1} if count <= MOST else {1, count})


def test_those_that_somebody_accepted_and_those_nobody_did_are_not_told_together() -> None:
    told = list(together((*risks("clocks_differ", 6), *risks("clocks_differ", 7, "kim until Monday"))))
    assert [(len(alike), alike[0].accepted) for alike in told] == [(6, ""), (7, "kim until Monday")]


def test_findings_of_two_severities_are_not_told_together() -> None:
    found = [Finding(s, f"cmp{n}", "", "", "", "disk_room") for s in Severity for n in range(8)]
    assert [{f.severity for f in alike} for alike in together(found)] == [{s} for s in Severity]


def test_many_go_by_the_name_under_which_all_of_them_are_accepted() -> None:
    (many,) = together(risks("clocks_differ", 2_000))
    assert name_of(many) == "clocks_differ (2,000)"
    assert what_of(many) == "cmp1, cmp2, cmp3 and 1,997 more; the first: cmp1 is astray"
    (one,) = together(risks("clocks_differ", 1))
    assert (name_of(one), what_of(one)) == ("clocks_differ:cmp1", "cmp1 is astray")


def test_a_plan_with_thousands_of_risks_and_remarks_is_no_longer_than_one_with_a_few() -> None:
    few, many = (
        text(with_risks(*risks("clocks_differ", MOST))),
        text(with_risks(*risks("clocks_differ", 10_000))),
    )
    assert many.count("\n") < few.count("\n")
    assert "Risks: 10,000 open, 0 accepted" in many
    assert "`liftlock plan show FILE --long`" in many
    assert "--long" not in few
    assert "to be rid of the first: mend `cmp1`" in many


def test_each_of_them_is_told_where_that_is_wanted() -> None:
    whole = text(with_risks(*risks("clocks_differ", 40)), each=True)
    assert all(whole.count(f"clocks_differ:cmp{n}: cmp{n} is astray") == 2 for n in range(1, 41))
    assert "--long" not in whole


def test_the_page_has_a_row_for_all_of_them_and_each_behind_it() -> None:
    html = page(with_risks(*risks("clocks_differ", 40)))
    assert html.count('<td class="name">clocks_differ (40)') == 1
    assert html.count('<td class="name">clocks_differ:') == 0
    assert html.count("<li>cmp40 is astray</li>") == 2


def test_what_stands_in_the_way_in_many_places_is_one_line_of_an_error() -> None:
    (line,) = listed(risks("clocks_differ", 100))
    assert line.startswith("  - clocks_differ (100): cmp1, cmp2, cmp3 and 97 more; the first: ")
    assert len(list(listed(risks("clocks_differ", MOST)))) == MOST
