"""Released files of the package index, by way of the cache."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from liftlock.drivers.artefacts.archives import texts
from liftlock.drivers.artefacts.cache import Cache, cache_folder, sha256_of
from liftlock.drivers.artefacts.index import Listed, PackageIndex
from liftlock.errors import Refused, Unreachable
from liftlock.knowledge.artefact import Artefact, Kind

_FINAL = re.compile(r"\d+(\.\d+)+")


class ReleasedArtefacts:
    """Keeps the `Artefacts` port; `offline` never asks the index, `tell` hears of every file that is fetched."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        offline: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._cache = Cache(folder or cache_folder())
        self._index = PackageIndex()
        self._offline = offline
        self._tell = tell
        self._asked: set[str] = set()

    def versions(self, package: str) -> tuple[str, ...]:
        """As the index lists them now; offline as it last did."""
        listing = self._cache.listing(package) or () if self._offline else self._ask(package)
        found = {listed.version for listed in listing if _FINAL.fullmatch(listed.version)}
        return tuple(sorted(found, key=lambda version: [int(n) for n in version.split(".")]))

    def find(self, package: str, version: str, kind: Kind) -> Artefact | None:
        """As it was listed once; the index is asked when it is not listed yet."""
        known = self._cache.listing(package)
        found = _chosen(package, version, kind, known or ())
        if found is None and self._offline and known is None:
            raise Unreachable(
                f"nothing is known about {package}, and the index may not be asked",
                hint="the same command without `--offline`, once, where the index can be reached",
            )
        if found is None and not self._offline:
            found = _chosen(package, version, kind, self._ask(package))
        return found

    def texts(self, artefact: Artefact, wanted: Callable[[str], bool]) -> Mapping[str, str]:
        """From the file in the cache, which is fetched when it is not there."""
        path = self._cache.file(artefact)
        if not path.is_file():
            self._fetch(artefact, path)
        found = sha256_of(path)
        if found != artefact.sha256:
            raise Refused(
                f"{artefact.filename} in the cache was changed: its SHA-256 is {found},"
                f" recorded was {artefact.sha256}",
                now="nothing of the file was used, nothing was changed",
                hint=f"find out who changed {path}; when it is removed, the file is fetched again",
            )
        return texts(path, artefact.kind, wanted)

    def recall(self, artefact: Artefact, name: str) -> str | None:
        """From the cache."""
        return self._cache.reading(artefact, name)

    def keep(self, artefact: Artefact, name: str, text: str) -> None:
        """Into the cache."""
        self._cache.keep_reading(artefact, name, text)

    def _ask(self, package: str) -> tuple[Listed, ...]:
        """What the index lists, asked once by this process, and kept."""
        known = self._cache.listing(package) or ()
        if package in self._asked:
            return known
        listing = self._index.listing(package)
        before = {listed.filename: listed.sha256 for listed in known}
        for listed in listing:
            if before.get(listed.filename, listed.sha256) != listed.sha256:
                raise Refused(
                    f"{listed.filename} is another file than it was: the index lists SHA-256 {listed.sha256},"
                    f" recorded was {before[listed.filename]}",
                    now="nothing was fetched, nothing was changed",
                    hint="a released file never changes: ask those who keep the index what happened to it",
                )
        self._cache.keep_listing(package, listing)
        self._asked.add(package)
        return listing

    def _fetch(self, artefact: Artefact, path: Path) -> None:
        if self._offline:
            raise Unreachable(
                f"{artefact.filename} is not in the cache, and the index may not be asked",
                hint="the same command without `--offline`, once, where the index can be reached",
            )
        self._tell(f"fetching {artefact.filename}")
        with self._cache.fresh(path) as unfinished:
            self._index.fetch(artefact.package, artefact.filename, unfinished)
            found = sha256_of(unfinished)
            if found != artefact.sha256:
                raise Refused(
                    f"{artefact.filename} is not what it should be: the index sent SHA-256 {found},"
                    f" recorded was {artefact.sha256}",
                    now="what was sent was thrown away, nothing was changed",
                    hint="try again; if it stays so, ask those who keep the index what happened to the file",
                )


def _chosen(package: str, version: str, kind: Kind, listing: tuple[Listed, ...]) -> Artefact | None:
    """The file of the version among those listed."""
    for listed in listing:
        if (listed.version, listed.kind) == (version, kind):
            return Artefact(package, version, kind, listed.filename, listed.sha256)
    return None
