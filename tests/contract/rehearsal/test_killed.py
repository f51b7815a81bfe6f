"""`liftlock rehearse` typed, killed with no farewell in the middle of something, and typed again: all of it real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.flow.plan import plan
from liftlock.plan import codec
from liftlock.sim.cloud import SimCloud
from tests.contract.rehearsal.test_in_cluster import everything, hardened
from tests.contract.rehearsal.test_rehearsal import SERVICE
from tests.contract.rehearsal.tiny_release import OLD, environment
from tests.contract.shells.sshd import Sshd
from tests.sites import sim_site
from tests.unit.drivers.servers import MariaDbAccess, mariadb, program, wait_for

ROOT = Path(__file__).parents[3]
REVISIONS = (
    ("r1", ["ALTER TABLE widgets ADD COLUMN depth INT NULL"]),
    ("r2", ["ALTER TABLE widgets DROP COLUMN note"]),
    ("c1", ["ALTER TABLE labels CONVERT TO CHARACTER SET utf8mb4"]),
)
"""Old code misses a column: it gets a shim."""
STAYS = """
from pathlib import Path

STATEMENTS = []
if Path({stay!r}).exists():
    Path({begun!r}).touch()
    # It goes on at the server, whoever has asked.
    STATEMENTS = ["UPDATE labels SET word = CONCAT(word, SLEEP(600))"]
"""
"""A revision that has begun and does not end, as long as a file is there."""
SLOW = """#!/bin/sh
[ -e {stay} ] || exec {program} "$@"
touch {begun}
while IFS= read -r line; do printf '%s\\n' "$line"; sleep 0.3; done | {program} "$@"
"""
WAITS = """#!/bin/sh
case "$*" in *--databases*) touch {begun}; while [ -e {stay} ]; do sleep 0.1; done;; esac
exec {program} "$@"
"""
TYPED = """
import sys, time
from dataclasses import replace
from pathlib import Path
from liftlock.cli.shell import main
from liftlock.drivers.databases import mariadb
from liftlock.flow.copies import shimming

whole = shimming._apply

def half(ground, shim):
    whole(ground, replace(shim, apply=shim.apply[:1]))
    if Path({stay!r}).exists() and Path({shims!r}).exists():
        Path({begun!r}).touch()
        time.sleep(600)
    ground.server.do(shim.database, shim.apply[1:])

shimming._apply = half
# Other tests have a database host on this machine too.
mariadb._INCOMING = {incoming!r}
sys.exit(main(sys.argv[1:]))
"""
"""The command, which is held up when it has applied a shim by half."""


@pytest.fixture(scope="module")
def live() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        hardened(access)
        yield access


@dataclass
class Bastion:
    """A folder with a plan, from which commands are typed; its database host is this machine, reached by SSH."""

    folder: Path
    live: MariaDbAccess

    @property
    def stay(self) -> Path:
        """As long as it is there, what the story is about does not end."""
        return self.folder / "stay"

    @property
    def backups(self) -> Path:
        return self.folder / ".liftlock" / "backups"

    @property
    def begun(self) -> Path:
        return self.folder / "begun"

    def words(self, *more: str) -> list[str]:
        places = {name: str(self.folder / name) for name in ("stay", "begun", "shims", "incoming")}
        code = TYPED.format(**places)
        typed = ["rehearse", "plan.json", "-C", "cloud.yaml", "--old-env", "old", "--new-env", "new"]
        typed += ["--service", "tiny", "--service-file", "tiny.toml", "--rounds", "1", "--no-programs"]
        return [sys.executable, "-c", code, *typed, *more]

    @contextmanager
    def typing(self, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """The command while it runs; what it says goes to the file `said`."""
        surroundings = {**os.environ, "PASSWORD": self.live.password, "TMPDIR": str(self.folder / "tmp")}
        surroundings |= {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
        }
        with (
            (self.folder / "said").open("wb") as said,
            subprocess.Popen(
                self.words(*more), cwd=self.folder, env=surroundings, stdout=said, stderr=said
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def said(self) -> str:
        return (self.folder / "said").read_text()

    def left_running(self) -> list[str]:
        """Programs of the rehearsal: whatever has our folder in its words."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(self.folder) in words and int(entry.name) != os.getpid():
                    found.append(words)
        return found


@pytest.fixture
def bastion(live: MariaDbAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bastion]:
    live.do(
        "CREATE OR REPLACE DATABASE tiny DEFAULT CHARACTER SET utf8mb3",
        "USE tiny",
        *filter(str.strip, OLD.read_text().split(";\n")),
    )
    for name in ("tmp", "bin"):
        (tmp_path / name).mkdir()
    environment(tmp_path / "old", "1.0")
    environment(tmp_path / "new", "2.0", REVISIONS)
    (tmp_path / "tiny.toml").write_text(SERVICE)
    # What runs on the database host looks for programs where we do.
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    sshd = Sshd(tmp_path)
    try:
        site = sim_site(tmp_path, SimCloud.tiny())
        codec.write(plan(site, "2026.1")[0], tmp_path / "plan.json")
        text = (
            site.file.path.read_text()
            if hasattr(site.file, "path")
            else (tmp_path / "cloud.yaml").read_text()
        )
        text = text.replace("db1: {address: 10.77.0.11,", f"db1: {{address: 127.0.0.1, port: {sshd.port},")
        account = f"user: {live.user}, port: {live.port}, password: {{env: PASSWORD}}"
        text = text.replace("user: liftlock, password: {env: NOT_NEEDED}", account)
        (tmp_path / "cloud.yaml").write_text(text)
        yield Bastion(tmp_path, live)
    finally:
        sshd.stop()


def in_backup(here: Bastion) -> None:
    stand_in(here, "mariadb-dump", WAITS)


def in_restore(here: Bastion) -> None:
    stand_in(here, "mariadb", SLOW)


def in_migrate(here: Bastion) -> None:
    revision(here, "r3")


def in_contract(here: Bastion) -> None:
    revision(here, "c0")


def in_shim(here: Bastion) -> None:
    """The command itself stops there."""
    (here.folder / "shims").touch()


def stand_in(here: Bastion, name: str, text: str) -> None:
    path = here.folder / "bin" / name
    path.write_text(text.format(program=program(name), stay=here.stay, begun=here.begun))
    path.chmod(0o755)


def revision(here: Bastion, name: str) -> None:
    folder = here.folder / "new" / "lib" / "python3" / "site-packages" / "tiny" / "versions"
    text = STAYS.format(stay=str(here.stay), begun=str(here.begun))
    (folder / f"{name}.py").write_text(f'revision = "{name}"\ndown_revision = "r2"\n{text}')


def state(here: Bastion) -> list[tuple[object, ...]]:
    """Everything a client sees of production, and what lies about on this machine."""
    places = (here.backups, here.folder / "tmp", here.folder / "incoming")
    return [*everything(here.live), *((str(p),) for place in places for p in sorted(place.rglob("*")))]


def users_part(live: MariaDbAccess) -> list[tuple[object, ...]]:
    """Everything but what is called as a rehearsal's own."""
    ours = ("_upgrade", "liftlock_rehearsal_")
    return [row for row in everything(live) if not any(word in str(row) for word in ours)]


REACHED = {
    "in_backup": "backing up",
    "in_restore": "restoring",
    "in_migrate": "the proof begins",
    "in_shim": "the proof begins",
    "in_contract": "rounds of its migrations begin",
}
"""What the command said last before it was killed."""


def reached(here: Bastion) -> str:
    last = here.said().splitlines()[-1]
    return next(words for words in REACHED.values() if words in last)


@pytest.mark.parametrize("more", [(), ("--in-cluster",)], ids=["apart", "in-cluster"])
@pytest.mark.parametrize("moment", [in_backup, in_restore, in_migrate, in_shim, in_contract])
def test_who_is_killed_leaves_production_as_it_was_and_the_same_command_goes_on(
    bastion: Bastion, moment: object, more: Sequence[str]
) -> None:
    assert callable(moment)
    before = state(bastion)
    production = users_part(bastion.live)
    bastion.stay.touch()
    moment(bastion)
    with bastion.typing(*more) as killed:
        while not bastion.begun.exists() and killed.poll() is None:
            time.sleep(0.05)
        assert killed.poll() is None, bastion.said()
        os.kill(killed.pid, signal.SIGKILL)
    assert users_part(bastion.live) == production
    assert reached(bastion) == REACHED[moment.__name__]

    bastion.stay.unlink()
    with bastion.typing(*more) as again:
        code = again.wait()
    said = bastion.said()
    assert code == 0, said
    assert "an earlier rehearsal was killed: " in said
    assert ("tiny_upgrade is removed" in said) is bool(more), said
    assert "tiny: 1.0 → 2.0: shim" in said
    assert state(bastion) == before
    wait_for(lambda: not bastion.left_running(), f"{bastion.left_running()} still runs")
