"""Linux hosts with systemd, read over a shell in one round trip each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from liftlock.cloud.model import FileSystem, Host, Role, Unit
from liftlock.drivers.on_host import ask
from liftlock.errors import LiftlockError
from liftlock.knowledge.artefact import package_of
from liftlock.knowledge.catalogue import parts, releases, services
from liftlock.knowledge.queues import QUEUE_OPTIONS, SECTION
from liftlock.knowledge.surveyed_options import OPTIONS
from liftlock.ports.clock import Clock
from liftlock.ports.shell import Shell

_RUNS_NOTHING = ("python-", "osc-", "skyline-console")
_RUNS_IN_HORIZON = ("-ui", "-dashboard", "-horizon")
_PATIENCE_S = 60.0


class LinuxHosts:
    """Keeps the `Hosts` port."""

    def __init__(
        self, shell: Shell, clock: Clock, hosts: Mapping[str, tuple[Role, ...]], root: str = "/opt/openstack"
    ) -> None:
        self._shell = shell
        self._clock = clock
        self._hosts = dict(hosts)
        self._root = root

    def names(self) -> tuple[str, ...]:
        """Hosts as they were given."""
        return tuple(self._hosts)

    def look(self, host: str) -> Host:
        """The host now; its clock is compared with the middle of the round trip."""
        roles = self._hosts[host]
        asked_at = self._clock.now()
        try:
            seen = ask(
                self._shell,
                host,
                "host",
                {**self._wish(), "control": Role.CONTROL in roles},
                parts=("trees", "inifile", "keysets", "below", "chosen", "itself", "loaded"),
                timeout_s=_PATIENCE_S,
            )
        except LiftlockError as problem:
            return Host(host, roles, reachable=False, problem=problem.what)
        answered_at = self._clock.now()
        # The program prints the time when everything else is read: half a moment before its answer is here.
        offset = seen.pop("clock") - answered_at
        return Host(
            name=host,
            roles=roles,
            reachable=True,
            clock_offset_s=offset if abs(offset) > answered_at - asked_at else 0.0,
            units=tuple(_unit(unit) for unit in seen.pop("units")),
            filesystems=tuple(FileSystem(**found) for found in seen.pop("filesystems")),
            releases=tuple(seen.pop("releases")),
            strangers=tuple(seen.pop("strangers")),
            held=tuple(seen.pop("held")),
            settings=tuple(seen.pop("settings")),
            addresses=tuple(seen.pop("addresses")),
            **seen,
        )

    def _wish(self) -> dict[str, object]:
        return {
            "root": self._root,
            "parts": list(parts()),
            "deliverables": list(deliverables_that_run()),
            "on_pypi": {package_of(name): name for name in deliverables_that_run()},
            "services": {service.name: list(service.configuration) for service in services().values()},
            "queues": {SECTION: list(QUEUE_OPTIONS)},
            "wanted": {service: [list(words) for words in wanted] for service, wanted in OPTIONS.items()},
        }


def _unit(seen: dict[str, Any]) -> Unit:
    return Unit(**{**seen, "replaced": tuple(seen.get("replaced", ()))})


@cache
def deliverables_that_run() -> tuple[str, ...]:
    """Deliverables of every known series that have programs of their own: no clients, no plug-ins of horizon."""
    every = {name for series in releases().values() for name in series.versions} | set(services())
    return tuple(
        sorted(n for n in every if not n.startswith(_RUNS_NOTHING) and not n.endswith(_RUNS_IN_HORIZON))
    )
