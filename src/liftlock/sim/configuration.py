"""Simulated configuration files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock import ini
from liftlock.errors import StepFailed
from liftlock.knowledge.hop import Edit, Move
from liftlock.sim.cloud import Life, hash_of
from liftlock.sim.hosts import directory_hash
from liftlock.sim.world import SimBackup


class SimConfiguration:
    """Keeps the `Configuration` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def hashes(self, host: str, directories: Sequence[str]) -> Mapping[str, str]:
        """Directory -> hash; a missing one is left out."""
        here = self._life.reach(host)
        found = {directory: directory_hash(here, directory) for directory in directories}
        return {directory: content for directory, content in found.items() if content}

    def value(self, host: str, path: str, section: str, option: str) -> str | None:
        """What the option is set to, or None."""
        text = self._life.reach(host).files.get(path)
        return None if text is None else ini.value(text, section, option)

    def texts(self, host: str, directories: Sequence[str]) -> Mapping[str, str]:
        """Path -> text."""
        files = self._life.reach(host).files
        return {p: t for p, t in files.items() if any(p.startswith(f"{d}/") for d in directories)}

    def edit(self, host: str, edits: Sequence[Edit | Move]) -> None:
        """Apply all edits, file by file."""
        here = self._life.reach(host)
        for path in dict.fromkeys(edit.path for edit in edits):
            if path not in here.files:
                raise StepFailed(f"{host} has no file {path}", hint="`liftlock assess` shows what is there")
            text = here.files[path]
            for edit in edits:
                if edit.path == path:
                    text = edit.applied(text)
            if text != here.files[path]:
                with self._life.change(f"edit {path} on {host}"):
                    here.files[path] = text

    def save(self, host: str, directories: Sequence[str], backup: str) -> None:
        """Keep a copy in the backup."""
        here = self._life.reach(host)
        wanted = tuple(directories)
        with self._life.change(f"save configuration of {host} in {backup}"):
            kept = {p: t for p, t in here.files.items() if any(p.startswith(f"{d}/") for d in wanted)}
            self._life.cloud.backups.setdefault(backup, SimBackup()).files[host] = (wanted, kept)

    def saved(self, host: str, backup: str) -> Mapping[str, str]:
        """Directory -> hash at the time it was saved."""
        self._life.check()
        here = self._life.cloud.hosts[host]
        directories, files = self._kept(host, backup)
        found = {}
        for directory in directories:
            content = hash_of(files, directory)
            invented, recorded = here.recorded.get(directory, ("", ""))
            if content:
                found[directory] = recorded if recorded and content == invented else content
        return found

    def put_back(self, host: str, backup: str) -> None:
        """Make the saved directories what they were."""
        here = self._life.reach(host)
        directories, files = self._kept(host, backup)
        if not directories:
            raise StepFailed(
                f"the backup {backup} holds no configuration of {host}", hint="name another backup"
            )
        others = {p: t for p, t in here.files.items() if not any(p.startswith(f"{d}/") for d in directories)}
        if here.files != {**others, **files}:
            with self._life.change(f"put back configuration of {host} from {backup}"):
                here.files = {**others, **files}

    def _kept(self, host: str, backup: str) -> tuple[tuple[str, ...], dict[str, str]]:
        return self._life.cloud.backups.get(backup, SimBackup()).files.get(host, ((), {}))
