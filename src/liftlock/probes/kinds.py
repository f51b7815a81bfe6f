"""The kinds of object, as a table: how each is made, read, compared and deleted.

Statuses and fields are those of the APIs' own references (compute 2.1, block storage v3, network v2.0,
image v2, orchestration v1, identity v3, placement 1.0), read for 2025.1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

References = Mapping[str, str]
"""Ids that bodies refer to: `image`, `flavor`, `network`, `domain`."""

Body = Callable[[str, References], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object and the API that has it."""

    name: str
    service: str
    collection: str
    """Path of the list, below the service's endpoint."""
    plural: str
    """Key of the list in its answer."""
    key: str
    """Key of the object in the answer to a show; empty: the answer is the object."""
    stable: tuple[str, ...]
    """Fields that must not change while nobody changes the object; `image.id` is a field of a field."""
    body: Body | None = None
    """What to send to make one; none: it is only read."""
    create_status: int = 201
    delete_status: int = 204
    status: str = ""
    """The field that tells how far it is; empty: it is ready once it is there."""
    ready: str = ""
    broken: tuple[str, ...] = ()
    """Values of `status` from which it will not become ready."""
    id_field: str = "id"
    name_field: str = "name"
    show: str = "{collection}/{id}"
    query: str = ""
    """Appended to the list's path; `{project}` is our project."""
    companions: tuple[str, ...] = ()
    """Kinds made along with it, and gone with it."""
    deleted: str = ""
    """Value of `status` that means gone, beside 404 (heat remembers what it deleted)."""
    admin: bool = False
    """Whether it takes an administrator to make one."""

    def list_path(self, project: str) -> str:
        """Path of the list of our objects."""
        return self.collection + self.query.format(project=project)

    def show_path(self, object_id: str, name: str) -> str:
        """Path of one object."""
        return self.show.format(collection=self.collection, id=object_id, name=name)

    def unwrap(self, body: Any) -> dict[str, Any]:
        """The object in the answer to a show or a create."""
        found: dict[str, Any] = body[self.key] if self.key else body
        return found

    def fields(self, found: Mapping[str, Any]) -> dict[str, object]:
        """The stable fields of an object, lists in an order of our own."""
        names = (*self.stable, *([self.status] if self.status else []))
        return {name: _ordered(_dig(found, name)) for name in names}


def differences(before: Mapping[str, object], now: Mapping[str, object]) -> str:
    """What changed, `size: 1 became 2; …`; empty if nothing did."""
    changed = [name for name in before if before[name] != now.get(name)]
    return "; ".join(f"{name}: {before[name]!r} became {now.get(name)!r}" for name in changed)


def _dig(found: Mapping[str, Any], name: str) -> Any:
    value: Any = found
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return value


IMAGE_BYTES = b"liftlock probe image: nobody boots this for its content.\n" * 1200
"""What an image is filled with and must read back as; about 64 KiB."""


def _server(name: str, refs: References) -> dict[str, object]:
    return {
        "server": {
            "name": name,
            "imageRef": refs["image"],
            "flavorRef": refs["flavor"],
            "networks": [{"uuid": refs["network"]}],
            "metadata": {"probe": name},
        }
    }


def _volume(name: str, _refs: References) -> dict[str, object]:
    return {"volume": {"name": name, "size": 1, "metadata": {"probe": name}}}


def _image(name: str, _refs: References) -> dict[str, object]:
    return {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "private"}


def _network(name: str, _refs: References) -> dict[str, object]:
    return {"network": {"name": name, "admin_state_up": True}}


def _subnet(name: str, refs: References) -> dict[str, object]:
    # RFC 5737's documentation range; networks of their own may all have the same.
    return {"subnet": {"name": name, "network_id": refs["network"], "ip_version": 4, "cidr": "192.0.2.0/24"}}


def _port(name: str, refs: References) -> dict[str, object]:
    return {"port": {"name": name, "network_id": refs["network"]}}


def _flavor(name: str, _refs: References) -> dict[str, object]:
    return {"flavor": {"name": name, "ram": 64, "vcpus": 1, "disk": 1}}


def _project(name: str, refs: References) -> dict[str, object]:
    return {"project": {"name": name, "domain_id": refs["domain"], "description": f"made by {name}"}}


def _stack(name: str, _refs: References) -> dict[str, object]:
    template = {
        "heat_template_version": "2018-08-31",
        "resources": {
            "text": {"type": "OS::Heat::RandomString", "properties": {"length": 16}},
            "net": {"type": "OS::Neutron::Net", "properties": {"name": name}},
        },
        "outputs": {
            "text": {"value": {"get_attr": ["text", "value"]}},
            "net": {"value": {"get_resource": "net"}},
        },
    }
    return {"stack_name": name, "template": template, "timeout_mins": 5, "disable_rollback": True}


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "server",
            "nova",
            "/servers",
            "servers",
            "server",
            ("name", "image.id", "flavor.id", "tenant_id", "user_id", "created", "addresses", "metadata"),
            _server,
            create_status=202,
            status="status",
            ready="ACTIVE",
            broken=("ERROR", "DELETED"),
        ),
        Kind(
            "stack",
            "heat",
            "/stacks",
            "stacks",
            "stack",
            ("stack_name", "creation_time", "outputs", "parameters", "stack_owner"),
            _stack,
            status="stack_status",
            ready="CREATE_COMPLETE",
            broken=("CREATE_FAILED", "DELETE_COMPLETE", "DELETE_FAILED"),
            name_field="stack_name",
            # By name and id: by one of them heat answers with a redirection.
            show="{collection}/{name}/{id}",
            deleted="DELETE_COMPLETE",
        ),
        Kind(
            "volume",
            "cinder",
            "/volumes",
            "volumes",
            "volume",
            ("name", "size", "volume_type", "user_id", "created_at", "bootable", "encrypted", "metadata"),
            _volume,
            create_status=202,
            delete_status=202,
            status="status",
            ready="available",
            broken=("error",),
        ),
        Kind(
            "port",
            "neutron",
            "/ports",
            "ports",
            "port",
            ("name", "network_id", "mac_address", "fixed_ips", "admin_state_up", "project_id"),
            _port,
            query="?project_id={project}",
        ),
        Kind(
            "network",
            "neutron",
            "/networks",
            "networks",
            "network",
            ("name", "project_id", "admin_state_up", "shared", "mtu", "subnets", "created_at"),
            _network,
            status="status",
            ready="ACTIVE",
            broken=("ERROR",),
            query="?project_id={project}",
            companions=("subnet",),
        ),
        Kind(
            "subnet",
            "neutron",
            "/subnets",
            "subnets",
            "subnet",
            ("name", "network_id", "cidr", "gateway_ip", "enable_dhcp", "allocation_pools", "project_id"),
            _subnet,
            query="?project_id={project}",
        ),
        Kind(
            "image",
            "glance",
            "/images",
            "images",
            "",
            ("name", "size", "checksum", "os_hash_value", "disk_format", "visibility", "owner", "created_at"),
            _image,
            status="status",
            ready="active",
            broken=("killed", "deleted"),
            query="?limit=1000",
        ),
        Kind(
            "flavor",
            "nova",
            "/flavors",
            "flavors",
            "flavor",
            ("name", "ram", "vcpus", "disk"),
            _flavor,
            create_status=200,
            delete_status=202,
            admin=True,
        ),
        Kind(
            "project",
            "keystone",
            "/projects",
            "projects",
            "project",
            ("name", "domain_id", "enabled", "description", "parent_id"),
            _project,
            admin=True,
        ),
        Kind("volume type", "cinder", "/types", "volume_types", "volume_type", ("name",)),
        Kind(
            "resource provider",
            "placement",
            "/resource_providers",
            "resource_providers",
            "",
            ("name",),
            id_field="uuid",
            admin=True,
        ),
    )
}
"""Every kind, in the order in which leftovers are cleared away: users before what they use."""

WRITTEN = ("server", "volume", "network", "image", "stack", "project")
"""The kinds that are made and deleted all the time."""


def kinds(names: Iterable[str]) -> tuple[Kind, ...]:
    """The kinds of these names."""
    return tuple(KINDS[name] for name in names)
