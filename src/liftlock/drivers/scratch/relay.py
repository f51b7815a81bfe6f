"""A unix socket that leads to a database server elsewhere, as one account and no other, and hears what is said.

Programs of a release have no network when they are rehearsed; this socket is all they reach. Whoever comes in by it,
under whatever name, is logged in with the account we hold: no password of that account, or of any other, lies in their
files. What they ask is passed on as it is, and noted with the time of its answer where somebody wants to know.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_PLUGIN = b"mysql_native_password"
_WITH_DATABASE, _SECURE, _PLUGIN_AUTH, _ANY_LENGTH = 1 << 3, 1 << 15, 1 << 19, 1 << 21
_NOT_OFFERED = (1 << 5) | (1 << 7) | (1 << 11)
"""Compression, files of the client, TLS: what is said could not be followed, or would leave this machine's files."""
_QUIT, _USE, _QUERY, _ANOTHER_USER = 0x01, 0x02, 0x03, 0x11
_OK, _ERROR, _ANOTHER_WAY = 0x00, 0xFF, 0xFE
_LONGEST = 8 << 20
_SHORT = 256
"""Bytes of a statement that are kept for whoever listens, and else."""
_WHOLE = 0xFFFFFF
"""Length of a packet that goes on in the next."""
_CHUNK = 1 << 16
_CONNECT_S = 10.0
_PATIENCE_S = 30.0
_ENTERS = re.compile(r"\s*USE\s+`?(\w+)`?\s*;?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the server listens, and as whom everybody is logged in."""

    address: str
    port: int
    user: str
    password: str = field(repr=False)


@dataclass
class Word:
    """A statement on its way."""

    session: int
    database: str
    statement: str
    began: float
    answered: float
    """When the last of the answer came, by the clock of `began`."""
    next_at: float = 0.0
    """When the session said its next word, or ended."""
    rows: int = 0
    """How many rows it changed, or copied, as the server says."""


class Relay:
    """Listens at `socket` until it is closed."""

    def __init__(self, path: Path, entry: Entry) -> None:
        self.socket = path
        self._entry = entry
        self._ear: list[Word] | None = None
        self._lines: set[_Line] = set()
        self._lock = threading.Lock()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        path.chmod(0o600)
        self._door.listen(64)
        self._receiving = threading.Thread(target=self._receive, daemon=True, name="relay")
        self._receiving.start()

    def close(self) -> None:
        """Let nobody in any more, and cut everybody off."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._receiving.join(_PATIENCE_S)
        self.socket.unlink(missing_ok=True)
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.cut()

    @contextmanager
    def hearing(self) -> Iterator[list[Word]]:
        """What sessions say that begin during the block; the list is whole when the block ends."""
        heard: list[Word] = []
        self._ear = heard
        try:
            yield heard
        finally:
            self._ear = None
            end = time.monotonic() + _PATIENCE_S
            # A program may be gone before what it said last has passed here.
            while self._heard_by(heard) and time.monotonic() < end:
                time.sleep(0.01)

    def _heard_by(self, ear: list[Word]) -> bool:
        with self._lock:
            return any(line.ear is ear for line in self._lines)

    def _receive(self) -> None:
        with self._door, suppress(OSError):
            while True:
                client, _ = self._door.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True, name="line").start()

    def _serve(self, client: socket.socket) -> None:
        line = _Line(client, self._ear)
        with self._lock:
            self._lines.add(line)
        try:
            with suppress(OSError, EOFError, struct.error, IndexError, ValueError):
                line.run(self._entry)
        finally:
            line.close()
            with self._lock:
                self._lines.discard(line)


class _Line:
    """One session, from the socket to the server.

    Two threads work at it. A socket is closed when both are done with it, never before: another session would get its
    number, and the thread that still uses that would read or write there.
    """

    def __init__(self, client: socket.socket, ear: list[Word] | None) -> None:
        self.ear = ear
        self._client = client
        self._server: socket.socket | None = None
        self._back: threading.Thread | None = None
        self._lock = threading.Lock()
        self._session = 0
        self._database = ""
        self._word: Word | None = None

    def run(self, entry: Entry) -> None:
        """Until either side ends it."""
        try:
            self._server = socket.create_connection((entry.address, entry.port), _CONNECT_S)
        except OSError as error:
            self._client.sendall(_complaint(f"the database server does not answer: {error}"))
            return
        self._server.settimeout(None)
        self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._log_in(entry):
            return
        back = threading.Thread(target=self._pass, args=(self._server, self._client, self._answered))
        back.daemon = True
        back.start()
        self._back = back
        said = _Packets(self._said, _SHORT if self.ear is None else _LONGEST)
        self._pass(self._client, self._server, said.feed)

    def cut(self) -> None:
        """End both sides; whoever reads or writes there notices."""
        with self._lock:
            for end in (self._client, self._server):
                if end is not None:
                    # Its number is -1 once it is closed.
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, once nobody works at it any more."""
        self.cut()
        if self._back is not None:
            self._back.join()
        self._over()
        with self._lock:
            for end in (self._client, self._server):
                if end is not None:
                    end.close()

    def _log_in(self, entry: Entry) -> bool:
        assert self._server is not None
        number, greeting = _packet(self._server)
        if greeting[0] == _ERROR:
            self._client.sendall(_framed(number, greeting))
            return False
        self._session, salt, offered = _greeting(greeting)
        self._client.sendall(_framed(number, offered))
        number, asked = _packet(self._client)
        name, answer = _logged_in_as(asked, entry.user, _scrambled(entry.password, salt))
        self._database = name
        self._server.sendall(_framed(number, answer))
        back, told = _packet(self._server)
        if told[0] == _ANOTHER_WAY:
            plugin, _, more = told[1:].partition(b"\0")
            if plugin != _PLUGIN:
                self._client.sendall(_complaint("the server wants another way of logging in", number + 1))
                return False
            self._server.sendall(_framed(back + 1, _scrambled(entry.password, more.rstrip(b"\0"))))
            back, told = _packet(self._server)
        self._client.sendall(_framed(number + 1, told))
        return told[0] == _OK

    def _pass(self, source: socket.socket, target: socket.socket, hear: Callable[[bytes], None]) -> None:
        with suppress(OSError, EOFError):
            while chunk := source.recv(_CHUNK):
                hear(chunk)
                target.sendall(chunk)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _said(self, packet: bytes) -> None:
        """A command of the client; whoever asks to be somebody else is cut off."""
        if packet[0] == _ANOTHER_USER:
            raise EOFError
        self._over()
        if packet[0] == _USE:
            self._database = packet[1:].decode(errors="replace")
        elif packet[0] == _QUERY:
            text = packet[1:].decode(errors="replace")
            now = time.monotonic()
            self._word = Word(self._session, self._database, text, now, 0.0)
            if entered := _ENTERS.match(text):
                self._database = entered[1]

    def _answered(self, chunk: bytes) -> None:
        word = self._word
        if word is not None:
            if not word.answered:
                word.rows = _rows(chunk)
            word.answered = time.monotonic()

    def _over(self) -> None:
        """What was asked last is answered: the session says its next word, or ends."""
        word, self._word = self._word, None
        if word is not None and self.ear is not None:
            word.next_at = time.monotonic()
            word.answered = word.answered or word.next_at
            self.ear.append(word)


class _Packets:
    """Commands out of a stream, whole or as far as they are kept."""

    def __init__(self, hear: Callable[[bytes], None], most: int) -> None:
        self._hear = hear
        self._most = most
        self._head = b""
        self._left = 0
        self._goes_on = False
        self._kept = bytearray()

    def feed(self, chunk: bytes) -> None:
        """The next piece."""
        at = 0
        while at < len(chunk):
            if not self._left:
                piece = chunk[at : at + 4 - len(self._head)]
                self._head, at = self._head + piece, at + len(piece)
                if len(self._head) < 4:
                    return
                self._left = int.from_bytes(self._head[:3], "little")
                self._goes_on, self._head = self._left == _WHOLE, b""
            piece = chunk[at : at + self._left]
            at, self._left = at + len(piece), self._left - len(piece)
            self._kept += piece[: max(0, self._most - len(self._kept))]
            if not self._left and not self._goes_on:
                if self._kept:
                    self._hear(bytes(self._kept))
                self._kept.clear()


def _packet(source: socket.socket) -> tuple[int, bytes]:
    """(number, content) of the next packet of a log-in."""
    head = _exactly(source, 4)
    return head[3], _exactly(source, int.from_bytes(head[:3], "little"))


def _exactly(source: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        piece = source.recv(count - len(found))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def _framed(number: int, content: bytes) -> bytes:
    return len(content).to_bytes(3, "little") + bytes([number & 0xFF]) + content


def _complaint(words: str, number: int = 0) -> bytes:
    """An error packet; before the greeting the client expects none of the newer parts."""
    state = b"" if number == 0 else b"#HY000"
    return _framed(number, b"\xff" + struct.pack("<H", 2003) + state + words.encode())


def _greeting(packet: bytes) -> tuple[int, bytes, bytes]:
    """(session, salt, the same without what we do not offer) of a server's first packet."""
    after = packet.index(b"\0", 1) + 1
    session = int.from_bytes(packet[after : after + 4], "little")
    first = packet[after + 4 : after + 12]
    low, charset, status, high, length = struct.unpack_from("<HBHHB", packet, after + 13)
    second = packet[after + 31 : after + 31 + max(13, length - 8)]
    offered = (low | high << 16) & ~_NOT_OFFERED
    made = packet[: after + 13] + struct.pack(
        "<HBHHB", offered & 0xFFFF, charset, status, offered >> 16, length
    )
    # What MariaDB offers beyond MySQL stands in the reserved bytes: nothing of it.
    made += bytes(10) + second + _PLUGIN + b"\0"
    return session, (first + second)[:20], made


def _logged_in_as(packet: bytes, user: str, scrambled: bytes) -> tuple[str, bytes]:
    """(database, the packet as our account's) of a client's answer to the greeting."""
    (asked,) = struct.unpack_from("<I", packet)
    if not asked & _SECURE:
        raise ValueError("an old client")
    at = packet.index(b"\0", 32) + 1
    at += 1 + packet[at]
    database, rest = b"", b""
    if asked & _WITH_DATABASE:
        end = packet.index(b"\0", at)
        database, at = packet[at:end], end + 1
    if asked & _PLUGIN_AUTH:
        # What a client tells about itself behind that is not passed on.
        rest = _PLUGIN + b"\0"
    wanted = asked & ~(1 << 20) & ~_ANY_LENGTH
    made = struct.pack("<I", wanted) + packet[4:28] + bytes(4) + user.encode() + b"\0"
    made += bytes([len(scrambled)]) + scrambled
    made += (database + b"\0" if asked & _WITH_DATABASE else b"") + rest
    return database.decode(errors="replace"), made


def _scrambled(password: str, salt: bytes) -> bytes:
    """What `mysql_native_password` wants to hear."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324  (the protocol's)
    twice = hashlib.sha1(once).digest()  # noqa: S324
    mixed = hashlib.sha1(salt + twice).digest()  # noqa: S324
    return bytes(a ^ b for a, b in zip(once, mixed, strict=True))


def hashed(password: str) -> str:
    """As `CREATE USER … IDENTIFIED VIA mysql_native_password USING` takes it."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324
    return f"*{hashlib.sha1(once).hexdigest().upper()}"  # noqa: S324


def _rows(chunk: bytes) -> int:
    """Rows that were changed, of the first packet of an answer; 0 where it brings rows, or an error."""
    if len(chunk) < 6 or chunk[4] != _OK:
        return 0
    first = chunk[5]
    if first < 0xFB:
        return first
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0)
    return int.from_bytes(chunk[6 : 6 + width], "little")
