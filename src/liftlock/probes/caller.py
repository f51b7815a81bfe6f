"""A client that asks, judges and logs."""

from __future__ import annotations

from urllib.parse import urlsplit

from liftlock.probes.identity import Identity
from liftlock.probes.judge import Ask, Reply, verdict
from liftlock.probes.log import Entry, RequestLog
from liftlock.probes.wire import Request, Wire


class Caller:
    """One client of the cloud; not to be shared between threads."""

    def __init__(self, wire: Wire, identity: Identity, log: RequestLog, phase: str = "run") -> None:
        self._wire = wire
        self._identity = identity
        self._log = log
        self.phase = phase
        """Written into every line of the log."""

    def address(self, service: str, path: str) -> str:
        """Where `path` of `service` is."""
        return self._identity.address(service, path)

    def ask(self, ask: Ask, *, late_ms: float = 0.0) -> Reply:
        """Send `ask` once; whatever comes of it is judged, logged and returned."""
        headers = {"Accept": "application/json", "User-Agent": "liftlock-probe", **ask.headers}
        if ask.body is not None:
            headers.setdefault("Content-Type", "application/json")
        token = self._identity.token if ask.authenticated else ""
        if token:
            headers["X-Auth-Token"] = token
        url = self._identity.address(ask.service, ask.path)
        exchange = self._wire.send(Request(ask.method, url, headers, ask.body))
        reply = Reply(verdict(ask, exchange), exchange.answer)
        headers_in = exchange.answer.headers if exchange.answer else {}
        self._log.write(
            Entry(
                t=round(exchange.started, 4),
                service=ask.service,
                verb=ask.verb,
                method=ask.method,
                path=path_of(url),
                status=reply.status,
                latency_ms=exchange.latency_ms,
                backend=headers_in.get("x-served-by"),
                connection=exchange.connection,
                outcome=reply.outcome,
                request_id=headers_in.get("x-openstack-request-id"),
                phase=self.phase,
                late_ms=round(late_ms, 1),
                reopened=exchange.reopened,
            )
        )
        if token and reply.status == 401 and 401 not in ask.expected:
            self._identity.distrust(token)
        return reply


def path_of(url: str) -> str:
    """Path and query of an address, for the log."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
