"""The head of a statement: what it does to which table."""

from __future__ import annotations

import pytest

from liftlock.cloud.definition import WAYS, Kind, head


@pytest.mark.parametrize(
    ("statement", "kind", "place"),
    [
        ("ALTER TABLE tags CONVERT TO CHARACTER SET utf8mb4", Kind.ALTERS, ("", "tags")),
        ("alter table `neutron`.`ports` add column x int", Kind.ALTERS, ("neutron", "ports")),
        ("\nALTER TABLE ports\n  ADD COLUMN x INTEGER;\n", Kind.ALTERS, ("", "ports")),
        ("ALTER TABLE t RENAME TO u", Kind.ALTERS, ("", "t")),
        ("CREATE UNIQUE INDEX uniq ON `order` (a, b)", Kind.ALTERS, ("", "order")),
        ("CREATE INDEX ix_a ON t (a)", Kind.ALTERS, ("", "t")),
        ("DROP INDEX ix_a ON t", Kind.ALTERS, ("", "t")),
        ("CREATE TABLE IF NOT EXISTS boxes (id INT)", Kind.MAKES, ("", "boxes")),
        ("DROP TABLE IF EXISTS `boxes`", Kind.DROPS, ("", "boxes")),
        ("TRUNCATE TABLE boxes", Kind.EMPTIES, ("", "boxes")),
        ("RENAME TABLE a TO b", Kind.RENAMES, ("", "a")),
        ("UPDATE ports SET status = 'x'", Kind.WRITES, ("", "ports")),
        ("INSERT INTO ports (id) VALUES (1)", Kind.WRITES, ("", "ports")),
        ("DELETE FROM ports WHERE id = 1", Kind.WRITES, ("", "ports")),
    ],
)
def test_the_head_says_what_is_done_to_which_table(
    statement: str, kind: Kind, place: tuple[str, str]
) -> None:
    found = head(statement)
    assert found
    assert (found.kind, found.database, found.table) == (kind, *place)
    assert bool(found.lead) is (kind is Kind.ALTERS)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "SET NAMES utf8mb4",
        "COMMIT",
        "SHOW CREATE TABLE t",
        "CREATE VIEW v AS SELECT 1",
        "ALTER",
        "",
    ],
)
def test_what_does_nothing_to_a_table_has_no_head(statement: str) -> None:
    assert head(statement) is None


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        ("ALTER TABLE t ADD a INT;", "ALTER TABLE t ADD a INT, ALGORITHM=INSTANT, LOCK=NONE"),
        ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a) ALGORITHM=INSTANT LOCK=NONE"),
        ("DROP INDEX i ON d.t", "ALTER TABLE `d`.`t` DROP INDEX i, ALGORITHM=INSTANT, LOCK=NONE"),
    ],
)
def test_it_is_asked_again_with_an_algorithm_and_a_lock(statement: str, asked: str) -> None:
    found = head(statement)
    assert found
    assert found.asked(*WAYS[0]) == asked


def test_ways_are_offered_the_least_disturbing_first() -> None:
    assert WAYS[0] == ("INSTANT", "NONE")
    assert WAYS[-1] == ("COPY", "EXCLUSIVE")
