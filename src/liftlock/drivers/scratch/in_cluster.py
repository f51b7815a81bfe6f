"""Keeps the port of scratch servers on the cloud's own database server: copies called `<database>_upgrade`.

Everything goes through a relay of ours, under an account that reaches the copies and nothing else. Nothing is set for
the whole server, as a server of our own would be: what programs say is heard where it passes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pymysql

from liftlock.blots import blotted
from liftlock.cloud.schema import Schema
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.lodging import SUFFIX, Lodging, lodged_name
from liftlock.drivers.scratch import dumps
from liftlock.drivers.scratch.copies import ScratchMariaDb
from liftlock.drivers.scratch.isolation import insist, isolated
from liftlock.drivers.scratch.relay import Entry, Relay
from liftlock.drivers.scratch.server import PREFIX, connected
from liftlock.errors import Refused, StepFailed
from liftlock.knowledge.kinds import Kind
from liftlock.ports.scratch import Altered, Kept, Lodged, Outcome, Replayed, Said, Took

_COSTS = (
    "copies are made on production's own server, which does their work beside its users'; that the backup can be "
    "restored on another machine is not tried so"
)
_FOR_A_WEEK = 7 * 24 * 3600


@contextmanager
def in_cluster(lodging: Lodging, access: DatabaseAccess) -> Iterator[InClusterMariaDb]:
    """Copies on the server that `access` leads to; whatever ends the block, they and their account are removed."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        (Path(name) / "owner").write_text(str(os.getpid()))
        server = InClusterMariaDb(Path(name) / "sock", lodging, access)
        try:
            yield server
        except pymysql.err.MySQLError as problem:
            raise StepFailed(
                f"the database server ended what the rehearsal was at: {blotted(str(problem.args[-1]))}",
                now="production's databases are as they were; copies and account are removed",
                hint="see whether the server runs, then rehearse again",
            ) from problem
        finally:
            server.close()


class InClusterMariaDb(ScratchMariaDb):
    """Keeps the `ScratchServer` port once its place was claimed; `socket` is where the relay will listen."""

    def __init__(self, socket: Path, lodging: Lodging, access: DatabaseAccess) -> None:
        self.socket = socket
        self._lodging = lodging
        self._access = access
        self._relay: Relay | None = None

    def close(self) -> None:
        """End the relay with all its sessions, then remove what is on the server."""
        try:
            if self._relay is not None:
                self._relay.close()
        finally:
            self._lodging.close()

    def claim(self, databases: Sequence[str], room_mib: float, logged_mib: float) -> tuple[str, ...]:
        names = tuple(lodged_name(name) for name in databases)
        # What is called so itself could not be told from a copy.
        odd = [name for name in databases if name.endswith(SUFFIX)]
        if odd:
            raise Refused(
                f"the database {odd[0]} is called as a copy is", hint="rehearse without `--in-cluster`"
            )
        user, password = self._lodging.open(names, room_mib, logged_mib)
        self._relay = Relay(self.socket, Entry(self._access.address, self._access.port, user, password))
        refused = self._lodging.prove_shut(lambda: connected(self.socket))
        self._session = connected(self.socket)
        self._ask(f"SET SESSION wait_timeout = {_FOR_A_WEEK}")
        told = [f"an earlier rehearsal was killed: {name} is removed" for name in self._lodging.cleared]
        told.append(f"the rehearsal's account was refused all of {refused} other schemas, each of them tried")
        told.append(_COSTS)
        if self._lodging.lodged().logged:
            told.append(
                "all that is done to the copies goes through its binary log, and to servers that follow it"
            )
        return tuple(told)

    def lodged(self) -> Lodged | None:
        return self._lodging.lodged()

    def name_of(self, database: str) -> str:
        return lodged_name(database)

    def free_mib(self) -> int:
        return self._lodging.free_mib()

    def incoming(self) -> Path:
        raise _only_by_dump()

    def take_over(self, databases: Mapping[str, tuple[str, str]]) -> Mapping[str, float]:
        raise _only_by_dump()

    def load(self, dump: Path, database: str, clause: str = "") -> tuple[str, ...]:
        here = lodged_name(database)
        self.make(here, *([clause] if clause else []))
        with _told_of_the_cloud():
            dumps.load(self.socket, dump, here, ownerless=True)
        # They would act by themselves, beside production.
        for (event,) in self._ask(
            "SELECT event_name FROM information_schema.events WHERE event_schema = %s", here
        ):
            self._ask(f"DROP EVENT `{here}`.`{event}`")
        return (database,)

    def copy(self, source: str, target: str) -> None:
        here, there = lodged_name(source), lodged_name(target)
        charset, collation = self._ask(
            "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata"
            " WHERE schema_name = %s",
            here,
        )[0]
        self.make(there, f"CHARACTER SET {charset} COLLATE {collation}")
        with _told_of_the_cloud():
            dumps.pipe(self.socket, [*dumps.ALL, here], self.socket, there)

    def make(self, database: str, clause: str = "CHARACTER SET utf8mb3") -> None:
        """An empty database with the mark, if the place is still ours and production has room."""
        self._lodging.insist()
        self._ask(f"CREATE OR REPLACE DATABASE `{lodged_name(database)}` {clause} {self._lodging.comment}")

    def drop(self, database: str) -> None:
        super().drop(lodged_name(database))

    def schema(self, database: str) -> Schema:
        return super().schema(lodged_name(database))

    def do(self, database: str, statements: Sequence[str]) -> None:
        super().do(lodged_name(database), statements)

    def holds(self, database: str, query: str) -> bool:
        return super().holds(lodged_name(database), query)

    def trial(self, database: str, statements: Sequence[str]) -> Outcome:
        return super().trial(lodged_name(database), statements)

    def altered(self, before: str, after: str, tables: Mapping[str, Sequence[str]]) -> tuple[Altered, ...]:
        return super().altered(lodged_name(before), lodged_name(after), tables)

    def objects(
        self, kind: Kind, before: Mapping[str, str], after: Mapping[str, str]
    ) -> AbstractContextManager[Kept]:
        sides = ({usual: lodged_name(name) for usual, name in side.items()} for side in (before, after))
        return super().objects(kind, *sides)

    def rows(self, database: str) -> Mapping[str, int]:
        return super().rows(lodged_name(database))

    def isolate(self, databases: Sequence[str]) -> tuple[str, ...]:
        here = {name: lodged_name(name) for name in databases}
        known = [*here, *here.values()]
        told = [
            line.replace(f"{copy}.", f"{name}.", 1)
            for name, copy in here.items()
            for line in isolated(self._ask, copy, self.address, known)
        ]
        for copy in here.values():
            insist(self._ask, copy, self._where())
        return tuple(told)

    def address(self, database: str) -> str:
        return super().address(lodged_name(database))

    @contextmanager
    def listening(self) -> Iterator[list[Said]]:
        heard: list[Said] = []
        with self._ear.hearing() as words:
            yield heard
        words.sort(key=lambda word: word.began)
        heard.extend(
            Said(w.session, _usual(w.database), w.statement, round(w.next_at - w.began, 6)) for w in words
        )

    @contextmanager
    def timed(self) -> Iterator[list[Took]]:
        """By the clock of this machine, from the moment a statement has passed to the end of its answer."""
        heard: list[Took] = []
        with self._ear.hearing() as words:
            yield heard
        words.sort(key=lambda word: word.answered)
        heard.extend(
            Took(w.session, _usual(w.database), w.statement, round(w.answered - w.began, 6), w.rows)
            for w in words
        )

    def replay(self, statements: Sequence[Took]) -> tuple[Replayed, ...]:
        return super().replay([replace(one, database=lodged_name(one.database)) for one in statements])

    @property
    def _ear(self) -> Relay:
        assert self._relay is not None
        return self._relay


@contextmanager
def _told_of_the_cloud() -> Iterator[None]:
    """What goes wrong with a copy is told as of the cloud's server, not of one of ours."""
    try:
        yield
    except StepFailed as failed:
        raise StepFailed(
            failed.what,
            now="production's databases are as they were; copies and account are removed",
            hint="see whether the cloud's database server runs and has room, or rehearse without `--in-cluster`",
        ) from failed


def _usual(database: str) -> str:
    return database.removesuffix(SUFFIX)


def _only_by_dump() -> Refused:
    return Refused(
        "files of tables cannot be brought to the cloud's own server",
        hint="leave out `--by-files`, or rehearse without `--in-cluster`",
    )
