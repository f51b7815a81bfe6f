"""Configuration as files in directories of the host, `/etc/nova` and the like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any

from liftlock import ini
from liftlock.drivers.on_host import ask
from liftlock.errors import StepFailed
from liftlock.knowledge.hop import Edit, Move
from liftlock.ports.shell import Shell

_INCOMING = "/var/tmp/liftlock"  # noqa: S108  root's own folder on a host's disk, made with mode 0700
_PATIENCE_S = 300.0


class ConfigurationFiles:
    """Keeps the `Configuration` port; backups lie in `<backups>/<backup>/configuration/<host>.*` on this machine.

    The `.json` beside an archive is written last: an archive without it does not count.
    """

    def __init__(self, shell: Shell, backups: Path) -> None:
        self._shell = shell
        self._backups = backups

    def hashes(self, host: str, directories: Sequence[str]) -> Mapping[str, str]:
        """One round trip."""
        found: Mapping[str, str] = self._ask(host, verb="hashes", directories=list(directories))
        return found

    def value(self, host: str, path: str, section: str, option: str) -> str | None:
        """The last setting counts, as oslo.config has it."""
        file = self._ask(host, verb="read", path=path)
        return ini.value(file["text"], section, option) if file else None

    def texts(self, host: str, directories: Sequence[str]) -> Mapping[str, str]:
        """One round trip; what is longer than a mebibyte is no configuration."""
        found: Mapping[str, str] = self._ask(host, verb="texts", directories=list(directories))
        return found

    def edit(self, host: str, edits: Sequence[Edit | Move]) -> None:
        """File by file; one that would not change is not written."""
        for path in dict.fromkeys(edit.path for edit in edits):
            mine = [edit for edit in edits if edit.path == path]
            file = self._ask(host, verb="read", path=path)
            if not file:
                if all(isinstance(edit, Edit) and edit.value is None for edit in mine):
                    continue
                raise StepFailed(
                    f"{host} has no file {path}",
                    now=f"{path} was to be changed on {host}; files named before it in the step are changed already",
                    hint=f"see where {host} keeps that configuration, then `liftlock resume` or `liftlock abort`",
                )
            text = file["text"]
            for edit in mine:
                text = edit.applied(text)
            if text != file["text"]:
                content = text.encode(errors="surrogateescape")
                self._shell.write(host, file["path"], content, mode=file["mode"], owner=file["owner"])

    def save(self, host: str, directories: Sequence[str], backup: str) -> None:
        """Pack on the host, fetch, check, then say so."""
        archive, manifest = self._places(host, backup)
        away = f"{_INCOMING}/{backup}-configuration.tar.gz"
        packed = self._ask(host, verb="pack", directories=list(directories), archive=away)
        archive.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._shell.fetch(host, away, archive)
        archive.chmod(0o600)
        self._shell.run(host, ["rm", "-f", away])
        if _sha256(archive) != packed["sha256"]:
            raise StepFailed(
                f"{host}: the copy of its configuration did not arrive whole",
                now=f"{host} is as it was; the backup {backup} lacks its configuration",
                hint="`liftlock resume` tries again",
            )
        fresh = manifest.with_suffix(".new")
        fresh.write_text(json.dumps(packed, indent=1))
        fresh.replace(manifest)

    def saved(self, host: str, backup: str) -> Mapping[str, str]:
        """What the `.json` says, if the archive is what it says it is."""
        archive, manifest = self._places(host, backup)
        if not manifest.is_file() or not archive.is_file():
            return {}
        packed = json.loads(manifest.read_text())
        found: Mapping[str, str] = packed["hashes"]
        return found if _sha256(archive) == packed["sha256"] else {}

    def put_back(self, host: str, backup: str) -> None:
        """Send, unpack, compare."""
        wanted = self.saved(host, backup)
        if not wanted:
            raise StepFailed(
                f"the backup {backup} holds no whole copy of {host}'s configuration",
                now=f"{host} is as it was",
                hint=f"see {self._backups / backup}, or name another backup",
            )
        away = f"{_INCOMING}/{backup}-configuration.tar.gz"
        self._shell.run(host, ["install", "-d", "-m", "0700", _INCOMING])
        self._shell.send(host, self._places(host, backup)[0], away)
        self._ask(host, verb="unpack", archive=away)
        now = self.hashes(host, list(wanted))
        if now != wanted:
            different = ", ".join(d for d in wanted if now.get(d) != wanted[d])
            raise StepFailed(
                f"{host}: {different} did not become what it was",
                now=f"the other directories of {host} are those of the backup {backup}",
                hint=f"see who else writes to {different} on {host}, then `liftlock resume`",
            )

    def _places(self, host: str, backup: str) -> tuple[Path, Path]:
        folder = self._backups / backup / "configuration"
        return folder / f"{host}.tar.gz", folder / f"{host}.json"

    def _ask(self, host: str, **wish: Any) -> Any:
        return ask(self._shell, host, "tree", wish, parts=("trees",), timeout_s=_PATIENCE_S)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
