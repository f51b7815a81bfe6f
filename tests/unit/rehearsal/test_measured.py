"""What a rehearsal measured, judged: troubles, forecasts, staleness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.cloud.definition import Kind
from liftlock.ports.scratch import Replayed, Took
from liftlock.rehearsal import measured
from liftlock.rehearsal.forecast import (
    GOOD_FOR_S,
    factor,
    line,
    other_knowledge,
    other_versions,
    stale,
    step_seconds,
    waits,
)
from liftlock.rehearsal.measured import Command, Once, Rehearsal, Restored, Statement
from liftlock.rehearsal.trouble import Ill, troubles

GOOD = Once(0, "", 5.0, 3.0, by_table={"neutron.tags": 2.0})
TAGS = Statement("neutron", "tags", Kind.ALTERS, "ALTER TABLE tags …", (2.0, 2.3, 9.0), "COPY", "SHARED")
EXPAND = Command(
    "neutron",
    "expand",
    "neutron-db-manage upgrade --expand",
    ("neutron",),
    1.5,
    (GOOD, replace(GOOD, wall_s=6.0), replace(GOOD, wall_s=9.0)),
    (replace(GOOD, wall_s=1.6, server_s=0.1, by_table={}),) * 3,
    (TAGS,),
)
REHEARSAL = Rehearsal(
    cloud="tiny",
    source="2025.1",
    target="2026.1",
    at=1000.0,
    rounds=3,
    back_up_s=4.0,
    restored=(Restored("neutron", 1.0, 3.0), Restored("nova", 1.0, 4.5)),
    commands=(EXPAND,),
    versions={"neutron": ("26.0.1", "28.0.0")},
    knowledge={"neutron": "k"},
    definitions={"neutron": "d"},
    rows={"neutron.tags": 100_000, "neutron.few": 10},
)


def same(_: str) -> float:
    return 1.0


def took(statement: str, seconds: float = 1.0, rows: int = 0, database: str = "neutron") -> Took:
    return Took(7, database, statement, seconds, rows)


def test_a_statement_has_the_times_of_all_rounds_and_of_the_replay_unless_that_failed() -> None:
    alter, index = took("ALTER TABLE tags\n ADD a INT", 2.0), took("CREATE INDEX i ON other.ports (a)", 3.0)
    rounds = [[took("SELECT 1"), alter, index], [replace(alter, seconds=4.0), replace(index, seconds=5.0)]]
    again = [Replayed(0.0), Replayed(1.0, "INSTANT", "NONE"), Replayed(9.0, error="1061 Duplicate key name")]
    first, second = measured.statements(rounds, again)
    assert (first.place, first.seconds, first.algorithm) == ("neutron.tags", (2.0, 4.0, 1.0), "INSTANT")
    assert first.statement == "ALTER TABLE tags ADD a INT"
    assert (second.place, second.seconds, second.error) == (
        "other.ports",
        (3.0, 5.0),
        "1061 Duplicate key name",
    )


def test_only_what_goes_through_rows_grows_with_them() -> None:
    said = [
        took("ALTER TABLE tags ADD a INT", 0.5),
        took("ALTER TABLE tags CONVERT TO CHARACTER SET utf8mb4", 2.0),
        took("UPDATE tags SET a = 1", 3.0, 10),
        took("CREATE TABLE boxes (id INT)", 4.0),
        took("UPDATE alembic_version SET version_num='x'", 5.0, 1),
    ]
    again = [Replayed(0.1, "INSTANT", "NONE"), Replayed(1.0, "COPY", "SHARED"), *[Replayed(0.1)] * 3]
    found = measured.statements([said], again)
    assert [s.kind for s in found] == [Kind.ALTERS, Kind.ALTERS, Kind.MAKES]
    assert measured.by_table(said, found) == {"neutron.tags": 5.0}


def test_what_changed_is_what_the_server_counted() -> None:
    said = [
        took("UPDATE ports SET a = 1", rows=3),
        took("UPDATE ports SET a = 1", rows=3),
        took("UPDATE networks SET a = 1", rows=0),
        took("ALTER TABLE tags ENGINE=InnoDB", rows=5),
        took("ALTER TABLE tags DROP COLUMN IF EXISTS b", rows=0),
        took("INSERT INTO alembic_version VALUES ('x')", rows=1),
    ]
    assert measured.changed(said) == ("neutron.ports: rows are written", "neutron.tags: all rows are copied")


def test_a_sound_command_is_no_trouble() -> None:
    assert troubles([EXPAND]) == ()


FAILED = Once(1, "Duplicate entry 'x'", 1.0, 0.5)


@pytest.mark.parametrize(
    ("first", "second", "ill", "words"),
    [
        (
            (FAILED,),
            (FAILED,),
            Ill.FAILS,
            "by then neutron.tags is defined otherwise; run again, it says: Dup",
        ),
        ((FAILED,), (GOOD,), Ill.FAILS, "run again, it ends well"),
        ((GOOD, FAILED, GOOD), (GOOD,), Ill.UNSTEADY, "in 1 of 3 rounds"),
        ((GOOD,), (FAILED,), Ill.FAILS_AGAIN, "the second says: Duplicate"),
        ((GOOD,), (replace(GOOD, changed=("a.b: rows are written",)),), Ill.CHANGES_AGAIN, "not idle: a.b"),
    ],
)
def test_each_ill_has_its_sentence(
    first: tuple[Once, ...], second: tuple[Once, ...], ill: Ill, words: str
) -> None:
    (found,) = troubles([replace(EXPAND, first=first, second=second)])
    assert found.ill is ill
    assert words in found.what
    assert found.fix


def test_what_a_command_that_failed_had_not_done_is_not_said_to_be_done() -> None:
    undone = replace(TAGS, error="1062 Duplicate entry")
    failed = replace(EXPAND, first=(FAILED,), second=(FAILED,), statements=(undone,))
    assert "nothing was changed by then" in troubles([failed])[0].what
    wrote = replace(failed, first=(replace(FAILED, changed=("neutron.ports: rows are written",)),))
    assert "by then neutron.ports: rows are written" in troubles([wrote])[0].what


def test_a_line_says_what_is_done_and_who_waits() -> None:
    assert line(TAGS, same) == "`neutron.tags`: table copied, writes blocked 2.3 s"
    free = replace(TAGS, algorithm="INPLACE", lock="NONE", seconds=(600.0,))
    assert line(free, same) == "`neutron.tags`: rebuilt in place, writes go on, 10 min"
    shut = replace(TAGS, algorithm="NOCOPY", lock="EXCLUSIVE")
    assert line(shut, same) == "`neutron.tags`: changed without copying it, reads and writes blocked 2.3 s"
    gone = Statement("neutron", "tags", Kind.DROPS, "DROP TABLE tags", (0.5,))
    assert line(gone, same) == "`neutron.tags`: dropped 0.5 s"
    dark = replace(TAGS, algorithm="", lock="")
    assert line(dark, same) == "`neutron.tags`: redefined, how is not known, 2.3 s"


def test_who_makes_others_wait_comes_first_and_what_nobody_notices_is_counted() -> None:
    free = replace(TAGS, algorithm="INPLACE", lock="NONE", seconds=(600.0,), table="ports")
    quick = replace(TAGS, algorithm="INSTANT", lock="NONE", seconds=(0.01,), table="nets")
    broken = replace(TAGS, error="1061", table="broken")
    short = replace(TAGS, seconds=(0.001,), table="empty")
    found = waits([free, quick, broken, short, TAGS, quick], same)
    assert [words.split(":")[0] for words in found[:3]] == [
        "`neutron.tags`",
        "`neutron.empty`",
        "`neutron.ports`",
    ]
    assert found[3:] == ("2 statements more are done at once",)


def test_what_goes_through_rows_is_scaled_by_the_servers_own_estimates() -> None:
    grown = factor(REHEARSAL, {"neutron.tags": 300_000, "neutron.few": 900, "neutron.new": 5000})
    assert [grown(f"neutron.{name}") for name in ("tags", "few", "new", "gone")] == [3.0, 1.0, 1.0, 1.0]
    assert factor(REHEARSAL, {"neutron.tags": 109_000})("neutron.tags") == 1.0
    assert line(TAGS, grown) == "`neutron.tags`: table copied, writes blocked 6.9 s"
    assert line(replace(TAGS, algorithm="INSTANT", lock="NONE"), grown).endswith("writes go on, 2.3 s")
    assert step_seconds([EXPAND], grown) == (9.0, 10.0, 13.0)


def test_a_step_that_stands_for_two_commands_starts_once() -> None:
    assert step_seconds([EXPAND, replace(EXPAND, start_up_s=1.0)], same) == (9.0, 11.0, 17.0)
    assert step_seconds([], same) == ()
    assert step_seconds([EXPAND, replace(EXPAND, first=(FAILED,))], same) == ()


def test_it_counts_for_seven_days_for_its_cloud_its_lift_and_its_schema() -> None:
    def why(**changed: object) -> list[tuple[str, str]]:
        told: dict[str, object] = {"now": 2000.0, "cloud": "tiny", "lift": ("2025.1", "2026.1")}
        told |= {"definitions": {"neutron": "d"}, **changed}
        return list(stale(REHEARSAL, **told))  # type: ignore[arg-type]

    assert why() == why(now=1000.0 + GOOD_FOR_S) == []
    assert why(now=1001.0 + GOOD_FOR_S) == [("", "it is older than 7 days")]
    assert why(cloud="other") == [("", "it is of the cloud tiny")]
    assert why(lift=("2025.1", "2025.2")) == [("", "it is of 2025.1 → 2026.1")]
    assert why(definitions={}) == [("neutron", "the schema of neutron is another now")]


def test_versions_and_knowledge_have_to_be_the_same() -> None:
    planned = {"neutron": ("26.0.1", "28.0.1"), "nova": ("1", "2")}
    assert list(other_versions(REHEARSAL, planned)) == [
        ("neutron", "it is of 26.0.1 → 28.0.0, the plan of 26.0.1 → 28.0.1")
    ]
    assert list(other_versions(REHEARSAL, dict(REHEARSAL.versions))) == []
    assert list(other_knowledge(REHEARSAL, {"neutron": "k", "nova": "x"})) == []
    assert list(other_knowledge(REHEARSAL, {"neutron": "l"})) == [
        ("neutron", "liftlock knows other migrations of it now")
    ]
