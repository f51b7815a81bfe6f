"""What was asked, what was expected, and what is wrong with what came."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from liftlock.probes.wire import Answer, Exchange

OK = "ok"
"""The outcome of a request that got the expected status and content."""

Check = Callable[[Answer], str]
"""Looks at an answer of the expected status: what is wrong with it, `kind: detail`, or nothing."""


def anything(_answer: Answer) -> str:
    """A check that accepts every content."""
    return ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request together with what would be a right answer to it."""

    service: str
    verb: str
    """What a user would say: `server create`."""
    method: str
    path: str
    """Relative to the service's public endpoint, or an absolute address."""
    expected: tuple[int, ...] = (200,)
    """Every other status is a failure."""
    check: Check = anything
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    authenticated: bool = True
    """Whether it carries our token."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, judged."""

    outcome: str
    """`ok`, or the reason of failure as `kind: detail`."""
    answer: Answer | None

    @property
    def ok(self) -> bool:
        """Whether it was what we expected."""
        return self.outcome == OK

    @property
    def status(self) -> int | None:
        """The HTTP status, if an answer came."""
        return self.answer.status if self.answer else None

    @property
    def kind(self) -> str:
        """The first word of the outcome: `ok status content state cut refused time-out tls garbled`."""
        return self.outcome.partition(":")[0]


def as_json(value: object) -> bytes:
    """A request body."""
    return json.dumps(value).encode()


def verdict(ask: Ask, exchange: Exchange) -> str:
    """`ok`, or why `exchange` is not what `ask` expected."""
    answer = exchange.answer
    if answer is None:
        return exchange.broken
    if answer.status not in ask.expected:
        wanted = " or ".join(str(status) for status in ask.expected)
        return f"status: {answer.status}, expected {wanted}{_excerpt(answer)}"
    try:
        return ask.check(answer) or OK
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return f"content: malformed, {type(error).__name__} {error}"[:200]


def _excerpt(answer: Answer) -> str:
    """What the server said about it: `Quota exceeded for instances …`."""
    text = " ".join(answer.body[:400].decode("utf-8", "replace").split())
    return f": {text[:160]}" if text else ""
