"""What the target release's own programs say about a cloud: frozen values of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass

FINE, WARNING, FAILURE = 0, 1, 2
"""Codes of one result, and of the whole where there is no error (oslo.upgradecheck 2.8, `Code`)."""


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """One thing that a service's upgrade check looked at."""

    name: str
    """As upstream calls it: `Policy File JSON to YAML Migration`."""
    code: int
    """`FINE`, `WARNING` or `FAILURE`."""
    details: str = ""
    """What it says about it, as one line; empty where it says nothing."""


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
