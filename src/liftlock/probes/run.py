"""The whole run: sign in, clear leftovers, furnish, read and write under pressure, check, clear, sum up."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from liftlock.errors import BadInput
from liftlock.probes.caller import Caller
from liftlock.probes.checking import check_all, unfinished
from liftlock.probes.clearing import RUN_ID, Clearing
from liftlock.probes.clouds_file import Credentials
from liftlock.probes.fixtures import furnish, witness
from liftlock.probes.identity import Identity
from liftlock.probes.judge import verdict
from liftlock.probes.kinds import KINDS, WRITTEN, Kind, kinds
from liftlock.probes.ledger import OPEN, Ledger, Life, Stage, count
from liftlock.probes.log import RequestLog, entries_of
from liftlock.probes.pace import Crew, Stop, Worker, ticks
from liftlock.probes.reads import Reading, Reads, sign_in_page
from liftlock.probes.summary import Numbers, summarize
from liftlock.probes.wire import Client, Request
from liftlock.probes.writes import Chain, Names, Patience

REQUESTS, LEDGER, SUMMARY, SETTINGS = "requests.jsonl", "ledger.jsonl", "summary.json", "settings.json"
"""The files of a run, in its directory."""

SERVERS_AT_MOST = 2
"""Alive at any time, kept one included."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told."""

    out: Path
    seconds: float | None = None
    """How long to probe; none: until a signal."""
    rate: float = 8.0
    """Reads per second; writes come on top."""
    writes: tuple[str, ...] = WRITTEN
    """Kinds that are made and deleted; none: only reads."""
    keep: int = 1
    """How many objects of each kind (of servers one at most) live through the whole run."""
    leave: bool = False
    """Whether the kept ones stay when the run ends, for a later `check-ledger`."""
    pause_s: float = 8.0
    """Between one life and the next of the same kind."""
    timeout_s: float = 30.0
    patience: Patience = field(default_factory=Patience)
    wanted: tuple[tuple[str, str], ...] = (
        ("image", "probe-image"),
        ("flavor", "probe-flavor"),
        ("network", "probe-net"),
    )
    """Names of what servers are made of; made, and cleared away, if there is none."""
    dashboard: str = ""
    """Horizon's address; empty: look beside keystone; `none`: there is none."""
    witnesses: bool = True
    """Whether what tenants have at the start must be there, unchanged, all the time."""
    leftovers_older_s: float = 7200.0
    """Age of a prober from which on what it left is cleared away, in seconds."""


class Prober:
    """One run in one directory."""

    def __init__(self, credentials: Credentials, settings: Settings) -> None:
        settings.out.mkdir(parents=True, exist_ok=True)
        if (settings.out / REQUESTS).exists():
            raise BadInput(
                f"{settings.out} already has the log of a run", hint="choose another directory with --out"
            )
        self.settings = settings
        self.stop = Stop()
        self.run_id = f"{datetime.now(UTC).strftime(RUN_ID)}-{secrets.token_hex(2)}"
        self.names = Names(self.run_id)
        self.credentials = credentials
        self.tls = credentials.tls()
        self.identity = Identity(credentials)
        self.log = RequestLog(settings.out / REQUESTS)
        self.ledger = Ledger(settings.out / LEDGER)
        self.front = self.caller("setup")
        """The client for what comes before and after the pressure."""
        self._fault: Exception | None = None

    def run(self) -> Numbers:
        """Probe until told to stop, leave nothing behind, and return the summary (also written)."""
        self.identity.sign_in(self.front.ask)
        self._find_dashboard()
        missing = self._not_probed()
        ended = threading.Event()
        keeper = threading.Thread(
            target=self.identity.keep_fresh, args=(self.caller("run").ask, ended), daemon=True
        )
        keeper.start()
        try:
            with self._begun() as written:
                self._press(written)
                self.front.phase = "check"
                check_all(self.front, self.ledger)
        finally:
            ended.set()
            self.log.close()
            self.ledger.close()
        return self._sum_up(missing)

    def caller(self, phase: str, *, keep: bool = True) -> Caller:
        """A new client."""
        wire = Client(keep=keep, tls=self.tls, timeout_s=self.settings.timeout_s)
        return Caller(wire, self.identity, self.log, phase)

    def _chain(self, caller: Caller) -> Chain:
        return Chain(
            caller, self.ledger, patience=self.settings.patience, stop=self.stop, names=self.names, refs={}
        )

    def _clearing(self, caller: Caller) -> Clearing:
        return Clearing(caller, self.ledger, self.settings.patience, self.identity.me.project_id)

    @contextmanager
    def _begun(self) -> Iterator[list[tuple[Kind, Chain]]]:
        """The kinds to write, each with its chain; what was made is cleared away at the end."""
        settings, me = self.settings, self.identity.me
        try:
            self._clear_leftovers()
            if settings.witnesses:
                witness(self.front, self.ledger, me, self.identity.services)
            chain = self._chain(self.front)
            if settings.writes:
                wanted = {
                    n: title for n, title in settings.wanted if KINDS[n].service in self.identity.services
                }
                furnish(self.front, chain, self.ledger, me, wanted)
            yield [
                (kind, self._writer(chain, number)) for number, kind in enumerate(self._written(chain.refs))
            ]
        finally:
            self._clear()

    def _writer(self, furnished: Chain, number: int) -> Chain:
        chain = self._chain(self.caller("run", keep=number % 2 == 0))
        chain.refs.update(furnished.refs)
        return chain

    def _written(self, refs: Mapping[str, str]) -> tuple[Kind, ...]:
        bootable = {"image", "flavor", "network"} <= refs.keys()
        return tuple(
            kind
            for kind in kinds(self.settings.writes)
            if self._may_write(kind) and (kind.name != "server" or bootable)
        )

    def _may_write(self, kind: Kind) -> bool:
        return kind.service in self.identity.services and (not kind.admin or self.identity.me.is_admin)

    def _makeable(self) -> list[Kind]:
        return [kind for kind in KINDS.values() if kind.body and self._may_write(kind)]

    def _clear_leftovers(self) -> None:
        clearing = self._clearing(self.front)
        clearing.clear(clearing.leftovers(self._makeable(), self.settings.leftovers_older_s))

    def _press(self, written: list[tuple[Kind, Chain]]) -> None:
        """Read and write until it is time to stop, then let what has begun finish."""
        writers = [
            threading.Thread(target=self._write, args=(kind, chain), daemon=True) for kind, chain in written
        ]
        for writer in writers:
            writer.start()
        self._read()
        patience = self.settings.patience
        end = time.monotonic() + patience.finish_s + patience.poll_s + 2 * self.settings.timeout_s
        for writer in writers:
            writer.join(max(0.0, end - time.monotonic()))
        if self._fault:
            raise self._fault

    def _read(self) -> None:
        reads, crew = Reads(self.identity, self.ledger), Crew()
        clients: dict[Worker, Caller] = {}
        begun = time.monotonic()
        for number, due in enumerate(ticks(self.settings.rate, self.stop)):
            if self.settings.seconds is not None and due - begun >= self.settings.seconds:
                self.stop.set()
                break
            keeper, reading = reads.turn(number)
            crew.give(keeper, due, self._job(reading, clients))
            self._fault = self._fault or crew.fault
            if self._fault:
                self.stop.set()
        crew.dismiss(self.settings.timeout_s + 5)
        self._fault = self._fault or crew.fault

    def _job(self, reading: Reading, clients: dict[Worker, Caller]) -> Callable[[Worker, float], None]:
        def job(worker: Worker, late_ms: float) -> None:
            if worker not in clients:
                clients[worker] = self.caller("run", keep=worker.keeper)
            reading.turn(clients[worker], late_ms)

        return job

    def _write(self, kind: Kind, chain: Chain) -> None:
        """Live one life of `kind` after the other until it is time to stop."""
        try:
            self._write_on(kind, chain)
        except Exception as error:
            self._fault = error

    def _write_on(self, kind: Kind, chain: Chain) -> None:
        # Not all kinds at the same moment: the cloud may be small.
        self.stop.wait(self.settings.pause_s * WRITTEN.index(kind.name) / len(WRITTEN))
        keep = self.settings.keep if kind.name != "server" else min(self.settings.keep, SERVERS_AT_MOST - 1)
        while not self.stop.is_set():
            if wrecks := self._wrecks(kind):
                self._clearing(chain.caller).clear(wrecks, insist=False)
            # As long as one would not go, no more are made: they would fill the quota.
            if not self._wrecks(kind):
                chain.live(kind, keep=len(chain.kept) < keep)
            self.stop.wait(self.settings.pause_s)

    def _wrecks(self, kind: Kind) -> list[Life]:
        """What is left of lives of this kind (and its companions) that went wrong."""
        names = (kind.name, *kind.companions)
        return [life for life in self.ledger.lives(*(OPEN - {Stage.KEPT})) if life.kind in names]

    def _clear(self) -> None:
        """Delete all we made (or all but the kept ones), and what was made twice behind our back."""
        self.front.phase = "clear"
        clearing = self._clearing(self.front)
        stages = OPEN - ({Stage.KEPT} if self.settings.leave else set())
        clearing.clear(self.ledger.lives(*stages))
        if self.settings.writes:
            strays = clearing.strays(self._makeable(), self.names.prefix)
            for life in strays:
                self.ledger.find("made twice", life, "a request was carried out more than once")
            clearing.clear(strays)

    def _find_dashboard(self) -> None:
        """Horizon is in no catalogue: take what we were told, or look where keystone is."""
        told = self.settings.dashboard
        if told == "none":
            return
        host = urlsplit(self.credentials.auth_url).hostname or ""
        host = f"[{host}]" if ":" in host else host
        candidates = (
            [told]
            if told
            else [f"{s}://{host}{p}" for s in ("https", "http") for p in ("", "/horizon", "/dashboard")]
        )
        client = Client(keep=False, tls=self.tls, timeout_s=min(5.0, self.settings.timeout_s))
        for url in candidates:
            ask = sign_in_page()
            if told or verdict(ask, client.send(Request("GET", url.rstrip("/") + ask.path))) == "ok":
                self.identity.place("horizon", url)
                return

    def _not_probed(self) -> list[str]:
        """What this run says nothing about, and why."""
        wanted = ("keystone", "glance", "placement", "nova", "neutron", "cinder", "heat", "horizon")
        missing = [f"{service}: no address" for service in wanted if service not in self.identity.services]
        if not self.identity.me.is_admin:
            missing.append("placement, project writes: our user is no administrator")
        if not self.settings.writes:
            missing.append("writes: switched off")
        return missing

    def _sum_up(self, missing: list[str]) -> Numbers:
        numbers = summary_of(self.settings.out)
        numbers["not_probed"] = missing
        numbers["run_id"] = self.run_id
        (self.settings.out / SUMMARY).write_text(json.dumps(numbers, indent=1) + "\n")
        return numbers


def summary_of(out: Path, since: float = float("-inf"), until: float = float("inf")) -> Numbers:
    """The summary of the run in `out`, of the requests that started in `[since, until)` epoch seconds.

    `writes` counts the ledger, which is always whole: a lost object is lost whenever it was looked for.
    """
    log = out / REQUESTS
    if not log.is_file():
        raise BadInput(f"{out} has no {REQUESTS}", hint="give the directory that `run --out` wrote")
    entries, cut = entries_of(log.read_text(encoding="utf-8"))
    numbers = summarize(entries, since, until)
    numbers["cut_lines"] = cut
    ledger = Ledger(out / LEDGER)
    lives = ledger.lives(*Stage)
    numbers["writes"] = count(lives, ledger.findings)
    numbers["unfinished"] = [f"{life.kind} {life.name} {life.stage}" for life in unfinished(lives)]
    ledger.close()
    return numbers


def check_ledger(credentials: Credentials, out: Path, timeout_s: float = 30.0) -> Numbers:
    """Ask the cloud about every object in the ledger of `out`; what is found is added to the ledger."""
    if not (out / LEDGER).is_file():
        raise BadInput(f"{out} has no {LEDGER}", hint="give the directory that `run --out` wrote")
    ledger, log = Ledger(out / LEDGER), RequestLog(out / REQUESTS)
    identity = Identity(credentials)
    caller = Caller(Client(keep=True, tls=credentials.tls(), timeout_s=timeout_s), identity, log, "check")
    identity.sign_in(caller.ask)
    check_all(caller, ledger)
    numbers = count(ledger.lives(*Stage), ledger.findings)
    numbers["unfinished"] = [
        f"{life.kind} {life.name} {life.stage}" for life in unfinished(ledger.lives(*Stage))
    ]
    log.close()
    ledger.close()
    return numbers
