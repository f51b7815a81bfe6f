"""HAProxy, asked through its runtime socket on each balancer host."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence

from liftlock.cloud.model import BackendServer, BalancerNode
from liftlock.drivers.on_host import ask
from liftlock.errors import LiftlockError
from liftlock.ports.shell import Shell

_NOT_A_SERVER = ("FRONTEND", "BACKEND")


class HaProxy:
    """Keeps the `Balancer` port; `backends` says which backend serves a service: service -> backend."""

    def __init__(
        self,
        shell: Shell,
        hosts: Sequence[str],
        backends: Mapping[str, str],
        socket: str = "/run/haproxy/admin.sock",
    ) -> None:
        self._shell = shell
        self._hosts = tuple(hosts)
        self._services = {backend: service for service, backend in backends.items()}
        self._socket = socket

    def look(self) -> tuple[BalancerNode, ...]:
        """Every node, one round trip each."""
        return tuple(self._node(host) for host in self._hosts)

    def _node(self, host: str) -> BalancerNode:
        try:
            seen = ask(self._shell, host, "haproxy", {"socket": self._socket})
        except LiftlockError as problem:
            return BalancerNode(host, reachable=False, problem=problem.what)
        version = dict(line.split(": ", 1) for line in seen["info"].splitlines() if ": " in line).get(
            "Version", ""
        )
        files = seen["files"]
        return BalancerNode(
            host,
            reachable=True,
            version=version,
            servers=tuple(self._servers(seen["stat"])),
            keeps_state=files.get("keeps_state"),
            retries_on=tuple(files.get("retries_on", ())),
            check_s=float(files.get("check_s", 0)),
        )

    def _servers(self, stat: str) -> Iterator[BackendServer]:
        # HAProxy 2.6 management guide, 9.1: CSV with a header that begins with `# `.
        for row in csv.DictReader(stat.removeprefix("# ").splitlines()):
            if row["svname"] in _NOT_A_SERVER or row["pxname"] not in self._services:
                continue
            yield BackendServer(
                service=self._services[row["pxname"]],
                name=row["svname"],
                up=row["status"].startswith("UP") or row["status"] == "no check",
                weight=int(row["weight"] or 0),
                retries=int(row["wretr"] or 0) + int(row["wredis"] or 0),
                fall=int(row.get("check_fall") or 0),
            )
