"""The requests it answers, two items a page."""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from keystone.rows import FAULTS, LISTS, connected, made

PAGE = 2

if "dies" in FAULTS:
    raise ImportError(FAULTS["dies"])


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    status, body, headers = answer(environ)
    told = json.dumps(body).encode() if body is not None else b""
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(told))), *headers])
    return [told]


def answer(environ: dict[str, Any]) -> tuple[str, Any, list[tuple[str, str]]]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if path == "/healthcheck":
        return "200 OK", {}, []
    body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
    name = path.split("/")[2]
    with (
        connected(f"{os.environ['OS_KEYSTONE_CONFIG_DIR']}/keystone.conf") as session,
        session.cursor() as cursor,
    ):
        if path == "/v3/auth/tokens":
            return token(cursor, body)
        if environ.get("HTTP_X_AUTH_TOKEN") != "small":
            return "401 Unauthorized", {"error": "no token"}, []
        if FAULTS.get("hangs") == name:
            time.sleep(3600)
        if FAULTS.get("breaks") == name:
            return "500 Internal Server Error", {"error": {"message": "Unknown column 'role.more'"}}, []
        if method == "POST":
            return created(cursor, name, body)
        return one(cursor, method, path) if path.count("/") == 3 else listed(cursor, name, environ)


def token(cursor: Any, body: Any) -> tuple[str, Any, list[tuple[str, str]]]:
    user = body["auth"]["identity"]["password"]["user"]
    cursor.execute(
        "SELECT JSON_VALUE(u.extra, '$.password') FROM `user` u JOIN local_user l ON l.user_id = u.id"
        " WHERE l.name = %s",
        (user["name"],),
    )
    if cursor.fetchone() != (user["password"],):
        return "401 Unauthorized", {"error": "wrong password"}, []
    return "201 Created", {"token": {"project": {"id": "ours"}}}, [("X-Subject-Token", "small")]


def listed(cursor: Any, name: str, environ: dict[str, Any]) -> tuple[str, Any, list[tuple[str, str]]]:
    cursor.execute(LISTS[name])
    rows = [{"id": i, "name": n} for i, n in cursor.fetchall()]
    if FAULTS.get("hides") == name:
        rows.pop()
    if FAULTS.get("renames") == name:
        rows[0]["name"] = "another"
    first = int(parse_qs(environ["QUERY_STRING"]).get("from", ["0"])[0])
    more = f"http://127.0.0.1:5000/v3/{name}?from={first + PAGE}" if first + PAGE < len(rows) else None
    return "200 OK", {name: rows[first : first + PAGE], "links": {"next": more}}, []


def created(cursor: Any, name: str, body: Any) -> tuple[str, Any, list[tuple[str, str]]]:
    ((key, told),) = body.items()
    identity = uuid.uuid4().hex
    made(cursor, key, identity, told["name"])
    return "201 Created", {key: {"id": identity, "name": told["name"]}}, []


def one(cursor: Any, method: str, path: str) -> tuple[str, Any, list[tuple[str, str]]]:
    name, identity = path.split("/")[2:]
    key = name[:-1]
    if method == "DELETE":
        if FAULTS.get("keeps") != name:
            cursor.execute("DELETE FROM local_user WHERE user_id = %s", (identity,))
            cursor.execute(f"DELETE FROM `{key}` WHERE id = %s", (identity,))
        return "204 No Content", None, []
    cursor.execute(LISTS[name])
    found = dict(cursor.fetchall()).get(identity)
    if found is None:
        return "404 Not Found", {"error": "there is none"}, []
    return "200 OK", {key: {"id": identity, "name": found}}, []
