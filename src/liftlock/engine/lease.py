"""The cloud is ours: on this bastion by a file lock, between bastions by a lease that is renewed while we live."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from liftlock.engine.lock import RunLock
from liftlock.errors import Fenced, LiftlockError
from liftlock.ports.lease import LEASE_S, Holder, Lease

BEAT_S = LEASE_S / 6
"""How often a sign of life is given, in seconds."""
STALE_S = LEASE_S / 3
"""After so many seconds without one we ask whether we still are the owner before anything new is started."""


class Tenure:
    """`with Tenure(...):` nobody else changes the cloud."""

    def __init__(
        self,
        lock: RunLock,
        lease: Lease,
        who: str,
        *,
        beat_s: float = BEAT_S,
        now: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        """`now` goes on while the process is stopped and the machine asleep."""
        self._lock = lock
        self._lease = lease
        self._who = who
        self._beat_s = beat_s
        self._now = now
        self._asked = 0.0
        """When the cloud was last asked, answer or not: one that is silent is not asked before each step."""
        self._lost: Fenced | None = None
        self._over = threading.Event()
        self._turn = threading.Lock()

    def __enter__(self) -> Tenure:
        """Take both; raises `AnotherRun` naming who has one of them, `Unreachable` if the cloud does not answer."""
        self._lock.__enter__()
        try:
            holder = Holder(self._who, os.getpid(), socket.gethostname(), time.time())
            self._lease.take(holder, self._lock.place)
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise
        self._asked, self._lost = self._now(), None
        self._over.clear()
        threading.Thread(target=self._beat, name="lease", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give both back; a cloud that does not answer forgets the lease by itself."""
        self._over.set()
        with self._turn, suppress(LiftlockError):
            self._lease.release()
        self._lock.__exit__(kind, error, trace)

    def confirm(self) -> None:
        """Return if we are the owner, as far as anybody can tell; raises `Fenced` if somebody else is.

        A process that was stopped for a while asks before it goes on. A cloud that does not answer says nothing about
        who owns it: its hosts do, at every command.
        """
        if self._stale():
            with self._turn:
                # Who waited for another lane's question has its answer.
                if self._stale():
                    self._renew()
        if self._lost:
            raise self._lost

    def _stale(self) -> bool:
        return self._now() - self._asked > STALE_S

    def _beat(self) -> None:
        while not self._over.wait(self._beat_s):
            with self._turn:
                self._renew()

    def _renew(self) -> None:
        if self._over.is_set() or self._lost:
            return
        try:
            self._lease.renew()
        except Fenced as lost:
            self._lost = lost
        except LiftlockError:
            # It may answer the next time; until then its hosts know whose it is.
            pass
        self._asked = self._now()
