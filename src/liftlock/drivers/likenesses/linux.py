"""Linux hosts with systemd: collected on one, rewritten here in memory, put in place on the other."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from liftlock import ini
from liftlock.drivers.on_host import ask
from liftlock.drivers.on_host.words import replaced
from liftlock.errors import StepFailed
from liftlock.ports.likeness import Mention, Substitution
from liftlock.ports.shell import Shell

_PATIENCE_S = 300.0
_LOOKS = ("trees", "words")
_PUTS = ("trees", "words", "likeness", "tree")
_KINDS = ("trees", "singles", "others", "state")


class LinuxLikeness:
    """Keeps the `Likeness` port; secrets pass through this machine's memory and never touch its disk.

    Copied are: accounts of the units and of whoever owns the directories (same numbers), unit files with the
    operator's additions and environment files, the directories, single files outside of them that they mention
    (certificates), trusted authorities, rules for `sudo` and temporary files that name the accounts; made empty:
    the directories these accounts write to. What the new host's image brought itself is left alone, and so are folders
    that hosts share: the new host must have them mounted.
    """

    def __init__(self, shell: Shell, root: str = "/opt/openstack") -> None:
        self._shell = shell
        self._root = root

    def mentions(
        self, source: str, directories: Sequence[str], words: Mapping[str, str]
    ) -> tuple[Mention, ...]:
        """One round trip; secrets are blotted out before the lines leave the host."""
        wish = {"verb": "mentions", "directories": list(directories), "words": dict(words)}
        found = ask(self._shell, source, "likeness", wish, parts=_LOOKS, timeout_s=_PATIENCE_S)
        return tuple(Mention(*line) for line in found)

    def alike(self, source: str, target: str, parts: Sequence[str], directories: Sequence[str]) -> bool:
        """Whether the target's note speaks of the source as it is now."""
        note = ask(self._shell, target, "likeness", {"verb": "remembered"}, parts=_LOOKS)
        if not note or note["source"] != source:
            return False
        now = self._collected(source, parts, directories, contents=False)
        return bool(note["fingerprint"] == now["fingerprint"])

    def copy(  # noqa: PLR0917  the port's arguments
        self,
        source: str,
        target: str,
        parts: Sequence[str],
        directories: Sequence[str],
        words: Mapping[str, str],
        substitutions: Sequence[Substitution],
    ) -> None:
        """Two round trips: all from the source, all to the target, where it is compared before it is noted.

        Raises `StepFailed` if the target cannot be made so: an account's number is taken, a shared folder is not
        mounted, a substitution does not find what it should replace.
        """
        found = self._collected(source, parts, directories, contents=True)
        for kind in _KINDS:
            found[kind] = [_rewritten(entry, words) for entry in found[kind]]
        _substitute(found, source, words, substitutions)
        memory = {"source": source, "fingerprint": found.pop("fingerprint"), "words": dict(words)}
        wish = {
            "found": found,
            "directories": [_in_text(directory, words) for directory in directories],
            "parts": list(parts),
            "memory": memory,
        }
        ask(self._shell, target, "liken", wish, parts=_PUTS, timeout_s=_PATIENCE_S)

    def _collected(
        self, source: str, parts: Sequence[str], directories: Sequence[str], *, contents: bool
    ) -> dict[str, Any]:
        wish = {
            "verb": "collect",
            "parts": list(parts),
            "directories": list(directories),
            "root": self._root,
            "contents": contents,
        }
        found: dict[str, Any] = ask(
            self._shell, source, "likeness", wish, parts=_LOOKS, timeout_s=_PATIENCE_S
        )
        return found


def _in_text(text: str, words: Mapping[str, str]) -> str:
    return replaced(text.encode(), words).decode()


def _rewritten(entry: dict[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """The entry with words replaced in its name, in what it links to and in its text."""
    new = {**entry, "path": _in_text(entry["path"], words)}
    if "link" in entry:
        new["link"] = _in_text(entry["link"], words)
    if "content" in entry:
        new.update(_with_content(replaced(base64.b64decode(entry["content"]), words)))
    return new


def _with_content(content: bytes) -> dict[str, str]:
    return {"content": base64.b64encode(content).decode(), "sha256": hashlib.sha256(content).hexdigest()}


def _substitute(
    found: dict[str, Any], source: str, words: Mapping[str, str], substitutions: Sequence[Substitution]
) -> None:
    """Apply the substitutions to the collected files; nothing was sent to the target yet."""
    files = {entry["path"]: entry for kind in _KINDS for entry in found[kind] if entry["kind"] == "file"}
    for wanted in substitutions:
        entry = files.get(_in_text(wanted.path, words))
        text = base64.b64decode(entry["content"]).decode(errors="surrogateescape") if entry else ""
        value = ini.value(text, wanted.section, wanted.option)
        if entry is None or value is None or not re.search(wanted.pattern, value):
            where = f"{wanted.path}: [{wanted.section}] {wanted.option}"
            has = f"the file is not among what {source} uses" if entry is None else "it is not set"
            raise StepFailed(
                f"{where} on {source}: {has if value is None else f'nothing in it matches `{wanted.pattern}`'}",
                now=f"the new host was not touched; the option was to be changed because {wanted.because}",
                hint=f"see {wanted.path} on {source}; if it is right as it is, make the plan anew",
            )
        changed = re.sub(wanted.pattern, wanted.replacement, value)
        new = ini.edited(text, wanted.section, wanted.option, changed)
        entry.update(_with_content(new.encode(errors="surrogateescape")))
