"""One request over one connection, measured, with no retry of any kind."""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_IDLE_S = 60.0
"""For how long, in seconds, a connection is kept for a next request: shorter than servers keep theirs.

A server that ends an idle connection may do so while a request is on its way to it, and then gives no answer (RFC 9112,
section 9.5); that would be counted against whoever is measured. On a machine of which others took most, HAProxy
2.6 cut one request for 203 connections that it ended for their idleness, and none in 2,010 that it ended by reloads.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire."""

    method: str
    url: str
    """Absolute: scheme, host, path and query."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response: all of its headers and all of its body arrived."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON; raises `ValueError` if it is none."""
        return json_of(self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it went, whether or not an answer came."""

    started: float
    """Epoch seconds at which we began, connecting included."""
    latency_ms: float
    """From `started` to the last byte, or to the moment it broke."""
    connection: str
    """`new` or `reused`."""
    reopened: bool
    """The kept connection had been closed while idle, so this one is new; no failure."""
    answer: Answer | None
    broken: str
    """Why there is no answer, `kind: detail`; empty if there is one."""


class Wire(Protocol):
    """Anything that can carry a request."""

    def send(self, request: Request) -> Exchange:
        """Carry `request` once; never raises for what the network or the server did."""


def json_of(body: bytes) -> Any:
    """`body` decoded; the one place where untyped JSON enters."""
    return json.loads(body)


class Client:
    """One user of the cloud: keeps its connections alive, or opens a new one per request."""

    def __init__(self, *, keep: bool, tls: ssl.SSLContext, timeout_s: float = 30.0) -> None:
        self._keep = keep
        self._tls = tls
        self._timeout_s = timeout_s
        self._idle: dict[tuple[str, str, int], _Line] = {}

    def send(self, request: Request) -> Exchange:
        """Carry `request` once and return how it went; the whole takes at most `timeout_s` seconds."""
        started, clock = time.time(), time.monotonic()
        origin = _origin(request.url)
        line, reopened = self._take(origin)
        connection = "reused" if line else "new"
        answer, broken = None, ""
        try:
            if line is None:
                line = _Line(origin, self._tls, clock + self._timeout_s)
            answer, alive = line.exchange(request, clock + self._timeout_s, keep=self._keep)
            self._put_back(origin, line, alive)
        except (OSError, http.client.HTTPException) as error:
            broken = _reason(error, self._timeout_s)
            if line is not None:
                line.close()
        latency_ms = (time.monotonic() - clock) * 1000
        return Exchange(started, round(latency_ms, 1), connection, reopened, answer, broken)

    def close(self) -> None:
        """Close what is kept open."""
        for line in self._idle.values():
            line.close()
        self._idle.clear()

    def _take(self, origin: tuple[str, str, int]) -> tuple[_Line | None, bool]:
        line = self._idle.pop(origin, None)
        if line is None:
            return None, False
        closed = line.closed_while_idle()
        if closed or time.monotonic() - line.used_at > LONGEST_IDLE_S:
            line.close()
            return None, closed
        return line, False

    def _put_back(self, origin: tuple[str, str, int], line: _Line, alive: bool) -> None:
        if self._keep and alive:
            self._idle[origin] = line
        else:
            line.close()


class _Line:
    """A TCP (and TLS) connection that speaks HTTP/1.1."""

    def __init__(self, origin: tuple[str, str, int], tls: ssl.SSLContext, deadline: float) -> None:
        scheme, host, port = origin
        self._unasked = False
        sock = _connect(host, port, deadline)
        try:
            if scheme == "https":
                sock = tls.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
        self._sock = sock
        self.used_at = time.monotonic()
        self._bounded = _BoundedSocket(sock)
        self._http = http.client.HTTPConnection(host, port)
        self._http.default_port = 443 if scheme == "https" else 80
        # http.client would silently connect again, which is a retry.
        self._http.auto_open = 0
        self._http.sock = cast("socket.socket", self._bounded)

    def exchange(self, request: Request, deadline: float, *, keep: bool) -> tuple[Answer, bool]:
        """The answer, and whether the connection may be used again."""
        if self._unasked:
            raise http.client.HTTPException("bytes nobody asked for on an idle connection")
        self._bounded.deadline = deadline
        parts = urlsplit(request.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {**request.headers, "Connection": "keep-alive" if keep else "close"}
        self._http.request(request.method, path, body=request.body, headers=headers)
        response = self._http.getresponse()
        body = response.read()
        self.used_at = time.monotonic()
        headers_in = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers_in, body), not response.will_close

    def closed_while_idle(self) -> bool:
        """Whether the other side hung up since the last answer."""
        self._sock.settimeout(0)
        try:
            unasked = self._sock.recv(12)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        # Some servers say 408 as they hang up; any other bytes belong to a broken answer.
        self._unasked = bool(unasked) and unasked != b"HTTP/1.1 408"
        return not self._unasked

    def close(self) -> None:
        self._http.close()
        self._sock.close()


class _BoundedSocket:
    """What http.client needs of a socket, every operation bounded by one deadline.

    A socket's own time-out starts anew with every byte: a server that drips would never time out.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.deadline = 0.0

    def arm(self) -> None:
        self.sock.settimeout(_remaining(self.deadline))

    def sendall(self, octets: bytes) -> None:
        self.arm()
        self.sock.sendall(octets)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self))

    def close(self) -> None:
        self.sock.close()


class _BoundedReader(io.RawIOBase):
    def __init__(self, bounded: _BoundedSocket) -> None:
        self._bounded = bounded
        self._raw = bounded.sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._bounded.arm()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _remaining(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining


def _connect(host: str, port: int, deadline: float) -> socket.socket:
    # The first address only: trying the next one would be a retry.
    family, kind, proto, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )[0]
    sock = socket.socket(family, kind, proto)
    try:
        sock.settimeout(_remaining(deadline))
        sock.connect(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(_remaining(deadline))
    except BaseException:
        sock.close()
        raise
    return sock


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (http.client.RemoteDisconnected, "cut: closed before the answer"),
    (ConnectionRefusedError, "refused: nobody listens"),
    (ssl.SSLEOFError, "cut: closed inside TLS"),
    (ConnectionResetError, "cut: reset"),
    (BrokenPipeError, "cut: closed while we sent"),
    (ConnectionAbortedError, "cut: aborted"),
)


def _reason(error: Exception, timeout_s: float) -> str:
    match error:
        case TimeoutError():
            return f"time-out: no complete answer within {timeout_s:g} s"
        case http.client.IncompleteRead():
            return f"cut: in the body, after {len(error.partial)} bytes of it"
        case ssl.SSLCertVerificationError():
            return f"tls: {error.verify_message}"
    for sort, reason in _REASONS:
        if isinstance(error, sort):
            return reason
    sort_of_it = {ssl.SSLError: "tls", http.client.HTTPException: "garbled"}
    word = next((word for sort, word in sort_of_it.items() if isinstance(error, sort)), "refused")
    return f"{word}: {str(error) or type(error).__name__}"
