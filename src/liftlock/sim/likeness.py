"""Simulated hosts made like others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

from liftlock import ini
from liftlock.errors import StepFailed
from liftlock.ports.likeness import Mention, Substitution
from liftlock.sim.cloud import Life
from liftlock.sim.world import SimHost, SimUnit

_COPY_S = 0.7  # docs/measured.md: seven services' configuration


class SimLikeness:
    """Keeps the `Likeness` port; a simulated host has units and files, but no accounts."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def mentions(
        self, source: str, directories: Sequence[str], words: Mapping[str, str]
    ) -> tuple[Mention, ...]:
        """Lines in which a word stands; a line with a password is blotted out altogether."""
        files = _below(self._life.reach(source), directories)
        return tuple(_mentions(files, words))

    def alike(self, source: str, target: str, parts: Sequence[str], directories: Sequence[str]) -> bool:
        """Whether the target remembers the source as it is now."""
        here = self._life.reach(source)
        return self._life.reach(target).like == (source, _hash(here, parts, directories))

    def copy(  # noqa: PLR0917  the port's arguments
        self,
        source: str,
        target: str,
        parts: Sequence[str],
        directories: Sequence[str],
        words: Mapping[str, str],
        substitutions: Sequence[Substitution],
    ) -> None:
        """Files with words and substitutions, and units that neither run nor start at boot."""
        here, there = self._life.reach(source), self._life.reach(target)
        for part in parts:
            if part not in here.units:
                raise StepFailed(
                    f"{source}: the unit {part}.service is no file of this host", hint="see its units"
                )
        files = {_said(p, words): _said(t, words) for p, t in _below(here, directories).items()}
        for wanted in substitutions:
            path = _said(wanted.path, words)
            files[path] = _substituted(files.get(path, ""), wanted, source)
        with self._life.change(f"make {target} like {source}"):
            kept = {p: t for p, t in there.files.items() if not p.startswith(_inside(directories))}
            there.files = {**kept, **files}
            for part in parts:
                there.units.setdefault(part, SimUnit(active=False, enabled=False))
            there.like = (source, _hash(here, parts, directories))
        self._life.cloud.clock.sleep(_COPY_S)


def _inside(directories: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{directory}/" for directory in directories)


def _below(host: SimHost, directories: Sequence[str]) -> dict[str, str]:
    return {p: t for p, t in sorted(host.files.items()) if p.startswith(_inside(directories))}


def _hash(host: SimHost, parts: Sequence[str], directories: Sequence[str]) -> str:
    told = repr((sorted(parts), sorted(directories), _below(host, directories)))
    return hashlib.sha256(told.encode()).hexdigest()


def _finder(words: Mapping[str, str]) -> re.Pattern[str]:
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, longest))})(?![\w-]|\.\d)")


def _said(text: str, words: Mapping[str, str]) -> str:
    return _finder(words).sub(lambda found: words[found.group()], text) if words else text


def _mentions(files: Mapping[str, str], words: Mapping[str, str]) -> Iterator[Mention]:
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), start=1):
            if (after := _said(line, words)) != line:
                secret = re.search(r"password|secret|://[^\s@]*:[^\s@]*@", line)
                shown = re.split(r"[=:]", line)[0] + "= …"
                yield Mention(path, number, *((shown, shown) if secret else (line, after)))


def _substituted(text: str, wanted: Substitution, source: str) -> str:
    value = ini.value(text, wanted.section, wanted.option)
    if value is None or not re.search(wanted.pattern, value):
        raise StepFailed(
            f"{wanted.path}: [{wanted.section}] {wanted.option} on {source} holds nothing that matches "
            f"`{wanted.pattern}`",
            now="the new host was not touched",
            hint=f"see {wanted.path} on {source}",
        )
    return ini.edited(text, wanted.section, wanted.option, re.sub(wanted.pattern, wanted.replacement, value))
