"""The lab's files in a folder, and what a survey would tell of them: a lab of paper, for what needs no programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from liftlock.checks.registry import examine
from liftlock.cloud.model import BalancerNode, Cloud, Host, PlannedHost, Role
from liftlock.drivers.hosts.linux import QUEUE_OPTIONS, SECTION
from liftlock.drivers.on_host import chosen
from liftlock.drivers.on_host.haproxy import told_in_files
from liftlock.drivers.on_host.host import queue_options
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.surveyed_options import OPTIONS
from liftlock.lab.cloudware.wishes import wish_for
from tests.clouds import small_cloud
from tests.unit.lab.labs import lab_in


class PaperLab:
    """A lab of `series`, written below `folder`: a folder for each host."""

    def __init__(self, folder: Path, series: str) -> None:
        self._folder = folder
        lab = lab_in(folder, series)
        self._healthy = replace(
            small_cloud(series), name="lab", greens=(PlannedHost("ctl-green", "ctl-blue", 3072),)
        )
        for host in lab.topology.hosts:
            for file in wish_for(lab, host).files:
                path = self.root(host.name) / file.path.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.content)

    def root(self, host: str) -> Path:
        """Where the host's own `/` is."""
        return self._folder / "hosts" / host

    def cloud(self) -> Cloud:
        """A healthy cloud with these files."""
        return replace(
            self._healthy,
            hosts=tuple(self._host(host) for host in self._healthy.hosts),
            balancers=tuple(self._balancer(node) for node in self._healthy.balancers),
        )

    def findings(self, target: str) -> Mapping[str, str]:
        """Name of each finding -> its sentence."""
        return {found.name: found.what for found in examine(self.cloud(), releases()[target])}

    def _host(self, host: Host) -> Host:
        below = {
            s.name: [str(self.root(host.name)) + d for d in s.configuration] for s in services().values()
        }
        wanted = {service: [list(words) for words in told] for service, told in OPTIONS.items()}
        return replace(
            host,
            options=chosen.options(below, wanted),
            settings=tuple(chosen.names(below)) if host.has(Role.CONTROL) else (),
            queue_options=queue_options(below, SECTION, list(QUEUE_OPTIONS)),
        )

    def _balancer(self, node: BalancerNode) -> BalancerNode:
        told = told_in_files(str(self.root(node.host) / "etc/haproxy"))
        return replace(
            node,
            keeps_state=bool(told["keeps_state"]),
            retries_on=tuple(told["retries_on"]),  # type: ignore[arg-type]
            check_s=float(str(told["check_s"])),
        )
