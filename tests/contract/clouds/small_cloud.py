"""A cloud's front doors as one small HTTP server: a keystone with a catalogue, and what each service would answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TYPES = {
    "keystone": ("identity", "/keystone/v3", "/keystone/healthcheck"),
    "glance": ("image", "/glance", "/glance/healthcheck"),
    "placement": ("placement", "/placement", "/placement/"),
    "nova": ("compute", "/nova/v2.1", "/nova/"),
    "neutron": ("network", "/neutron", "/neutron/healthcheck"),
    "cinder": ("volumev3", "/cinder/v3/p1", "/cinder/healthcheck"),
    "heat": ("orchestration", "/heat/v1/p1", "/heat/healthcheck"),
}
LOGIN = "/auth/login/"


def ago(seconds: float) -> str:
    return (datetime.now(tz=UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000000")


def answers() -> dict[str, Any]:
    """Path -> what it answers, as the services of 2025.1 do."""
    one = [{"id": "1"}]
    return {
        "/keystone/v3/projects": {"projects": one * 3},
        "/glance/v2/images": {"images": one},
        "/placement/resource_providers": {"resource_providers": []},
        "/nova/v2.1/servers": {"servers": one},
        "/nova/v2.1/os-services": {
            "services": [
                service("nova-compute", "cmp1", "up", 3),
                service("nova-compute", "cmp2", "down", 300, "disabled"),
            ]
        },
        "/nova/v2.1/": {"version": {"id": "v2.1", "version": "2.100", "min_version": "2.1"}},
        "/nova/v2.1/os-hypervisors/detail": {"hypervisors": [hypervisor("cmp1"), hypervisor("cmp2")]},
        "/nova/v2.1/servers/detail": {
            "servers": [server("a", "cmp1"), server("b", "cmp2", volume_backed=True)]
        },
        "/nova/v2.1/os-server-groups": {
            "server_groups": [
                {"id": "g", "name": "masts", "policies": ["anti-affinity"], "members": ["a", "b"]}
            ]
        },
        "/nova/v2.1/os-aggregates": {
            "aggregates": [{"name": "quay", "availability_zone": "quay", "hosts": ["cmp1"], "metadata": {}}]
        },
        "/neutron/v2.0/networks": {"networks": one * 2},
        "/neutron/v2.0/agents": {
            "agents": [
                {
                    "binary": "neutron-openvswitch-agent",
                    "host": "cmp1",
                    "alive": True,
                    "admin_state_up": True,
                    "heartbeat_timestamp": ago(5).replace("T", " ")[:19],
                }
            ]
        },
        "/cinder/v3/p1/volumes": {"volumes": one},
        "/cinder/v3/p1/os-services": {"services": [service("cinder-volume", "ctl-blue@fake", "up", 4)]},
        "/heat/v1/p1/stacks": {"stacks": one},
        "/heat/v1/p1/services": {
            "services": [engine("e0", "down", 5000), engine("e1", "up", 2), engine("e2", "down", 900)]
        },
    }


def service(binary: str, host: str, state: str, age_s: float, status: str = "enabled") -> dict[str, Any]:
    return {"binary": binary, "host": host, "state": state, "status": status, "updated_at": ago(age_s)}


def hypervisor(host: str) -> dict[str, Any]:
    """As nova 31 tells one at 2.53."""
    counts = {
        "vcpus": 8,
        "vcpus_used": 2,
        "memory_mb": 16384,
        "memory_mb_used": 4096,
        "cpu_info": {"model": "Nehalem"},
    }
    kind = {
        "hypervisor_type": "QEMU",
        "hypervisor_version": 10000013,
        "hypervisor_hostname": f"{host}.example",
    }
    return {"id": f"h-{host}", "service": {"host": host, "id": "s"}, **kind, **counts}


def server(name: str, host: str, *, volume_backed: bool = False) -> dict[str, Any]:
    """As nova 31 tells one at 2.53."""
    flavor = {
        "vcpus": 2,
        "ram": 4096,
        "disk": 10,
        "ephemeral": 5,
        "extra_specs": {"hw:cpu_policy": "dedicated"},
    }
    place = {
        "OS-EXT-SRV-ATTR:host": host,
        "OS-EXT-AZ:availability_zone": "quay",
        "OS-EXT-STS:task_state": None,
    }
    root = {
        "image": "" if volume_backed else {"id": "i"},
        "os-extended-volumes:volumes_attached": [{"id": "v"}],
    }
    return {
        "id": name,
        "name": f"web-{name}",
        "status": "ACTIVE",
        "tenant_id": "p",
        "flavor": flavor,
        **place,
        **root,
    }


def engine(number: str, status: str, age_s: float) -> dict[str, Any]:
    names = {"binary": "heat-engine", "host": "ctl-blue", "engine_id": number, "created_at": ago(9000)}
    return {**names, "status": status, "updated_at": ago(age_s)}


@dataclass
class SmallCloud:
    """The server, what it answers, and what it was asked."""

    address: str = ""
    answers: dict[str, Any] = field(default_factory=answers)
    down: set[str] = field(default_factory=set)
    """Services that answer 503."""
    garbled: set[str] = field(default_factory=set)
    """Services that answer 200 with what is not theirs."""
    forbidden: set[str] = field(default_factory=set)
    """Paths that answer 403, as to an account without the role they want."""
    asked: list[str] = field(default_factory=list)
    tokens: int = 0
    password: str = "right"

    def clouds_yaml(self, folder: Path, password: str = "right") -> Path:
        """A file with the entry `lab`."""
        file = folder / "clouds.yaml"
        auth = {"auth_url": f"{self.address}/keystone/v3", "username": "admin", "password": password}
        auth |= {"project_name": "admin", "user_domain_name": "Default", "project_domain_name": "Default"}
        file.write_text(json.dumps({"clouds": {"lab": {"auth": auth, "region_name": "RegionOne"}}}))
        return file

    def catalogue(self) -> list[dict[str, Any]]:
        return [
            {
                "type": kind,
                "name": name,
                "endpoints": [
                    {
                        "interface": interface,
                        "region": "RegionOne",
                        "region_id": "RegionOne",
                        "url": self.address + path,
                        "id": f"{name}-{interface}",
                    }
                    for interface in ("public", "internal", "admin")
                ],
            }
            for name, (kind, path, _) in TYPES.items()
        ]


@contextmanager
def small_cloud() -> Iterator[SmallCloud]:  # noqa: C901
    """The cloud while the block runs."""
    cloud = SmallCloud()

    class Doors(BaseHTTPRequestHandler):
        def log_message(self, *_words: Any) -> None:
            pass

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            cloud.asked.append(self.path)
            owner = path.split("/")[1]
            if owner in cloud.down or ("horizon" in cloud.down and path == LOGIN):
                self.answer(503, "busy")
            elif owner in cloud.garbled or ("horizon" in cloud.garbled and path == LOGIN):
                self.answer(200, {"something": "else"})
            elif path == LOGIN:
                self.answer(200, '<input name="csrfmiddlewaretoken">')
            elif path in [health for _, _, health in TYPES.values()]:
                self.answer(200, {})
            elif path == "/keystone/v3":
                self.answer(
                    200,
                    {
                        "version": {
                            "id": "v3.14",
                            "status": "stable",
                            "links": [{"rel": "self", "href": cloud.address + path}],
                        }
                    },
                )
            elif not self.headers.get("X-Auth-Token"):
                self.answer(401, {})
            elif path in cloud.forbidden:
                self.answer(403, {})
            elif "marker=" in self.path:
                self.answer(200, {key: [] for key in cloud.answers[path]})
            elif "global_tenant" in self.path:
                self.answer(403, {})
            else:
                self.answer(200 if path in cloud.answers else 404, cloud.answers.get(path, {}))

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            cloud.tokens += 1
            user = sent["auth"]["identity"]["password"]["user"]
            if "keystone" in cloud.down:
                self.answer(503, "busy")
            elif user["password"] != cloud.password:
                self.answer(401, {"error": {"code": 401, "title": "Unauthorized", "message": "no"}})
            else:
                token = {"catalog": cloud.catalogue(), "expires_at": "2199-01-01T00:00:00.000000Z"}
                token |= {
                    "issued_at": ago(0) + "Z",
                    "methods": ["password"],
                    "user": {"id": "u", "name": "admin"},
                }
                self.answer(201, {"token": token}, {"X-Subject-Token": f"t{cloud.tokens}"})

        def answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
            text = content if isinstance(content, str) else json.dumps(content)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Doors)
    cloud.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
