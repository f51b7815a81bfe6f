"""A package index on 127.0.0.1: the simple repository API over releases that a test makes up."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass
class SmallIndex:
    """What it serves, and what it was asked for."""

    port: int = 0
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Package -> file name -> content."""
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    sent: dict[str, bytes] = field(default_factory=dict)
    """File name -> what is sent in place of its content; its listed hash stays."""
    status: int = 200
    listed_hash: str = ""
    """What it lists as every file's hash; empty for the right one."""
    hash_name: str = "sha256"
    """Under which name it lists hashes."""
    html: bool = False
    """Whether it speaks HTML only, as old mirrors do."""

    @property
    def address(self) -> str:
        """What pip would be given as `index-url`; with a password, which must never be told."""
        return f"http://somebody:s3cret@127.0.0.1:{self.port}/simple/"

    def release(self, package: str, version: str, sdist: Mapping[str, str], wheel: Mapping[str, str]) -> None:
        """Publish both forms of a version, made of path -> text."""
        there = self.files.setdefault(package, {})
        stem = package.replace("-", "_")
        if sdist:
            there[f"{stem}-{version}.tar.gz"] = archived(f"{stem}-{version}", sdist)
        if wheel:
            there[f"{stem}-{version}-py3-none-any.whl"] = zipped(wheel)

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        self.asked.append(path)
        if self.status != 200:
            return self.status, "text/plain", b"no"
        first, *rest = path.strip("/").split("/")
        if first == "files" and rest[-1] in self.files.get(rest[0], {}):
            return 200, "application/octet-stream", self.sent.get(rest[-1], self.files[rest[0]][rest[-1]])
        if first == "simple" and rest and rest[0] in self.files:
            return (
                (200, "text/html", self._page(rest[0])) if self.html else (200, JSON, self._listing(rest[0]))
            )
        return 404, "text/plain", b"not found"

    def _listing(self, package: str) -> bytes:
        listed = [
            {
                "filename": name,
                "url": f"/files/{package}/{name}",
                "hashes": {self.hash_name: self.listed_hash or sha256(content)},
            }
            for name, content in self.files[package].items()
        ]
        return json.dumps({"meta": {"api-version": "1.0"}, "name": package, "files": listed}).encode()

    def _page(self, package: str) -> bytes:
        links = (
            f'<a href="/files/{package}/{name}#sha256={sha256(content)}">{name}</a>'
            for name, content in self.files[package].items()
        )
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archived(top: str, texts: Mapping[str, str]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for path, text in texts.items():
            item = tarfile.TarInfo(f"{top}/{path}")
            item.size = len(text.encode())
            archive.addfile(item, io.BytesIO(text.encode()))
    return whole.getvalue()


def zipped(texts: Mapping[str, str]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
    return whole.getvalue()


@contextmanager
def serving() -> Iterator[SmallIndex]:
    """An empty index that listens until the block ends."""
    index = SmallIndex()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = index.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    index.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
