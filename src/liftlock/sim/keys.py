"""Simulated key sets and what rotates them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from liftlock.ports.keys import Rotation
from liftlock.sim.cloud import Life

_REPOSITORIES = ("/etc/keystone/credential-keys", "/etc/keystone/fernet-keys")


class SimKeys:
    """Keeps the `Keys` port; keys are files of the simulated host."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def sets(self, host: str) -> Mapping[str, str]:
        """By the files below each repository."""
        return key_sets(self._life.reach(host).files)

    def rotations(self, host: str) -> tuple[Rotation, ...]:
        """What a test or a study put there."""
        return tuple(Rotation(name, mark) for name, mark in self._life.reach(host).rotations.items())

    def freeze(self, host: str, mark: str) -> None:
        """One change, unless nothing goes on there."""
        here = self._life.reach(host)
        going = [name for name, frozen_by in here.rotations.items() if not frozen_by]
        if going:
            with self._life.change(f"freeze key rotation on {host}"):
                here.rotations.update(dict.fromkeys(going, mark))

    def thaw(self, host: str, mark: str) -> None:
        """One change, unless nothing of this mark is frozen there."""
        here = self._life.reach(host)
        ours = [name for name, frozen_by in here.rotations.items() if frozen_by == mark]
        if ours:
            with self._life.change(f"let key rotation go on on {host}"):
                here.rotations.update(dict.fromkeys(ours, ""))


def key_sets(files: Mapping[str, str]) -> dict[str, str]:
    """Repository -> number of keys, and a hash over them."""
    found = {}
    for folder in _REPOSITORIES:
        keys = sorted((p, t) for p, t in files.items() if p.startswith(f"{folder}/"))
        if keys:
            found[folder] = f"{len(keys)} keys, {hashlib.sha256(repr(keys).encode()).hexdigest()[:16]}"
    return found
