"""The package index, asked by its simple repository API (PEP 503, 691) where pip would ask it.

The client library takes half a second to load, so it is imported when the index is really asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from liftlock.drivers.pip_settings import pip_settings
from liftlock.errors import Unreachable
from liftlock.knowledge.artefact import Kind

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage
    from requests import Session

_KINDS = {"sdist": Kind.SDIST, "wheel": Kind.WHEEL}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PATIENCE_S = 60.0
"""Without a byte from the index, where pip was told no other time."""
_RETRIES = 3
"""After a connection that was not made, where pip was told no other number."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file as the index lists it."""

    version: str
    kind: Kind
    filename: str
    sha256: str


def _safe(found: DistributionPackage) -> bool:
    """Whether name and hash, which are the index's words, can be names in our cache."""
    return Path(found.filename).name == found.filename and bool(
        _SHA256.fullmatch(found.digests.get("sha256", ""))
    )


class PackageIndex:
    """The indexes of pip's settings: `index-url`, then each `extra-index-url` that is asked over HTTP."""

    def __init__(self) -> None:
        self._settings = pip_settings()

    def listing(self, package: str) -> tuple[Listed, ...]:
        """Every source archive and wheel of the package that has a SHA-256; empty when no index has the name.

        Raises `Unreachable` when an index does not answer.
        """
        return tuple(
            Listed(found.version, _KINDS[found.package_type], found.filename, found.digests["sha256"])
            for found in self._packages(package)
            if found.version and found.package_type in _KINDS and _safe(found)
        )

    def fetch(self, package: str, filename: str, into: Path) -> None:
        """Write the file to `into`; its hash is the caller's to check. Raises `Unreachable` when it cannot be had."""
        from pypi_simple import PyPISimple  # noqa: PLC0415

        for found in self._packages(package):
            if found.filename == filename:
                with self._asking(urlsplit(found.url).hostname or ""), self._session() as session:
                    client = PyPISimple(session=session)
                    client.download_package(found, into, verify=False, timeout=self._patience_s)
                return
        raise Unreachable(
            f"{filename} is no longer on the package index",
            hint="ask the index with `pip download`; a file you have belongs into the cache by hand",
        )

    def _packages(self, package: str) -> Iterator[DistributionPackage]:
        from pypi_simple import NoSuchProjectError, PyPISimple  # noqa: PLC0415

        for address in self._addresses():
            with self._asking(urlsplit(address).hostname or address), self._session() as session:
                try:
                    page = PyPISimple(address, session=session).get_project_page(
                        package, timeout=self._patience_s
                    )
                except NoSuchProjectError:
                    continue
            yield from page.packages

    def _addresses(self) -> Iterator[str]:
        from pypi_simple import PYPI_SIMPLE_ENDPOINT  # noqa: PLC0415

        yield self._settings.get("index-url", PYPI_SIMPLE_ENDPOINT)
        for address in self._settings.get("extra-index-url", "").split():
            if urlsplit(address).scheme in ("http", "https"):
                yield address

    @property
    def _patience_s(self) -> float:
        told = self._settings.get("timeout") or self._settings.get("default-timeout") or ""
        return float(told) if told.isdigit() else _PATIENCE_S

    def _session(self) -> Session:
        from requests import Session  # noqa: PLC0415
        from requests.adapters import HTTPAdapter  # noqa: PLC0415

        session = Session()
        told = self._settings.get("retries", "")
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=int(told) if told.isdigit() else _RETRIES))
        if self._settings.get("cert"):
            session.verify = self._settings["cert"]
        if self._settings.get("proxy"):
            session.proxies = dict.fromkeys(("http", "https"), self._settings["proxy"])
        return session

    @contextmanager
    def _asking(self, host: str) -> Iterator[None]:
        """What goes wrong while `host` is asked, as an error; an address may hold a password and is not repeated."""
        from pypi_simple import UnsupportedContentTypeError, UnsupportedRepoVersionError  # noqa: PLC0415
        from requests import HTTPError, RequestException  # noqa: PLC0415

        try:
            yield
        except (
            RequestException,
            UnsupportedContentTypeError,
            UnsupportedRepoVersionError,
            ValueError,
        ) as error:
            why = type(error).__name__
            if isinstance(error, HTTPError) and error.response is not None:
                why = f"it says {error.response.status_code} {error.response.reason}"
            raise Unreachable(
                f"the package index on {host} cannot be used: {why}",
                now="nothing was changed; what was fetched before stays in the cache",
                hint="check `pip config list` and `pip download`; `--offline` answers from the cache alone",
            ) from error
