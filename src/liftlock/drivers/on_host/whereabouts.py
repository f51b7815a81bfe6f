"""On a host: what it holds of a cloud and where the rest is, in one look that changes nothing; no secret leaves it."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from liftlock.drivers.on_host.host import show

GROUND = ("mariadb", "mysql", "mysqld", "rabbitmq-server", "haproxy")
"""Units of what a cloud stands on."""
HAPROXY = ("/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d/*.cfg")
SECTIONS = ("frontend", "backend", "listen")

CONNECTION = re.compile(
    r"[\w+]+://(?:[^:/@]*(?::[^@]*)?@)?(?P<host>\[[^\]/?]+\]|[\w.-]+)(?::(?P<port>\d+))?(?:/(?P<name>[\w$-]*))?(?:\?.*)?"
)
"""A database address as SQLAlchemy 2.0 (`engine.url`) takes it apart: a password may hold `/`, `#` and `?`."""
PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(?P<port>\d+))?")


def settings(text: str, option: str) -> dict[str, str]:
    """Section -> what the option is set to there, of an INI file."""
    found, section = {}, ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip()[1:-1]
        elif setting := re.match(rf"{option}\s*[=:]\s*(.*)", line):
            found[section] = setting[1].strip().strip("\"'")
    return found


def database(url: str) -> dict[str, object] | None:
    """Host, port and name out of a `connection`, never the user or the password; None if it makes no sense."""
    found = CONNECTION.fullmatch(url)
    return {**place(found["host"], found["port"]), "name": found["name"] or ""} if found else None


def brokers(url: str) -> list[dict[str, object]]:
    """Hosts and ports out of a `transport_url`, which may name several; never users or passwords."""
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    if url.count("@") != authority.count("@"):
        # A password that is not quoted as it should be: what looks like a host may be a piece of it.
        return []
    pieces = [piece for piece in authority.split(",") if "@" in piece or "@" not in authority]
    found = [PLACE.fullmatch(piece.rpartition("@")[2]) for piece in pieces]
    return [place(one["host"], one["port"]) for one in found if one]


def place(host: str, port: str | None) -> dict[str, object]:
    """A host as it is written, and the addresses it has as seen from here."""
    host = host.strip("[]")
    return {"host": host, "port": int(port) if port else None, "addresses": addresses_of(host)}


def addresses_of(host: str) -> list[str]:
    """Addresses of a name, or the address itself; a loopback stands for this host and is left out."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except OSError:
        return []
    return [a for a in dict.fromkeys(found) if not ipaddress.ip_address(a.partition("%")[0]).is_loopback]


def own_addresses() -> list[str]:
    """Addresses this host answers on, without loopback and link-local ones."""
    try:
        text = subprocess.run(["ip", "-o", "addr"], stdout=subprocess.PIPE, text=True, check=False).stdout
    except OSError:
        return []
    found = re.findall(r"\binet6? ([0-9a-fA-F.:]+)(?:/\d+)?", text)
    parsed = [ipaddress.ip_address(a) for a in found]
    return [str(a) for a in dict.fromkeys(parsed) if not (a.is_loopback or a.is_link_local)]


def configured(services: dict[str, list[str]], root: Path = Path("/")) -> Iterator[tuple[str, str]]:
    """(service, text) of every configuration file of the services, in the order in which they count."""
    for service, directories in services.items():
        for directory in directories:
            folder = root / directory.lstrip("/")
            for path in (*sorted(folder.glob("*.conf")), *sorted(folder.glob("*.d/*.conf"))):
                yield service, path.read_text(errors="replace")


def configuration(files: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Where services keep their databases and brokers, and under which names this host reports."""
    databases: dict[str, dict[str, object]] = {}
    at_brokers: dict[str, object] = {}
    aliases = set()
    for service, text in files:
        for section, url in settings(text, "connection").items():
            if section.endswith("database") and (found := database(url)):
                databases.setdefault(service, {})[section] = found
        url = settings(text, "transport_url").get("DEFAULT", "")
        if found_brokers := brokers(url):
            at_brokers[service] = found_brokers
        aliases |= {settings(text, "host").get("DEFAULT", ""), *settings(text, "backend_host").values()}
    return {"databases": databases, "brokers": at_brokers, "aliases": sorted(aliases - {""})}


def balancer(text: str) -> dict[str, object]:
    """HAProxy's administration sockets, and its sections with what they listen on and send to."""
    sockets: list[str] = []
    sections: list[dict[str, object]] = []
    ports: dict[str, list[object]] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] in SECTIONS and len(words) > 1:
            ports = {"binds": [], "backends": [], "servers": []}
            sections.append({"kind": words[0], "name": words[1], **ports})
            words = ["bind", *words[2:3]]
        elif words[0] in (
            "global",
            "defaults",
            "resolvers",
            "userlist",
            "peers",
            "program",
            "cache",
            "mailers",
        ):
            ports = {}
        if words[:2] == ["stats", "socket"] and "admin" in words and words[2].startswith("/"):
            sockets.append(words[2])
        elif ports and words[0] == "bind" and len(words) > 1:
            ports["binds"] += [found for one in words[1].split(",") if (found := bound(one))]
        elif ports and words[0] in ("default_backend", "use_backend") and "%" not in words[1]:
            ports["backends"].append(words[1])
        elif ports and words[0] == "server" and len(words) > 2 and (at := PLACE.fullmatch(words[2])):
            ports["servers"].append(place(at["host"], at["port"]))
    return {"sockets": sockets, "sections": sections}


def bound(words: str) -> dict[str, object] | None:
    """Address (empty for every one) and port of a `bind`."""
    host, _, port = words.rpartition(":")
    if not port.isdigit():
        return None
    host = host.strip("[]")
    return {"host": "" if host in ("", "*", "0.0.0.0", "::") else host, "port": int(port)}  # noqa: S104


def units(parts: list[str]) -> list[dict[str, str]]:
    """Name, state and program of those units that exist here and run, or start when the host boots."""
    wanted = ("Id", "LoadState", "ActiveState", "UnitFileState", "ExecStart")
    return [
        {
            "name": unit["Id"][: -len(".service")],
            "program": "".join(re.findall(r"path=(\S+)", unit.get("ExecStart", ""))[:1]),
        }
        for unit in show([f"{part}.service" for part in parts], wanted)
        if unit.get("LoadState") == "loaded"
        and (
            unit.get("ActiveState") in ("active", "reloading", "activating")
            or unit.get("UnitFileState") in ("enabled", "enabled-runtime")
        )
    ]


def ground() -> list[str]:
    """What a cloud stands on and runs here: `mariadb`, `rabbitmq-server`, `haproxy`."""
    found = show([f"{unit}.service" for unit in GROUND], ("Id", "ActiveState"))
    return sorted({u["Id"][: -len(".service")] for u in found if u.get("ActiveState") == "active"})


def main(*, parts: list[str], services: dict[str, list[str]]) -> None:
    """Look, and print."""
    texts = [
        path.read_text(errors="replace") for name in HAPROXY for path in sorted(Path("/").glob(name[1:]))
    ]
    machine = Path("/etc/machine-id")
    seen = {
        "hostname": socket.gethostname(),
        "machine_id": machine.read_text().strip() if machine.is_file() else "",
        "addresses": own_addresses(),
        "units": units(parts),
        "ground": ground(),
        **configuration(configured(services)),
        **balancer("\n".join(texts)),
    }
    print(json.dumps(seen))
