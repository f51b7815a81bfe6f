"""Databases that are not called as usual: the rest of liftlock says the usual names, the server hears its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from liftlock.cloud.model import DatabaseServer
from liftlock.cloud.shim import Shim
from liftlock.cloud.traces import Backup
from liftlock.knowledge.hop import Rewording
from liftlock.ports.databases import Contents, Databases, Shape, TableFiles, Transaction


class RenamedDatabases:
    """Keeps the `Databases` port over another that does; `names` tells usual name -> name on the server."""

    def __init__(self, server: Databases, names: Mapping[str, str]) -> None:
        self._server = server
        self._here = dict(names)
        self._usual = {here: usual for usual, here in names.items()}

    def look(self) -> DatabaseServer:
        """Databases under their usual names."""
        seen = self._server.look()
        usual = tuple(replace(d, name=self._usual.get(d.name, d.name)) for d in seen.databases)
        book = seen.cell_book
        if book is not None:
            cells = tuple(replace(c, database=self._usual.get(c.database, c.database)) for c in book.cells)
            book = replace(book, cells=cells)
        return replace(seen, databases=usual, cell_book=book)

    def revisions(self, database: str) -> tuple[str, ...]:
        """See the port."""
        return self._server.revisions(self._here.get(database, database))

    def shape(self, database: str) -> Shape:
        """See the port."""
        return self._server.shape(self._here.get(database, database))

    def tuning(self) -> Mapping[str, str]:
        """See the port."""
        return self._server.tuning()

    def back_up(self, databases: Sequence[str], backup: str) -> None:
        """See the port."""
        self._server.back_up(self._all(databases), backup)

    def backed_up(self, backup: str) -> tuple[str, ...]:
        """See the port."""
        return tuple(sorted(self._usual.get(name, name) for name in self._server.backed_up(backup)))

    def backups(self) -> tuple[Backup, ...]:
        """With the usual names of databases."""
        return tuple(
            replace(b, databases=tuple(sorted(self._usual.get(name, name) for name in b.databases)))
            for b in self._server.backups()
        )

    def copy_of(self, database: str, backup: str) -> Path:
        """See the port."""
        return self._server.copy_of(self._here.get(database, database), backup)

    def contents(self, database: str, backup: str) -> Contents:
        """See the port."""
        return self._server.contents(self._here.get(database, database), backup)

    def table_files(self, databases: Sequence[str], into: Path, version: str) -> TableFiles:
        """See the port; what comes is called as on the server."""
        found = self._server.table_files(self._all(databases), into, version)
        contents = {self._usual.get(name, name): held for name, held in found.contents.items()}
        return replace(found, contents=contents, names={self._usual.get(n, n): n for n in found.contents})

    def discard(self, backup: str) -> None:
        """See the port."""
        self._server.discard(backup)

    def prove(self, databases: Sequence[str], backup: str) -> None:
        """See the port."""
        self._server.prove(self._all(databases), backup)

    def proven(self, backup: str) -> bool:
        """See the port."""
        return self._server.proven(backup)

    def restore(self, databases: Sequence[str], backup: str) -> None:
        """See the port."""
        self._server.restore(self._all(databases), backup)

    def restored(self, databases: Sequence[str], backup: str) -> bool:
        """See the port."""
        return self._server.restored(self._all(databases), backup)

    def isolation(self) -> str:
        """See the port."""
        return self._server.isolation()

    def isolate(self, level: str, databases: Sequence[str]) -> None:
        """See the port."""
        self._server.isolate(level, self._all(databases))

    def rewords(self, what: Rewording) -> bool:
        """See the port."""
        return self._server.rewords(self._renamed(what))

    def reword(self, what: Rewording, on: bool) -> None:
        """See the port."""
        self._server.reword(self._renamed(what), on)

    def _renamed(self, what: Rewording) -> Rewording:
        return replace(what, database=self._here.get(what.database, what.database))

    def bare(self, shims: Sequence[Shim]) -> tuple[Shim, ...]:
        """See the port."""
        here = self._server.bare(self._shims(shims))
        return tuple(shim for shim, renamed in zip(shims, self._shims(shims), strict=True) if renamed in here)

    def keeping(self, shims: Sequence[Shim]) -> AbstractContextManager[None]:
        """See the port."""
        return self._server.keeping(self._shims(shims))

    def shim(self, shims: Sequence[Shim]) -> None:
        """See the port."""
        self._server.shim(self._shims(shims))

    def unshim(self, shims: Sequence[Shim]) -> None:
        """See the port."""
        self._server.unshim(self._shims(shims))

    def _shims(self, shims: Sequence[Shim]) -> tuple[Shim, ...]:
        return tuple(replace(shim, database=self._here.get(shim.database, shim.database)) for shim in shims)

    def transactions(self, databases: Sequence[str]) -> tuple[Transaction, ...]:
        """See the port."""
        return self._server.transactions(self._all(databases))

    def work_under_way(self, service: str, host: str) -> int:
        """See the port."""
        return self._server.work_under_way(service, host)

    def _all(self, databases: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._here.get(name, name) for name in databases)
