"""Which host a worker's record belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.cloud.model import Agent, Cloud, Host


def located(cloud: Cloud) -> Iterator[tuple[Agent, Host | None]]:
    """Every worker's record with the host it names; None when the cloud has no such host.

    Services write what `[DEFAULT] host` says: usually the host's name, sometimes with its domain, and cinder adds
    the backend (`ctl-blue@lvm`).
    """
    by_name = {host.name: host for host in cloud.hosts}
    by_first_label = {name.partition(".")[0]: host for name, host in by_name.items()}
    for agent in cloud.agents:
        name = agent.host.partition("@")[0]
        yield agent, by_name.get(name) or by_first_label.get(name.partition(".")[0])
