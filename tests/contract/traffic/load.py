"""Clients that count what failed: half of them keep their connection, half have a token."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """One request: when it was sent and answered (monotonic, seconds), by whom, or what went wrong."""

    sent: float
    done: float
    token: str
    colour: str
    problem: str = ""


@dataclass
class Load:
    """What clients have seen so far."""

    answers: list[Answer] = field(default_factory=list)

    @property
    def failed(self) -> list[Answer]:
        return [a for a in list(self.answers) if a.problem]

    def since(self, moment: float) -> list[Answer]:
        """Requests sent after `moment`."""
        return [a for a in list(self.answers) if a.sent >= moment]

    def colours(self, since: float) -> Counter[str]:
        return Counter(a.colour for a in self.since(since))

    def wait_for_more(self, count: int) -> None:
        """Return once `count` requests more were answered."""
        wanted, deadline = len(self.answers) + count, time.monotonic() + 60
        while len(self.answers) < wanted:
            assert time.monotonic() < deadline, "the clients are stuck"
            time.sleep(0.01)


def ask(
    port: int, token: str = "", path: str = "/", connection: http.client.HTTPConnection | None = None
) -> str:
    """The answer's body; raises `OSError` or `HTTPException` for anything but a 200."""
    line = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", path, headers={"X-Auth-Token": token} if token else {})
        answer = line.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise http.client.HTTPException(f"{answer.status}")
        return body
    finally:
        if connection is None:
            line.close()


@contextmanager
def load(ports: Sequence[int], clients: int = 8, pause_s: float = 0.02) -> Iterator[Load]:
    """Clients on all `ports` while the block runs, about 40 requests a second each at most."""
    seen, over = Load(), threading.Event()

    def work(number: int) -> None:
        port = ports[number % len(ports)]
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=30) if number % 4 < 2 else None
        count = 0
        while not over.wait(pause_s):
            count += 1
            token = f"token-{number}-{count % 10}" if number % 3 else ""
            sent = time.monotonic()
            try:
                colour = ask(port, token, connection=kept)
                seen.answers.append(Answer(sent, time.monotonic(), token, colour))
            except (OSError, http.client.HTTPException) as problem:
                seen.answers.append(Answer(sent, time.monotonic(), token, "", repr(problem)))
                if kept is not None:
                    kept.close()

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(clients)]
    for thread in threads:
        thread.start()
    try:
        seen.wait_for_more(clients)
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join(35)
