"""Runs of the prober against the lying cloud, and what they left on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from liftlock.probes.clouds_file import Credentials
from liftlock.probes.ledger import Finding, Life, Stage, read_ledger
from liftlock.probes.log import Entry, entries_of
from liftlock.probes.run import LEDGER, REQUESTS, Prober, Settings
from liftlock.probes.summary import Numbers
from liftlock.probes.writes import Patience
from tests.contract.probes.lying_cloud import SECRET, Cloud


@dataclass(frozen=True)
class Outcome:
    """What a run left on disk."""

    numbers: Numbers
    entries: list[Entry]
    lives: list[Life]
    findings: list[Finding]

    @property
    def told(self) -> set[tuple[str, str, str]]:
        """Every sort of failure: service, verb, first word of the reason."""
        return {(e.service, e.verb, e.outcome.partition(":")[0]) for e in self.entries if e.failed}

    @property
    def found(self) -> set[tuple[str, str]]:
        """What the ledger tells: what, kind."""
        return {(finding.what, finding.kind) for finding in self.findings}

    def failures(self) -> list[Entry]:
        """The failed requests."""
        return [entry for entry in self.entries if entry.failed]


class Probing:
    """Runs probers against one cloud, fast and quiet unless told otherwise."""

    def __init__(self, cloud: Cloud, out: Path, cacert: str = "") -> None:
        self.cloud = cloud
        self.out = out
        self.credentials = Credentials(
            cloud="lying",
            auth_url=f"{cloud.url('keystone')}/v3",
            username="demo",
            password=SECRET,
            user_domain={"id": "default"},
            project={"name": "demo", "domain": {"id": "default"}},
            region="one",
            cacert=cacert,
        )
        self.settings = Settings(
            out=out,
            seconds=0.5,
            rate=120.0,
            pause_s=0.06,
            timeout_s=10.0,
            patience=Patience(deadline_s=1.0, poll_s=0.03, linger_s=0.05, finish_s=5.0),
            dashboard=f"{cloud.url('horizon')}/dashboard",
        )

    def prober(self, **settings: Any) -> Prober:
        """A prober that has not begun."""
        return Prober(self.credentials, replace(self.settings, **settings))

    def reads(self, **settings: Any) -> Outcome:
        """A whole run that only reads."""
        return self.run(writes=(), **settings)

    def run(self, **settings: Any) -> Outcome:
        """A whole run."""
        return self.outcome(self.prober(**settings).run())

    def run_while(self, prober: Prober, act: Callable[[], None]) -> Outcome:
        """A run during which `act` happens, stopped when it is over."""
        numbers: list[Numbers] = []
        thread = threading.Thread(target=lambda: numbers.append(prober.run()))
        thread.start()
        try:
            act()
        finally:
            prober.stop.set()
            thread.join(60)
        assert numbers, "the prober did not end, or failed"
        return self.outcome(numbers[0])

    def outcome(self, numbers: Numbers) -> Outcome:
        """What is on disk now."""
        entries, cut = entries_of((self.out / REQUESTS).read_text())
        assert cut == 0
        lives, findings = read_ledger((self.out / LEDGER).read_text())
        return Outcome(numbers, entries, list(lives.values()), findings)

    def logged(self) -> list[Entry]:
        """The requests that are in the log now."""
        path = self.out / REQUESTS
        return entries_of(path.read_text())[0] if path.exists() else []

    def live(self, *stages: Stage) -> list[Life]:
        """The objects that are at one of these stages now."""
        path = self.out / LEDGER
        lives = read_ledger(path.read_text())[0] if path.exists() else {}
        return [life for life in lives.values() if life.stage in stages]
