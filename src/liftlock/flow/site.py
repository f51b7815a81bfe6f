"""A cloud file together with the hands that reach its cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liftlock.cloud.file import CloudFile
from liftlock.errors import BadInput
from liftlock.ports.hands import Hands


@dataclass(frozen=True, slots=True)
class Site:
    """What a verb that touches the cloud works with."""

    file: CloudFile
    hands: Hands


def journal_file(file: CloudFile) -> Path:
    """Where the cloud's journal lies."""
    return file.state / "journal.db"


def backup_folder(file: CloudFile) -> Path:
    """Where the cloud's backups lie."""
    return file.state / "backups"


def losses_folder(file: CloudFile) -> Path:
    """Where lists of what a restore loses are kept."""
    return file.state / "losses"


def nothing_run() -> BadInput:
    """The error for verbs that look back when there is nothing to look back on."""
    return BadInput(
        "nothing was run on this cloud yet", hint="make a plan: `liftlock plan --to SERIES -o plan.json`"
    )
