"""What the target release's own programs say about a cloud: frozen values of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FINE, WARNING, FAILURE = 0, 1, 2
"""Codes of one result, and of the whole where there is no error (oslo.upgradecheck 2.8, `Code`)."""
JUDGED_BY = "upgrade_check_warns"
"""Name of the check under which a risk that an answer tells is accepted."""


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """One thing that a service's upgrade check looked at."""

    name: str
    """As upstream calls it: `Policy File JSON to YAML Migration`."""
    code: int
    """`FINE`, `WARNING` or `FAILURE`."""
    details: str = ""
    """What it says about it, as one line; empty where it says nothing."""

    def __str__(self) -> str:
        return f"{self.name}: {self.details.rstrip('.') or 'no details were given'}"


@dataclass(frozen=True, slots=True)
class UpgradeAnswer:
    """How `<service>-status upgrade check` ended on a control host, with the cloud's own configuration."""

    service: str
    host: str
    version: str
    """Of the service whose code answered, `33.0.2`; empty where that could not be told."""
    code: int
    """Of the program: the worst result's, 255 for an error, -1 if it was not there or did not end."""
    results: tuple[UpgradeResult, ...] = ()
    said: str = ""
    """Its last words, where it printed no table."""

    @property
    def failures(self) -> tuple[UpgradeResult, ...]:
        """What forbids the upgrade."""
        return tuple(r for r in self.results if r.code >= FAILURE)

    @property
    def lacks(self) -> str:
        """Why there is no answer to judge; empty where there is one."""
        return "" if self.results else f"gave no answer: {self.said or 'it printed nothing'}"

    def about(self, result: UpgradeResult) -> str:
        """What a finding about a result is named after, so that each can be accepted alone."""
        return f"{self.service}/{result.name.replace(' ', '-')}"

    def risks(self) -> Iterator[tuple[str, str]]:
        """(name, words) of everything that somebody may accept: what warns, and an answer that is missing."""
        if self.lacks:
            yield f"{JUDGED_BY}:{self.service}", self.lacks
        yield from ((f"{JUDGED_BY}:{self.about(r)}", str(r)) for r in self.results if r.code == WARNING)
