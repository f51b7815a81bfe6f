"""What only somebody who does not know a cloud yet asks its API: addresses of hosts, services in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keystoneauth1.exceptions import ClientException
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import ConfigException, SDKException
from os_service_types import ServiceTypes

from liftlock.errors import BadInput, Unreachable
from liftlock.knowledge.catalogue import services


@dataclass(frozen=True, slots=True)
class Roster:
    """What a cloud's API tells a stranger."""

    clouds_yaml: Path | None = None
    """The file the entry was found in, if it was one."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Host as nova calls it -> address its hypervisor reports (`host_ip`)."""
    strangers: tuple[str, ...] = ()
    """Types in the catalogue that belong to no service liftlock knows."""
    problems: tuple[str, ...] = ()
    """What could not be read, one sentence each."""


def roster(cloud: str) -> Roster:
    """Ask the cloud of that entry in the `clouds.yaml` the `openstack` client reads; nothing is changed.

    Raises `BadInput` if the entry cannot be used and `Unreachable` if keystone does not let us in.
    """
    config = OpenStackConfig()
    try:
        connection = Connection(config=config.get_one(cloud=cloud))
    except ConfigException as problem:
        raise BadInput(
            f"the entry `{cloud}` of clouds.yaml cannot be used: {problem}",
            hint="name another with `--os-cloud`, or set OS_CLIENT_CONFIG_FILE to the file it is in",
        ) from problem
    try:
        access = connection.session.auth.get_access(connection.session)  # type: ignore[union-attr]
    except (ClientException, SDKException) as problem:
        raise Unreachable(
            f"keystone does not let us in as `{cloud}`: {problem}",
            hint="see whether `openstack --os-cloud " + cloud + " token issue` works from here",
        ) from problem
    problems = []
    addresses = {}
    try:
        for found in connection.compute.hypervisors(details=True):
            name = (found.service_details or {}).get("host") or found.name
            if name and found.host_ip:
                addresses[name] = found.host_ip
    except (ClientException, SDKException) as problem:
        problems.append(f"the addresses of compute hosts: nova does not list its hypervisors: {problem}")
    path = Path(config.config_filename).absolute() if config.config_filename else None
    catalogue = [entry["type"] for entry in access.service_catalog.normalize_catalog()]
    return Roster(path, addresses, unknown_types(catalogue), tuple(problems))


def unknown_types(catalogue: Iterable[str]) -> tuple[str, ...]:
    """Those types of a catalogue that are no service liftlock knows, under none of their names."""
    known = {service.catalogue_type for service in services().values()}
    types = ServiceTypes()
    return tuple(sorted(k for k in catalogue if k not in known and types.get_service_type(k) not in known))
