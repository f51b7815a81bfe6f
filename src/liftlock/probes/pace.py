"""An open-loop schedule, and the clients that keep it: a stuck request lowers nobody else's pressure."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from queue import SimpleQueue


class Stop:
    """The wish to end, and how long ago it was made."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._at = 0.0

    def set(self) -> None:
        """Wish it; the first wish counts."""
        if not self._event.is_set():
            self._at = time.monotonic()
            self._event.set()

    def is_set(self) -> bool:
        """Whether somebody wished it."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the wish at most so long; whether it was made."""
        return self._event.wait(max(0.0, seconds))

    def longer_ago_than(self, seconds: float) -> bool:
        """Whether it was made more than `seconds` ago."""
        return self._event.is_set() and time.monotonic() - self._at > seconds


def ticks(rate: float, stop: Stop) -> Iterator[float]:
    """Yield the monotonic time of each start, `rate` per second, until `stop`.

    Times are fixed by the first one: who is late catches up, so the number of starts never depends
    on how long requests take.
    """
    start, number = time.monotonic(), 0
    while not stop.wait(start + number / rate - time.monotonic()):
        yield start + number / rate
        number += 1


Job = Callable[["Worker", float], None]
"""What a client does; it is told by how many milliseconds it starts late."""


class Worker:
    """A client thread; `keeper` tells to which half it belongs."""

    def __init__(self, crew: Crew, keeper: bool) -> None:
        self.keeper = keeper
        self.inbox: SimpleQueue[tuple[float, Job] | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._work, args=(crew,), daemon=True)
        self.thread.start()

    def _work(self, crew: Crew) -> None:
        while (order := self.inbox.get()) is not None:
            due, job = order
            try:
                job(self, max(0.0, (time.monotonic() - due) * 1000))
            except Exception as error:
                crew.fault = error
            crew.free(self)


class Crew:
    """Two pools of clients that grow as requests get stuck: half keep connections, half do not.

    The client that was busy last is busy next, so that kept connections are really reused.
    """

    def __init__(self, at_most: int = 400) -> None:
        self._at_most = at_most
        self.fault: Exception | None = None
        """An error in a job: the prober's own fault, never the cloud's."""
        self._lock = threading.Condition()
        self._idle: dict[bool, list[Worker]] = {True: [], False: []}
        self._waiting: dict[bool, deque[tuple[float, Job]]] = {True: deque(), False: deque()}
        self._all: list[Worker] = []

    def give(self, keeper: bool, due: float, job: Job) -> None:
        """Have `job` done by a free client of that half, a new one if all are stuck, or as soon as one is free."""
        with self._lock:
            if self._idle[keeper]:
                worker = self._idle[keeper].pop()
            elif len(self._all) < self._at_most:
                worker = Worker(self, keeper)
                self._all.append(worker)
            else:
                self._waiting[keeper].append((due, job))
                return
        worker.inbox.put((due, job))

    def free(self, worker: Worker) -> None:
        """Called by a client that finished its job."""
        with self._lock:
            if self._waiting[worker.keeper]:
                worker.inbox.put(self._waiting[worker.keeper].popleft())
                return
            self._idle[worker.keeper].append(worker)
            self._lock.notify_all()

    @property
    def size(self) -> int:
        """How many clients there are."""
        with self._lock:
            return len(self._all)

    def dismiss(self, patience_s: float) -> None:
        """Forget what has not begun, wait for what has (at most so long), and send everybody home."""
        end = time.monotonic() + patience_s
        with self._lock:
            for waiting in self._waiting.values():
                waiting.clear()
            self._lock.wait_for(self._everybody_idle, timeout=max(0.0, end - time.monotonic()))
            for worker in self._all:
                worker.inbox.put(None)

    def _everybody_idle(self) -> bool:
        return sum(len(idle) for idle in self._idle.values()) == len(self._all)
