"""The lease, in a small table in the cloud's own database; its epoch, on every host."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from pymysql.cursors import Cursor
from pymysql.err import ProgrammingError

from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.shells.fence import Fence, Outdated
from liftlock.errors import LiftlockError
from liftlock.ports.lease import LEASE_S, Holder, Owned, held, taken_over
from liftlock.ports.shell import Shell

TOLD_WITHIN_S = 5.0
"""How long a new owner waits until its hosts have heard of it, in seconds; one that is off hears it later."""
_TABLE = """
CREATE TABLE IF NOT EXISTS liftlock.lease (cloud VARCHAR(255) PRIMARY KEY, epoch BIGINT NOT NULL,
  holder TEXT NOT NULL, bastion VARCHAR(512) NOT NULL, held BOOLEAN NOT NULL, renewed TIMESTAMP(6) NOT NULL)
"""
_LOOK = """
SELECT epoch, holder, bastion, held AND renewed > NOW(6) - INTERVAL %s SECOND
FROM liftlock.lease WHERE cloud = %s FOR UPDATE
"""


class MariaDbLease:
    """Keeps the `Lease` port. Time is the database server's: clocks of bastions do not matter."""

    def __init__(
        self, access: DatabaseAccess, shell: Shell, fence: Fence, *, cloud: str, hosts: Sequence[str]
    ) -> None:
        """`shell` puts the epoch of `fence` on its commands; `hosts` are all that it reaches."""
        self._access = access
        self._shell = shell
        self._fence = fence
        self._cloud = cloud
        self._hosts = tuple(hosts)

    def take(self, holder: Holder, bastion: str) -> int:
        """Take the row, then tell the hosts; one that has seen more (the table was lost) says what to go beyond."""
        beyond = 0
        while True:
            self._fence.epoch = self._in_the_table(holder, bastion, beyond)
            seen = self._tell()
            if seen <= self._fence.epoch:
                return self._fence.epoch
            beyond = seen

    def renew(self) -> None:
        """A sign of life, if the row still has our epoch."""
        with self._access.connected() as server:
            changed = server.execute(
                "UPDATE liftlock.lease SET renewed = NOW(6) WHERE cloud = %s AND epoch = %s",
                (self._cloud, self._fence.epoch),
            )
            if changed:
                return
            server.execute("SELECT holder FROM liftlock.lease WHERE cloud = %s", (self._cloud,))
            row = server.fetchone()
        raise taken_over(_holder(row[0]) if row else "which is not known")

    def look(self) -> Owned | None:
        """The row, if somebody has it."""
        return look(self._access, self._cloud)

    def release(self) -> None:
        """The row stays, with its epoch."""
        epoch, self._fence.epoch = self._fence.epoch, 0
        with self._access.connected() as server:
            server.execute(
                "UPDATE liftlock.lease SET held = FALSE WHERE cloud = %s AND epoch = %s", (self._cloud, epoch)
            )

    def _in_the_table(self, holder: Holder, bastion: str, beyond: int) -> int:
        with self._access.connected() as server:
            server.execute("CREATE DATABASE IF NOT EXISTS liftlock")
            server.execute(_TABLE)
            server.execute(
                "INSERT IGNORE INTO liftlock.lease VALUES (%s, 0, '{}', '', FALSE, NOW(6))", (self._cloud,)
            )
            server.execute("START TRANSACTION")
            epoch = self._free(server, bastion)
            server.execute(
                "UPDATE liftlock.lease SET epoch = %s, holder = %s, bastion = %s, held = TRUE, renewed = NOW(6) "
                "WHERE cloud = %s",
                (max(epoch, beyond) + 1, json.dumps(asdict(holder)), bastion, self._cloud),
            )
            server.execute("COMMIT")
            return max(epoch, beyond) + 1

    def _free(self, server: Cursor, bastion: str) -> int:
        """The epoch of the last owner; raises `AnotherRun` if it lives, on another bastion."""
        server.execute(_LOOK, (LEASE_S, self._cloud))
        row = server.fetchone()
        assert row, "the row was put there before"
        epoch, owner, place, alive = row
        if alive and place != bastion:
            raise held(_holder(owner))
        return int(epoch)

    def _tell(self) -> int:
        """Let every host that answers soon see our epoch; returns the greatest that one of them had seen."""
        seen = [self._fence.epoch]

        def tell(host: str) -> None:
            try:
                self._shell.run(host, ["true"])
            except Outdated as refusal:
                seen.append(refusal.seen)
            except LiftlockError:
                # Off, or cut off: it hears of us with our first command to it.
                return

        threads = [threading.Thread(target=tell, args=(host,), daemon=True) for host in self._hosts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TOLD_WITHIN_S)
        return max(seen)


def look(access: DatabaseAccess, cloud: str) -> Owned | None:
    """Whose a cloud is; None where nobody ever had a lease. Needs no host and changes nothing."""
    with access.connected() as server, suppress(ProgrammingError):  # there is no such table yet
        server.execute(
            "SELECT holder, bastion, TIMESTAMPDIFF(MICROSECOND, renewed, NOW(6)) / 1000000 "
            "FROM liftlock.lease WHERE cloud = %s AND held",
            (cloud,),
        )
        if row := server.fetchone():
            return Owned(_holder(row[0]), str(row[1]), float(row[2]))
    return None


def _holder(text: str) -> str:
    with suppress(ValueError, TypeError):
        return str(Holder(**json.loads(text)))
    return "by whom is not known"
