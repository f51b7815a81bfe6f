"""A small OpenStack over real sockets: honest, until it is told to lie."""

from __future__ import annotations

import itertools
import json
import re
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROJECT, USER, DOMAIN, SECRET = "p0", "u0", "d0", "s3cret"
Object = dict[str, Any]


@dataclass(frozen=True)
class Sort:
    """How the cloud keeps one kind of object."""

    service: str
    path: str
    plural: str
    key: str
    created: int = 201
    deleted: int = 204
    status: str = ""
    begins: str = ""
    ready: str = ""
    error: str = ""
    id_field: str = "id"
    name_field: str = "name"


SORTS = {
    "server": Sort("nova", "/servers", "servers", "server", 202, 204, "status", "BUILD", "ACTIVE", "ERROR"),
    "flavor": Sort("nova", "/flavors", "flavors", "flavor", 200, 202),
    "volume": Sort("cinder", "/volumes", "volumes", "volume", 202, 202, "status", "creating", "available", "error"),
    "volume type": Sort("cinder", "/types", "volume_types", "volume_type"),
    "network": Sort("neutron", "/networks", "networks", "network", 201, 204, "status", "ACTIVE", "ACTIVE", "ERROR"),
    "subnet": Sort("neutron", "/subnets", "subnets", "subnet"),
    "port": Sort("neutron", "/ports", "ports", "port"),
    "image": Sort("glance", "/images", "images", "", 201, 204, "status", "queued", "active", "killed"),
    "stack": Sort(
        "heat", "/stacks", "stacks", "stack", 201, 204,
        "stack_status", "CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED", name_field="stack_name",
    ),
    "project": Sort("keystone", "/projects", "projects", "project"),
    "resource provider": Sort(
        "placement", "/resource_providers", "resource_providers", "", id_field="uuid"
    ),
}  # fmt: skip

ROOTS = {
    "keystone": ("identity", "/v3", "/v3"),
    "glance": ("image", "", "/v2"),
    "placement": ("placement", "", ""),
    "nova": ("compute", "/v2.1", "/v2.1"),
    "neutron": ("network", "", "/v2.0"),
    "cinder": ("volumev3", f"/v3/{PROJECT}", f"/v3/{PROJECT}"),
    "heat": ("orchestration", f"/v1/{PROJECT}", f"/v1/{PROJECT}"),
    "horizon": ("", "/dashboard", "/dashboard"),
}
"""Service → type, what the catalogue adds to the address, what its paths begin with."""

LOGIN_PAGE = b"""<html><head><link rel="stylesheet" href="/dashboard/static/a1.css">
<script src="/dashboard/static/b2.js"></script></head><body><form method="post">
<input type="text" name="username"><input type="password" name="password"></form></body></html>"""


@dataclass
class Lie:
    """What the cloud does instead of what it should, to requests that match."""

    method: str
    service: str
    path: str
    """A regular expression, searched in the path."""
    act: Callable[[Talk], None]
    after: int = 0
    """How many matching requests are still answered honestly."""
    seen: int = field(default=0)

    def matches(self, talk: Talk) -> bool:
        """Whether this request gets the lie."""
        if (self.method, self.service) != (talk.command, talk.service) or not re.search(self.path, talk.path):
            return False
        self.seen += 1
        return self.seen > self.after


class Cloud:
    """Its objects, its lies, and a listener per service."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.lock = threading.RLock()
        self.tls = tls
        self.objects: dict[str, dict[str, Object]] = {name: {} for name in SORTS}
        self.files: dict[str, bytes] = {}
        self.lies: list[Lie] = []
        self.stuck: set[str] = set()
        """Kinds that never leave their first state."""
        self.erring: set[str] = set()
        """Kinds that end in their error state."""
        self.vanishing: set[str] = set()
        """Kinds that are accepted and forgotten."""
        self.staying: set[str] = set()
        """Kinds of which a delete is accepted and forgotten."""
        self.doubling: set[str] = set()
        """Kinds of which every create is carried out twice."""
        self.roles = ["admin", "member"]
        self.token_life_s = 3600.0
        self.tokens: set[str] = set()
        self.requests: list[tuple[str, str, str]] = []
        """Service, method, path of everything that came."""
        self._serial = itertools.count(1)
        self.listeners = {service: Listener(self, service) for service in ROOTS}
        self.put("volume type", {"name": "fake"})
        self.put("resource provider", {"name": "cmp1"})
        self.put("project", {"name": "demo", "domain_id": DOMAIN}, PROJECT)

    def put(self, kind: str, body: Object, object_id: str = "") -> str:
        """An object of a tenant, ready; returns its id."""
        sort = SORTS[kind]
        object_id = object_id or str(uuid.uuid4())
        found = {
            **body,
            sort.id_field: object_id,
            "created_at": "2026-01-01T00:00:00Z",
            "project_id": PROJECT,
        }
        if sort.status:
            found[sort.status] = sort.ready
        self.objects[kind][object_id] = found
        return object_id

    def url(self, service: str) -> str:
        """Where a service listens."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.listeners[service].port}"

    def lie(self, method: str, service: str, path: str, act: Callable[[Talk], None], after: int = 0) -> None:
        """From now on act so on requests that match."""
        self.lies.append(Lie(method, service, path, act, after))

    def close(self) -> None:
        """Stop listening."""
        for listener in self.listeners.values():
            listener.down()

    def token_body(self) -> Object:
        """What keystone says about us."""
        now = datetime.now(UTC)
        catalogue = [
            {
                "type": kind,
                "endpoints": [
                    {"interface": "internal", "region_id": "one", "url": "http://192.0.2.1:1/"},
                    {"interface": "public", "region_id": "one", "url": self.url(service) + root},
                ],
            }
            for service, (kind, root, _) in ROOTS.items()
            if kind
        ]
        return {
            "token": {
                "user": {"id": USER, "name": "demo"},
                "project": {"id": PROJECT, "domain": {"id": DOMAIN}},
                "roles": [{"name": role} for role in self.roles],
                "issued_at": now.isoformat().replace("+00:00", "Z"),
                "expires_at": (now + timedelta(seconds=self.token_life_s)).isoformat().replace("+00:00", "Z"),
                "catalog": catalogue,
            }
        }

    def new_token(self) -> str:
        """A token that works."""
        token = f"token-{next(self._serial)}"
        self.tokens.add(token)
        return token


class Listener:
    """One service's front door; it can be shut and opened again."""

    def __init__(self, cloud: Cloud, service: str) -> None:
        self.cloud = cloud
        self.service = service
        self.port = 0
        self.open: set[socket.socket] = set()
        self.up()

    def up(self) -> None:
        """Listen (again, on the same port)."""
        handler = type("BoundTalk", (Talk,), {"cloud": self.cloud, "service": self.service, "listener": self})
        self.server = _Server(("127.0.0.1", self.port), handler)
        self.port = self.server.server_address[1]
        self.server.tls = self.cloud.tls
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Refuse new connections and cut those that are open."""
        self.server.shutdown()
        self.server.server_close()
        for sock in tuple(self.open):
            hang_up(sock)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def hang_up(sock: socket.socket) -> None:
    """Close a connection now, whoever else holds it."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class Talk(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    cloud: Cloud
    service: str
    listener: Listener
    answered = 0
    """How many answers this connection has carried."""

    def setup(self) -> None:
        super().setup()
        self.listener.open.add(self.connection)

    def finish(self) -> None:
        self.listener.open.discard(self.connection)
        super().finish()

    def log_message(self, *_args: Any) -> None:
        pass

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.octets = self.rfile.read(length)
        with self.cloud.lock:
            self.cloud.requests.append((self.service, self.command, self.path))
            lie = next((lie for lie in self.cloud.lies if lie.matches(self)), None)
        if lie:
            lie.act(self)
        else:
            self.honest()

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815

    def honest(self, change: Callable[[Any], Any] | None = None) -> None:
        """Answer as the cloud should; `change` may edit the JSON on its way out."""
        with self.cloud.lock:
            status, body, headers = self._answer()
        if change:
            body = change(body)
        self.send(status, body, headers)

    def send(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        """Send an answer."""
        octets = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.head(status, len(octets), headers)
        self.wfile.write(octets)
        self.answered += 1

    def head(self, status: int, length: int, headers: dict[str, str] | None = None) -> None:
        """Send only the headers of one."""
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "X-Served-By": "blue",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def cut(self) -> None:
        """Hang up."""
        self.wfile.flush()
        self.close_connection = True
        hang_up(self.connection)

    def _answer(self) -> tuple[int, Any, dict[str, str]]:
        if self.service == "horizon":
            return self._page()
        path = self.path.partition("?")[0].removeprefix(ROOTS[self.service][2])
        if path == "/auth/tokens":
            return self._token()
        if self.headers.get("X-Auth-Token") not in self.cloud.tokens:
            return 401, {"error": "no token"}, {}
        for kind, sort in SORTS.items():
            if sort.service == self.service and re.fullmatch(rf"{sort.path}(/.*)?", path):
                rest = [part for part in path.removeprefix(sort.path).split("/") if part]
                return (*self._objects(kind, sort, rest), {})
        return 404, {"error": "no such path"}, {}

    def _page(self) -> tuple[int, Any, dict[str, str]]:
        pages = {
            "/dashboard/auth/login/": (LOGIN_PAGE, "text/html"),
            "/dashboard/static/a1.css": (b"body {}", "text/css"),
            "/dashboard/static/b2.js": (b"1;", "text/javascript"),
        }
        body, kind = pages.get(self.path, (b"", "text/html"))
        return (200 if body else 404), body, {"Content-Type": kind}

    def _token(self) -> tuple[int, Any, dict[str, str]]:
        if self.command == "GET":
            good = self.headers.get("X-Subject-Token") in self.cloud.tokens
            return (200, self.cloud.token_body(), {}) if good else (404, {"error": "no such token"}, {})
        user = json.loads(self.octets)["auth"]["identity"]["password"]["user"]
        if (user["name"], user["password"]) != ("demo", SECRET):
            return 401, {"error": "wrong password"}, {}
        return 201, self.cloud.token_body(), {"X-Subject-Token": self.cloud.new_token()}

    def _objects(self, kind: str, sort: Sort, rest: list[str]) -> tuple[int, Any]:
        objects = self.cloud.objects[kind]
        if self.command == "POST":
            return self._create(kind, sort)
        if not rest or rest == ["detail"]:
            return 200, {sort.plural: list(objects.values())}
        if rest[-1] == "file":
            return self._file(rest[0])
        object_id = rest[-1]
        if object_id not in objects:
            return 404, {"error": f"no {kind} {object_id}"}
        if self.command == "DELETE":
            return self._delete(kind, sort, object_id)
        return 200, self._wrap(sort, self._grown(kind, sort, objects[object_id]))

    @staticmethod
    def _wrap(sort: Sort, found: Object) -> Object:
        return {sort.key: dict(found)} if sort.key else dict(found)

    def _create(self, kind: str, sort: Sort) -> tuple[int, Any]:
        body = json.loads(self.octets)
        body = body[sort.key] if sort.key and sort.key in body else body
        found: Object = {}
        for _ in range(2 if kind in self.cloud.doubling else 1):
            found = self.cloud.objects[kind][self.cloud.put(kind, body)]
            if sort.status:
                found[sort.status] = sort.begins
        if kind in self.cloud.vanishing:
            del self.cloud.objects[kind][found["id"]]
        return sort.created, self._wrap(sort, found)

    def _delete(self, kind: str, sort: Sort, object_id: str) -> tuple[int, Any]:
        if kind not in self.cloud.staying:
            del self.cloud.objects[kind][object_id]
            subnets = self.cloud.objects["subnet"]
            for subnet in [each for each in subnets.values() if each.get("network_id") == object_id]:
                del subnets[subnet["id"]]
        return sort.deleted, None

    def _grown(self, kind: str, sort: Sort, found: Object) -> Object:
        """The object after one more look: what was being made is ready at the second."""
        if sort.status and found[sort.status] == sort.begins and kind not in self.cloud.stuck:
            looks = found["_looks"] = found.get("_looks", 0) + 1
            if looks > 1:
                found[sort.status] = sort.error if kind in self.cloud.erring else sort.ready
        return found

    def _file(self, image: str) -> tuple[int, Any]:
        if self.command == "PUT":
            self.cloud.files[image] = self.octets
            self.cloud.objects["image"][image]["size"] = len(self.octets)
            return 204, None
        return 200, self.cloud.files[image]


# Lies.


def status(code: int, message: str = "a lie") -> Callable[[Talk], None]:
    """This status instead of the right one."""
    return lambda talk: talk.send(code, {"error": {"message": message}})


def body(change: Callable[[Any], Any]) -> Callable[[Talk], None]:
    """The right status with other content."""
    return lambda talk: talk.honest(change)


def cut_before_answer(talk: Talk) -> None:
    """Read the request and hang up."""
    talk.cut()


def cut_after_headers(talk: Talk) -> None:
    """Promise a body and hang up."""
    talk.head(200, 5000)
    talk.cut()


def cut_in_body(talk: Talk) -> None:
    """Send half of the body and hang up."""
    talk.head(200, 5000)
    talk.wfile.write(b'{"servers": [' + b" " * 2000)
    talk.cut()


def cut_if_reused(talk: Talk) -> None:
    """Hang up on a request that came on a connection used before, after reading it."""
    if talk.answered:
        talk.cut()
    else:
        talk.honest()


def hang_up_when_idle(talk: Talk) -> None:
    """Answer rightly, as if the connection were kept, then close it."""
    talk.honest()
    talk.cut()


def drip(seconds: float) -> Callable[[Talk], None]:
    """Answer one byte at a time, never done within `seconds`."""

    def act(talk: Talk) -> None:
        talk.head(200, 10_000)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                talk.wfile.write(b" ")
                talk.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass
        talk.close_connection = True

    return act


def hang(release: threading.Event) -> Callable[[Talk], None]:
    """Say nothing until released."""

    def act(talk: Talk) -> None:
        release.wait(60)
        talk.close_connection = True

    return act


@contextmanager
def honest_cloud(tls: ssl.SSLContext | None = None) -> Iterator[Cloud]:
    """A cloud that listens while the block lasts."""
    cloud = Cloud(tls)
    try:
        yield cloud
    finally:
        cloud.close()
