"""The journal in an SQL database: one SQLite file per cloud, one writer thread, group commit."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Row, create_engine, event, exc, insert, select, update

from liftlock.drivers.journals import schema
from liftlock.errors import BadInput
from liftlock.ports.journal import Detail, Entry, Event, JournalLost, Line, Request, RequestKind, Run

BUSY_S = 30.0
"""How long a write waits for another process's write to end, in seconds."""

ERRORS = (exc.DBAPIError, sqlite3.Error)
"""What SQLAlchemy raises, and what the driver does while a connection is set up."""

LOST_HINT = "look at the disk that holds the journal (room, permissions), then `liftlock resume`"


@dataclass(slots=True)
class _Order:
    """An entry on its way to the disk; with a plan, the run is made first."""

    entry: Entry
    answers: int | None = None
    outcome: str = ""
    run: tuple[str, str] | None = None
    """Plan and fingerprint of a run to begin."""


class SqlJournal:
    """The journal port over SQLite: write-ahead log, every commit synced, hash-chained lines that triggers protect."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        if not create and not path.exists():
            raise BadInput(
                f"there is no journal at {path}", hint="nothing was run on this cloud yet: `liftlock plan`"
            )
        self._path = path
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_S}
        )
        event.listen(self._engine, "connect", schema.prepare)
        event.listen(self._engine, "begin", schema.begin)
        self._orders: queue.SimpleQueue[tuple[_Order, Future[Line]] | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._opening = threading.Lock()
        try:
            schema.open_format(self._engine, path)
        except ERRORS as error:
            self._engine.dispose()
            raise BadInput(
                f"{path} cannot be used as a journal: {_said(error)}",
                hint="check the path and its permissions",
            ) from error
        except BadInput:
            self._engine.dispose()
            raise

    def begin(self, plan: str, fingerprint: str, *, who: str, at: float, detail: Detail) -> Run:
        entry = Entry("", Event.RUN_BEGUN, at, who, detail={**detail, "plan_sha256": _hash(plan)})
        line = self._write(_Order(entry, run=(plan, fingerprint)))
        return Run(line.run, plan, fingerprint, at, who)

    def runs(self) -> tuple[Run, ...]:
        query = select(schema.RUNS).order_by(schema.RUNS.c.number)
        return tuple(
            Run(_run_id(r.number), r.plan, r.fingerprint, r.begun_at, r.who) for r in self._read(query)
        )

    def append(self, entry: Entry, *, answers: int | None = None, outcome: str = "") -> Line:
        return self._write(_Order(entry, answers, outcome))

    def lines(self, run: str = "", *, after: int = 0) -> tuple[Line, ...]:
        query = select(schema.LINES).where(schema.LINES.c.seq > after).order_by(schema.LINES.c.seq)
        if run:
            query = query.where(schema.LINES.c.run == run)
        return tuple(self._line(row._asdict()) for row in self._read(query))

    def file(self, request: Request) -> Request:
        fields = {k: v for k, v in asdict(request).items() if k not in ("id", "outcome")}
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                key = connection.execute(insert(schema.REQUESTS).values(**fields)).inserted_primary_key
        except ERRORS as error:
            raise self._lost("written", error) from error
        assert key is not None
        return replace(request, id=key[0], outcome="")

    def requests(self, *, pending: bool = True) -> tuple[Request, ...]:
        query = schema.PENDING if pending else select(schema.REQUESTS).order_by(schema.REQUESTS.c.id)
        return tuple(_request(row) for row in self._read(query))

    def stored(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(row._asdict() for row in self._read(select(schema.LINES).order_by(schema.LINES.c.seq)))

    def verify_chain(self, last: str = "") -> str:
        digest, seq, kept = "", 0, not last
        plans = {run.id: run for run in self.runs()}
        for row in self.stored():
            if row["seq"] != seq + 1:
                return f"line {seq + 1} is gone: after line {seq} comes line {row['seq']}"
            if row["digest"] != _digest(digest, row):
                return f"line {row['seq']} ({row['run']}, {row['event']}) is not what was written"
            if row["event"] == Event.RUN_BEGUN:
                run = plans.pop(row["run"], None)
                if run is None or _hash(run.plan) != json.loads(row["detail"])["plan_sha256"]:
                    return f"line {row['seq']}: the plan of {row['run']} is not what was written"
            digest, seq = row["digest"], row["seq"]
            kept = kept or digest.startswith(last)
        if plans:
            return f"{min(plans)} was put in without a line"
        return "" if kept else f"line {seq + 1} is gone, or was written anew: no line has the digest {last}"

    def close(self) -> None:
        with self._opening:
            if self._writer is not None:
                self._orders.put(None)
                self._writer.join()
                self._writer = None
        self._engine.dispose()

    def _line(self, row: dict[str, Any]) -> Line:
        try:
            return _line_of(row)
        except (ValueError, TypeError) as error:
            raise JournalLost(
                f"line {row['seq']} of the journal {self._path} cannot be understood: {error}",
                now="nothing was changed by this command",
                hint="`liftlock audit` says whether somebody changed it",
            ) from error

    def _read(self, query: Any) -> list[Row[Any]]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(query))
        except ERRORS as error:
            raise self._lost("read", error) from error

    def _write(self, order: _Order) -> Line:
        with self._opening:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name="journal", daemon=True)
                self._writer.start()
        line: Future[Line] = Future()
        self._orders.put((order, line))
        return line.result()

    def _write_all(self) -> None:
        """Commit whatever has gathered while the last commit was synced, until None is put."""
        while (first := self._orders.get()) is not None:
            batch = [first]
            while not self._orders.empty():
                another = self._orders.get()
                if another is None:
                    self._orders.put(None)
                    break
                batch.append(another)
            try:
                with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                    lines = list(_put(connection, [order for order, _ in batch]))
            except ERRORS as error:
                for _, line in batch:
                    line.set_exception(self._lost("written", error))
            except BaseException as error:
                for _, line in batch:
                    line.set_exception(error)
            else:
                for (_, line), written in zip(batch, lines, strict=True):
                    line.set_result(written)

    def _lost(self, verb: str, error: Exception) -> JournalLost:
        return JournalLost(
            f"the journal {self._path} cannot be {verb}: {_said(error)}",
            now="what is running ends; nothing new is started",
            hint=LOST_HINT,
        )


def _put(connection: Connection, orders: Iterable[_Order]) -> Iterable[Line]:
    """Write all orders at the end of the chain, in order."""
    # Read anew each time: another process may have written since (the runner's lock allows one at a time).
    last = connection.execute(schema.LAST).first()
    seq, digest = (last.seq, last.digest) if last else (0, "")
    rows = []
    for order in orders:
        run = order.entry.run
        if order.run is not None:
            plan, fingerprint = order.run
            values = {
                "plan": plan,
                "fingerprint": fingerprint,
                "begun_at": order.entry.at,
                "who": order.entry.who,
            }
            key = connection.execute(insert(schema.RUNS).values(**values)).inserted_primary_key
            assert key is not None
            run = _run_id(key[0])
        seq += 1
        row = _row(replace(order.entry, run=run), seq)
        row["digest"] = digest = _digest(digest, row)
        rows.append(row)
        if order.answers is not None:
            answered = update(schema.REQUESTS).where(schema.REQUESTS.c.id == order.answers)
            connection.execute(answered.values(outcome=order.outcome or "granted"))
    connection.execute(schema.PUT, rows)
    return [_line_of(row) for row in rows]


def _row(entry: Entry, seq: int) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": float(entry.at),
        "run": entry.run,
        "event": entry.event.value,
        "stage": entry.stage,
        "ordinal": entry.ordinal,
        "who": entry.who,
        "detail": json.dumps(dict(entry.detail), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }


def _digest(before: str, row: Mapping[str, Any]) -> str:
    """As `docs/verify_journal.py` works it out, from the stored columns alone; what is no JSON was never ours."""
    content = [row[name] for name in ("seq", "at", "run", "event", "stage", "ordinal", "who", "detail")]
    return sha256(f"{before}\n{json.dumps(content, ensure_ascii=False, default=str)}".encode()).hexdigest()


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _said(error: Exception) -> str:
    return str(error.orig if isinstance(error, exc.DBAPIError) else error)


def _run_id(number: int) -> str:
    return f"run-{number}"


def _line_of(row: dict[str, Any]) -> Line:
    return Line(**{**row, "event": Event(row["event"]), "detail": json.loads(row["detail"])})


def _request(row: Row[Any]) -> Request:
    found = row._asdict()
    return Request(**{**found, "kind": RequestKind(found["kind"]), "outcome": found["outcome"] or ""})
