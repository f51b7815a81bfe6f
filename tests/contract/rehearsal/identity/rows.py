"""A small service that keeps projects, users, roles, groups and services where keystone has them, and lies on wish.

`faults.json` beside it says which: `dies`, `hangs`, `breaks`, `hides`, `renames` (each the name of a list), `keeps` (of
which list it deletes nothing). It is no keystone: it has its tables, a few of its requests, and one account.
"""

import configparser
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pymysql

FAULTS = json.loads(Path(__file__).with_name("faults.json").read_text())
LISTS = {
    "services": "SELECT id, JSON_VALUE(extra, '$.name') FROM service ORDER BY id",
    "projects": "SELECT id, name FROM project WHERE NOT is_domain ORDER BY id",
    "users": "SELECT u.id, l.name FROM `user` u JOIN local_user l ON l.user_id = u.id ORDER BY u.id",
    "roles": "SELECT id, name FROM role ORDER BY id",
    "groups": "SELECT id, name FROM `group` ORDER BY id",
}


def connected(file: str) -> pymysql.Connection:
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(file)
    address = urlsplit(settings["database"]["connection"])
    socket = parse_qs(address.query)["unix_socket"][0]
    return pymysql.connect(
        unix_socket=socket, user=address.username, database=address.path[1:], autocommit=True
    )


def made(cursor: pymysql.cursors.Cursor, key: str, identity: str, name: str) -> None:
    """A row of `key`, the list's name without its last letter."""
    columns = {"id": identity, "extra": json.dumps({"name": name})}
    if key == "service":
        columns |= {"type": name}
    elif key == "user":
        columns |= {"domain_id": "default"}
        cursor.execute(
            "INSERT INTO local_user (user_id, domain_id, name) VALUES (%s, 'default', %s)", (identity, name)
        )
    elif key == "role":
        columns |= {"name": name}
    else:
        columns |= {"name": name, "domain_id": "default"}
    names = ", ".join(f"`{c}`" for c in columns)
    places = ", ".join(["%s"] * len(columns))
    cursor.execute(f"INSERT INTO `{key}` ({names}) VALUES ({places})", tuple(columns.values()))
