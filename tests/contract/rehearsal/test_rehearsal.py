"""A rehearsal from a running server's databases to the plan: real backup, real restore, migrations made up."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from liftlock.drivers.databases import table_files
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.drivers.enclosures.netns import enclosed
from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.errors import BadInput, LiftlockError, Refused, StepFailed
from liftlock.flow.briefing import rehearsed
from liftlock.flow.copies.gathering import Ground
from liftlock.flow.copies.restoring import BACKUP
from liftlock.flow.plan import plan
from liftlock.flow.rehearse import Outcome, Wish, alone, rehearse
from liftlock.flow.site import Site, backup_folder
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.ports.databases import TableFiles
from liftlock.rehearsal.hazards import Verdict
from liftlock.rehearsal.measured import Statement
from liftlock.rehearsal.target.answers import Answers
from liftlock.rehearsal.trouble import Ill, troubles
from liftlock.sim.cloud import SimCloud
from tests.contract.rehearsal.tiny_release import OLD, environment
from tests.sites import sim_site
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb, program

SERVICE = """
name = "tiny"
databases = ["tiny"]
[[migrations]]
name = "upgrade"
command = ["tiny-manage", "upgrade"]
[[migrations]]
name = "online"
command = ["tiny-manage", "online"]
phase = "online"
may_repeat = true
[[migrations]]
name = "contract"
command = ["tiny-manage", "contract"]
phase = "contract"
"""
SOUND = (
    ("r1", ["ALTER TABLE widgets ADD COLUMN depth INT NULL"]),
    ("r2", ["ALTER TABLE labels CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"]),
    (
        "r3",
        [
            "ALTER TABLE parts MODIFY amount VARCHAR(40) NULL",
            "CREATE UNIQUE INDEX once ON widgets (id, name)",
        ],
    ),
    ("o1", ["UPDATE widgets SET depth = 1 WHERE depth IS NULL LIMIT 1"]),
    ("c1", ["ALTER TABLE widgets DROP COLUMN IF EXISTS note"]),
)


@pytest.fixture(scope="module")
def scratch() -> Iterator[ScratchMariaDb]:
    program("mariadbd")
    with scratch_server() as found:
        yield found


@pytest.fixture(scope="module")
def live() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs may keep this machine from going on for longer than a cloud's users are asked to wait."""
    monkeypatch.setattr(table_files, "HELD_AT_MOST_S", 300.0)


@dataclass
class Cloud:
    """A cloud whose database server is real and has `tiny`; the rest is simulated."""

    live: MariaDbAccess
    folder: Path
    site: Site
    plan: Plan
    ground: Ground

    told: list[str] = field(default_factory=list)

    def rehearse(self, rounds: int = 1, *, by_files: bool = False, in_cluster: bool = False) -> Outcome:
        file = self.folder / "tiny.toml"
        file.write_text(SERVICE)
        wish = Wish(rounds, ("tiny",), (file,), by_files, in_cluster)
        return rehearse(self.site, self.ground, self.plan, wish, self.told.append)

    def content(self) -> list[tuple[object, ...]]:
        """Everything a client sees of the live server, and of what lies about on this machine."""
        seen = list(self.live.do("SHOW DATABASES"))
        for (table,) in self.live.do("SHOW TABLES FROM tiny"):
            seen += self.live.do(f"SHOW CREATE TABLE tiny.{table}") + self.live.do(
                f"CHECKSUM TABLE tiny.{table}"
            )
        backups = backup_folder(self.site.file)
        return [*seen, *((str(p),) for p in backups.rglob("*"))]


def cloud(
    live: MariaDbAccess, scratch: ScratchMariaDb, folder: Path, revisions: Sequence[tuple[str, Sequence[str]]]
) -> Cloud:
    live.do(
        "CREATE OR REPLACE DATABASE tiny DEFAULT CHARACTER SET utf8mb3",
        "USE tiny",
        *filter(str.strip, OLD.read_text().split(";\n")),
        "CREATE TABLE mappings (id INT PRIMARY KEY, address VARCHAR(255))",
        f"INSERT INTO mappings VALUES (1, 'mysql+pymysql://tiny:pw@127.0.0.1:{live.port}/tiny')",
    )
    made = sim_site(folder, SimCloud.tiny())
    access = DatabaseAccess("127.0.0.1", live.user, live.password, live.port)
    port = MariaDb(LocalShell(), backup_folder(made.file), host="db1", access=access)
    site = Site(made.file, replace(made.hands, databases=port))
    code = (
        VenvCode(environment(folder / "old", "1.0")),
        VenvCode(environment(folder / "new", "2.0", revisions)),
    )
    return Cloud(live, folder, site, plan(made, "2026.1")[0], Ground(scratch, *code))


def by_place(outcome: Outcome) -> dict[str, Statement]:
    return {f"{s.place} {s.statement.split()[0]}": s for s in outcome.rehearsal.statements()}


def test_a_sound_hop_is_timed_statement_by_statement_and_the_cloud_is_as_it_was(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    here = cloud(live, scratch, tmp_path, SOUND)
    before = here.content()
    outcome = here.rehearse(rounds=2)
    assert here.content() == before
    assert troubles(outcome.rehearsal.commands) == ()
    ways = {place: (s.algorithm, s.lock) for place, s in by_place(outcome).items()}
    assert ways == {
        "tiny.widgets ALTER": ("INSTANT", "NONE"),
        "tiny.labels ALTER": ("COPY", "SHARED"),
        "tiny.parts ALTER": ("COPY", "SHARED"),
        "tiny.widgets CREATE": ("NOCOPY", "NONE"),
    }
    assert all(len(s.seconds) == 3 for s in by_place(outcome).values()), "two rounds and the replay"
    upgrade, online, contract = outcome.rehearsal.commands
    assert [c.migration for c in (upgrade, online, contract)] == ["upgrade", "online", "contract"]
    assert [o.batches for o in online.first] == [3, 3], (
        "two widgets, one a batch, and a batch that finds none"
    )
    assert [o.batches for o in online.second] == [1, 1]
    assert set(online.first[0].by_table) == {"tiny.widgets"}
    assert 0 < upgrade.first[0].server_s < upgrade.first[0].wall_s
    assert upgrade.start_up_s > 0
    assert [p.verdict for p in outcome.proofs] == [Verdict.GAP], "amount has another type now"
    assert [r.database for r in outcome.rehearsal.restored] == ["tiny"]
    (address,) = scratch._ask("SELECT address FROM tiny.mappings")[0]
    assert str(live.port) not in address


def test_a_service_that_nobody_knows_how_to_run_is_told_and_no_failure(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    here = cloud(live, scratch, tmp_path, SOUND)
    assert here.rehearse().rehearsal.answers == (), "nothing was to be started"
    program("rabbitmq-server")
    with enclosed() as place:
        here.ground = replace(here.ground, enclosure=place)
        rehearsal = here.rehearse().rehearsal
    assert rehearsal.answers == (Answers("tiny", left_out="liftlock does not know how to run it"),)
    assert not rehearsal.fails


@pytest.mark.parametrize(
    ("revisions", "migration", "ill", "words"),
    [
        (
            [("r1", ["ALTER TABLE parts ADD COLUMN more INT", "ALTER TABLE widgets ADD UNIQUE once (name)"])],
            "upgrade",
            Ill.FAILS,
            ("Duplicate entry 'wheel'", "by then tiny.parts is defined otherwise", "run again, it says"),
        ),
        (
            [("c1", ["INSERT INTO labels (word) VALUES ('again')"])],
            "contract",
            Ill.CHANGES_AGAIN,
            ("tiny.labels: rows are written",),
        ),
        (
            [
                (
                    "c1",
                    ["ALTER TABLE labels FORCE, ALGORITHM=COPY"],
                )
            ],
            "contract",
            Ill.CHANGES_AGAIN,
            ("tiny.labels: all rows are copied",),
        ),
        (
            [("c1", ["ALTER TABLE widgets DROP COLUMN note"])],
            "contract",
            Ill.FAILS_AGAIN,
            ("the first run ends well", "note"),
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Ill) else "",
)
def test_what_must_not_happen_in_the_night_is_found(
    live: MariaDbAccess,
    scratch: ScratchMariaDb,
    tmp_path: Path,
    revisions: list[tuple[str, list[str]]],
    migration: str,
    ill: Ill,
    words: tuple[str, ...],
) -> None:
    here = cloud(live, scratch, tmp_path, revisions)
    before = here.content()
    outcome = here.rehearse()
    (found,) = troubles(outcome.rehearsal.commands)
    assert (found.migration, found.ill) == (migration, ill)
    assert outcome.rehearsal.fails is (ill is Ill.FAILS)
    assert all(word in found.what for word in words), found.what
    assert here.content() == before
    if ill is Ill.FAILS:
        assert [c.migration for c in outcome.rehearsal.commands] == ["upgrade"], (
            "what comes after it is not run"
        )


def test_the_plan_says_what_was_measured_and_keeps_its_fingerprint(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    here = cloud(live, scratch, tmp_path, SOUND)
    outcome = here.rehearse()
    file = tmp_path / "plan.rehearsal.json"
    rehearsed.write(outcome.rehearsal, outcome.proved(), file)
    kept = rehearsed.read(file)
    assert kept.rehearsal == outcome.rehearsal
    assert [v.verdict for v in kept.proven["tiny"]] == [Verdict.GAP]
    found = rehearsed.fit(here.site, here.plan, kept)
    assert found.refused == ()
    told = rehearsed.with_rehearsal(here.site, here.plan, found)
    assert fingerprint(told) == fingerprint(here.plan)
    assert told.brief
    lines = "\n".join(told.brief.rehearsed)
    assert "`tiny.labels`: table copied, writes blocked " in lines
    assert "putting these databases back after finalize takes about" in lines

    live.do("ALTER TABLE tiny.labels ADD COLUMN more INT")
    later = rehearsed.fit(here.site, here.plan, kept)
    assert later.refused == (("tiny", "the schema of tiny is another now"),)
    told = rehearsed.with_rehearsal(here.site, here.plan, later)
    assert told.brief
    lines = "\n".join(told.brief.rehearsed)
    assert "`tiny.labels`" not in lines
    assert "is not used for tiny: the schema of tiny is another now" in lines


class Tampered(MariaDb):
    """A driver whose copy is spoiled between its arrival and its use."""

    spoil = staticmethod(lambda _: None)

    def back_up(self, databases: Sequence[str], backup: str) -> None:
        super().back_up(databases, backup)
        for name in databases:
            self.spoil(super().copy_of(name, backup))

    def contents(self, database: str, backup: str):  # type: ignore[no-untyped-def]
        found = super().contents(database, backup)
        return replace(found, rows={**found.rows, "labels": 2}) if self.lies else found

    def table_files(self, databases: Sequence[str], into: Path, version: str) -> TableFiles:
        found = super().table_files(databases, into, version)
        held = {
            name: replace(one, rows={**one.rows, "labels": 2}) if self.lies else one
            for name, one in found.contents.items()
        }
        return replace(found, contents=held)

    lies = False


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def flip(file: Path) -> None:
    text = gzip.decompress(file.read_bytes()).replace(b"fragile", b"heavy!!")
    file.write_bytes(gzip.compress(text))


@pytest.mark.parametrize("spoil", [cut, flip])
def test_a_copy_that_is_cut_or_another_is_not_restored(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path, spoil: object
) -> None:
    here = cloud(live, scratch, tmp_path, SOUND)
    before = here.content()
    spoiled(here).spoil = spoil  # type: ignore[assignment]
    refused(here, BadInput, "the backup rehearsal holds no complete copy of tiny")
    assert here.content() == before


def test_a_copy_that_holds_less_than_was_backed_up_is_no_backup(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    here = cloud(live, scratch, tmp_path, SOUND)
    before = here.content()
    spoiled(here).lies = True
    refused(here, StepFailed, "of labels there is 1 rows of 2")
    assert here.content() == before


def spoiled(here: Cloud) -> Tampered:
    access = DatabaseAccess("127.0.0.1", here.live.user, here.live.password, here.live.port)
    port = Tampered(LocalShell(), backup_folder(here.site.file), host="db1", access=access)
    here.site = Site(here.site.file, replace(here.site.hands, databases=port))
    return port


def refused(here: Cloud, kind: type[LiftlockError], words: str) -> None:
    with pytest.raises(kind) as found:
        here.rehearse()
    assert words in found.value.what
    assert found.value.now
    assert found.value.hint


class Crowded:
    """A scratch server without room."""

    def free_mib(self) -> int:
        return 0


def test_copies_by_files_are_rehearsed_on_and_the_plan_says_that_no_backup_was_tried(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    program("mariadb-backup")
    here = cloud(live, scratch, tmp_path, SOUND)
    before = here.content()
    outcome = here.rehearse(by_files=True)
    assert here.content() == before
    assert troubles(outcome.rehearsal.commands) == ()
    assert [p.verdict for p in outcome.proofs] == [Verdict.GAP]
    assert outcome.rehearsal.held_s is not None
    assert outcome.rehearsal.held_s > 0
    assert [(r.database, r.mib > 0) for r in outcome.rehearsal.restored] == [("tiny", True)]
    (address,) = scratch._ask("SELECT address FROM tiny.mappings")[0]
    assert str(live.port) not in address
    file = tmp_path / "plan.rehearsal.json"
    rehearsed.write(outcome.rehearsal, outcome.proved(), file)
    told = "\n".join(rehearsed.sentences(rehearsed.fit(here.site, here.plan, rehearsed.read(file))))
    assert "no backup was taken or put back" in told
    assert "the backup took" not in told


def test_an_account_that_may_not_copy_files_gets_a_backup_restored_and_is_told_why(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    program("mariadb-backup")
    here = cloud(live, scratch, tmp_path, SOUND)
    password = live.password.replace("\\", "\\\\")
    live.do(
        f"CREATE OR REPLACE USER dumper IDENTIFIED BY '{password}'",
        "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, PROCESS ON *.* TO dumper",
    )
    access = DatabaseAccess("127.0.0.1", "dumper", live.password, live.port)
    port = MariaDb(LocalShell(), backup_folder(here.site.file), host="db1", access=access)
    here.site = Site(here.site.file, replace(here.site.hands, databases=port))
    outcome = here.rehearse(by_files=True)
    assert outcome.rehearsal.held_s is None
    assert [c.migration for c in outcome.rehearsal.commands] == ["upgrade", "online", "contract"]
    (why,) = [words for words in here.told if words.startswith("a backup is restored instead")]
    assert "missing required privilege RELOAD" in why


def test_files_that_hold_less_than_was_on_the_server_are_no_copy(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    program("mariadb-backup")
    here = cloud(live, scratch, tmp_path, SOUND)
    before = here.content()
    spoiled(here).lies = True
    with pytest.raises(StepFailed, match="of labels there is 1 rows of 2"):
        here.rehearse(by_files=True)
    assert here.content() == before


def test_without_room_nothing_is_begun(live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path) -> None:
    here = cloud(live, scratch, tmp_path, SOUND)
    before = here.content()
    here.ground = replace(here.ground, server=Crowded())  # type: ignore[arg-type]
    refused(here, Refused, "the folder for copies has 0 MiB of room")
    assert here.content() == before


def test_environments_of_other_versions_than_the_plans_are_refused(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    here = cloud(live, scratch, tmp_path, SOUND)
    assert here.plan.brief
    parts = (replace(here.plan.brief.components[0], service="tiny", before="1.0", after="2.1"),)
    here.plan = replace(here.plan, brief=replace(here.plan.brief, components=parts))
    refused(here, BadInput, "tiny is 2.0 in --new-env, the plan is of 2.1")


def test_one_rehearsal_at_a_time_and_what_a_killed_one_left_is_cleared_away(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    here = cloud(live, scratch, tmp_path, [])
    before = here.content()
    with alone(here.site.file.state):
        refused(here, Refused, "another rehearsal of this cloud is under way")
    here.site.hands.databases.back_up(["tiny"], BACKUP)
    assert here.content() != before
    assert here.rehearse().rehearsal.statements() == []
    assert here.content() == before
