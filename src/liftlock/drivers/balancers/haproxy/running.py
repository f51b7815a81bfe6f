"""What one HAProxy node says about itself: nothing here is remembered, and nothing is changed."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liftlock.drivers.balancers.haproxy import written

# HAProxy 2.6 management guide, 9.3, `show servers state`.
_MAINTENANCE, _DRAIN = 0x23, 0x18
_SERVES = (1, 2)
_NOT_CHECKED_YET = ("", "INI", "UNK")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server as the running worker has it."""

    name: str
    backup: bool
    maintenance: bool
    """In maintenance: no requests and no health checks."""
    drain: bool
    """Draining: checked, not balanced to; a `use-server` rule still sends it requests (seen with 2.6.12)."""
    weight: int
    alive: bool
    """Whether HAProxy takes it for alive now."""
    proven: bool
    """Whether its last health check got the expected answer over HTTP."""
    guessed: bool
    """Whether it is taken for alive only because no check has been made since it left maintenance."""
    open: int
    """Requests it is answering, those that workers of before a reload sent it included."""

    @property
    def up(self) -> bool:
        """Whether requests would be answered, as far as health checks say."""
        return self.alive and not self.maintenance and not self.guessed

    @property
    def balanced(self) -> bool:
        """Whether it gets requests by weight, if it is alive."""
        return not self.maintenance and not self.drain and self.weight > 0


@dataclass(frozen=True, slots=True)
class Seen:
    """One node at one moment."""

    node: str
    worker: str
    """Process id of the worker that answered: another one after a reload."""
    path: str
    """Its configuration file, links followed."""
    text: str
    """That file's content."""
    servers: tuple[RunningServer, ...]
    shares: Mapping[str, int] | None
    """Backend -> share from the running map; None if the worker has no map."""
    state: str
    """`show servers state` of all backends."""
    retries: int
    """Attempts HAProxy made again for the backend since its last reload."""
    backend: str
    greens_written: Collection[str]
    """Names of green's servers in the file."""

    @property
    def green(self) -> tuple[RunningServer, ...]:
        """Green's servers that run; none while it is not armed."""
        return tuple(s for s in self.servers if s.name in self.greens_written)

    @property
    def blue(self) -> tuple[RunningServer, ...]:
        """All others."""
        return tuple(s for s in self.servers if s.name not in self.greens_written)

    @property
    def armed(self) -> bool:
        """Whether green's servers run beside blue's."""
        return bool(self.green)

    @property
    def share(self) -> int:
        """The canary's share in the running map, in percent."""
        return (self.shares or {}).get(self.backend, 0)

    @property
    def percent_green(self) -> int:
        """Which share of requests goes to green while it is alive: by the map, or all of them if it has weight."""
        if any(s.balanced for s in self.green):
            return 100
        return self.share if any(not s.maintenance for s in self.green) else 0

    @property
    def runs_what_is_written(self) -> bool:
        """Whether the worker has the servers of the file: otherwise it has not been reloaded since that was changed."""
        file = {(s.name, s.backup) for s in written.servers(self.text, self.backend)}
        loaded = self.shares is not None and self.backend in self.shares
        return file == {(s.name, s.backup) for s in self.servers} and (loaded or not self.greens_written)


def seen(node: str, backend: str, said: Mapping[str, Any]) -> Seen:
    """What `on_host.colours` printed, read."""
    rows = _rows(said["stat"], backend)
    old = [row for stat in said["old"] for row in _rows(stat, backend)]
    states = {}
    for line in said["state"].splitlines():
        columns = line.split()
        if len(columns) > 7 and columns[1] == backend and columns[0] != "#":
            states[columns[3]] = (int(columns[5]), int(columns[6]), int(columns[7]))
    total = next((row for row in rows if row["svname"] == "BACKEND"), {})
    shares = said["shares"]
    return Seen(
        node=node,
        worker=said["pid"],
        path=said["path"],
        text=said["text"],
        servers=tuple(_server(row, old, *states[row["svname"]]) for row in rows if row["svname"] in states),
        shares=None if shares is None else {name: int(share) for name, share in shares.items()},
        state=said["state"],
        retries=int(total.get("wretr") or 0) + int(total.get("wredis") or 0),
        backend=backend,
        greens_written=frozenset(s.name for s in written.greens(said["text"], backend)),
    )


def _rows(stat: str, backend: str) -> list[dict[str, str]]:
    """Rows of `show stat` about a backend; none where a worker that ends gave half an answer."""
    every = csv.DictReader(stat.removeprefix("# ").splitlines())
    return [row for row in every if row.get("pxname") == backend]


def _server(
    row: Mapping[str, str], old: Sequence[Mapping[str, str]], operation: int, admin: int, weight: int
) -> RunningServer:
    # `* L7OK` while the next check is under way.
    check = row["check_status"].removeprefix("* ")
    health, rise = int(row["check_health"] or 0), int(row["check_rise"] or 0)
    maintenance = bool(admin & _MAINTENANCE)
    return RunningServer(
        name=row["svname"],
        backup=row["bck"] == "1",
        maintenance=maintenance,
        drain=bool(admin & _DRAIN),
        weight=weight,
        alive=operation in _SERVES and not maintenance,
        proven=operation in _SERVES and not maintenance and check == "L7OK",
        # A server leaves maintenance alive with its health at `rise`; a reload restores it above that.
        guessed=bool(row["check_rise"]) and check in _NOT_CHECKED_YET and health <= rise,
        open=sum(int(one.get("scur") or 0) for one in (row, *old) if one["svname"] == row["svname"]),
    )
