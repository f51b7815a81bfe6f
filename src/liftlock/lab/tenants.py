"""What tenants have in the lab's cloud before anybody upgrades it, and whether it is still as it was."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from liftlock.lab.cloudware.accounts import connect
from liftlock.lab.cloudware.patience import until
from liftlock.lab.cloudware.setting import Setting

PROJECT = "harbour"
PEOPLE = ("ann", "ben")
SERVERS = ("quay-1", "quay-2", "quay-3")
IMAGE_BYTES = 1 << 20

STACK = {
    "heat_template_version": "2018-08-31",
    "resources": {
        "word": {"type": "OS::Heat::RandomString", "properties": {"length": 12}},
        "basin": {"type": "OS::Neutron::Net", "properties": {"name": "basin"}},
        "basin_subnet": {
            "type": "OS::Neutron::Subnet",
            "properties": {"network": {"get_resource": "basin"}, "cidr": "10.202.0.0/24"},
        },
    },
    "outputs": {"word": {"value": {"get_attr": ["word", "value"]}}},
}

State = Mapping[str, Mapping[str, Any]]
"""`kind name` of an object -> what can be seen of it."""

VOLATILE = frozenset({"updated_at", "updated", "location", "links", "revision_number", "etag"})
"""Fields that services write by themselves."""

SEEN: Mapping[str, tuple[str, ...]] = {
    "project": ("id", "name", "domain_id", "is_enabled"),
    "user": ("id", "name", "domain_id", "is_enabled"),
    "image": ("id", "name", "status", "checksum", "size", "visibility", "owner_id", "disk_format"),
    "flavor": ("id", "name", "ram", "vcpus", "disk", "is_public"),
    "network": ("id", "name", "status", "is_admin_state_up", "project_id", "subnet_ids", "mtu"),
    "subnet": ("id", "name", "cidr", "gateway_ip", "network_id", "is_dhcp_enabled", "allocation_pools"),
    "port": ("id", "network_id", "mac_address", "fixed_ips", "device_id", "status", "binding_host_id"),
    "server": (
        *("id", "name", "status", "vm_state", "power_state", "task_state", "addresses", "compute_host"),
        *("created_at", "launched_at", "metadata", "fault"),
    ),
    "volume": ("id", "name", "status", "size", "volume_type", "host", "metadata", "created_at"),
    "stack": ("id", "name", "status", "outputs", "created_at"),
}
"""Kind -> fields of openstacksdk's objects that tell what users see."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not what it was."""

    object: str
    """`server quay-1`."""
    field: str
    """Name of the field; empty when the whole object is new or gone."""
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.object}{' ' + self.field if self.field else ''}: was {self.before}, is {self.now}"


class Tenants:
    """The tenants of one lab; to be used on its bastion."""

    def __init__(self, lab: Setting) -> None:
        self._lab = lab
        self._admin = connect(lab)

    def settle(self) -> str:
        """Make what tenants have; what is there is left alone. Says what was missing."""
        made = [*self._people()]
        ann = self._as_ann()
        made += [*self._building_blocks(ann)]
        made += [*self._things(ann)]
        until(lambda: _unready(ann), what="tenants' things")
        return f"made {', '.join(made)}" if made else ""

    def settle_for_probes(self) -> str:
        """Make image, flavor and network the prober boots servers from, in its own project."""
        probe = connect(self._lab, user="probe", project="probe", account="probe")
        made = [*_image(probe, "probe-image"), *_flavor(self._admin, "probe-flavor", ram=64)]
        made += [*_network(probe, "probe-net", "10.203.0.0/20")]
        return f"made {', '.join(made)}" if made else ""

    def describe(self) -> State:
        """What can be seen of every tenants' thing, by kind and name."""
        ann = self._as_ann()
        return {name: _seen(kind, thing) for kind, name, thing in self._all(ann)}

    def _as_ann(self) -> Any:
        return connect(self._lab, user=PEOPLE[0], project=PROJECT, account="tenant")

    def _people(self) -> Iterator[str]:
        identity = self._admin.identity
        domain = identity.find_domain("Default", ignore_missing=False).id
        project = identity.find_project(PROJECT, domain_id=domain)
        if not project:
            project = identity.create_project(name=PROJECT, domain_id=domain)
            yield f"project {PROJECT}"
        member = identity.find_role("member", ignore_missing=False)
        for name in PEOPLE:
            user = identity.find_user(name, domain_id=domain)
            if not user:
                user = identity.create_user(name=name, password=self._lab.secrets["tenant"], domain_id=domain)
                yield f"user {name}"
            identity.assign_project_role_to_user(project, user, member)

    def _building_blocks(self, ann: Any) -> Iterator[str]:
        yield from _image(ann, "punt")
        yield from _flavor(self._admin, "small", ram=128)
        yield from _network(ann, "canal", "10.201.0.0/24")

    def _things(self, ann: Any) -> Iterator[str]:
        image, network = ann.image.find_image("punt"), ann.network.find_network("canal")
        flavor = self._admin.compute.find_flavor("small")
        for name in SERVERS:
            if not ann.compute.find_server(name):
                ann.compute.create_server(
                    name=name,
                    image_id=image.id,
                    flavor_id=flavor.id,
                    networks=[{"uuid": network.id}],
                    metadata={"cargo": "coal"},
                )
                yield f"server {name}"
        if not ann.block_storage.find_volume("hold"):
            ann.block_storage.create_volume(name="hold", size=1, metadata={"cargo": "grain"})
            yield "volume hold"
        if not ann.orchestration.find_stack("lock"):
            ann.orchestration.create_stack(name="lock", template=STACK)
            yield "stack lock"

    def _all(self, ann: Any) -> Iterator[tuple[str, str, Any]]:
        """(kind, `kind name`, object) of everything there is."""
        identity = self._admin.identity
        project = identity.find_project(PROJECT, ignore_missing=False)
        yield "project", f"project {PROJECT}", project
        for name in PEOPLE:
            yield "user", f"user {name}", identity.find_user(name, ignore_missing=False)
        yield "flavor", "flavor small", self._admin.compute.find_flavor("small", ignore_missing=False)
        lists: dict[str, Callable[[], Any]] = {
            "image": lambda: ann.image.images(owner=project.id),
            "network": lambda: ann.network.networks(project_id=project.id),
            "subnet": lambda: ann.network.subnets(project_id=project.id),
            # As the administrator: where servers run is not for tenants to see.
            "port": lambda: self._admin.network.ports(project_id=project.id),
            "server": lambda: self._admin.compute.servers(all_projects=True, project_id=project.id),
            "volume": lambda: self._admin.block_storage.volumes(all_projects=True, project_id=project.id),
            "stack": lambda: (ann.orchestration.get_stack(s.id) for s in ann.orchestration.stacks()),
        }
        for kind, found in lists.items():
            for thing in found():
                yield kind, f"{kind} {thing.name or thing.id}", thing


def unchanged(before: State, now: State) -> tuple[Difference, ...]:
    """What differs between two descriptions; empty when nothing changed."""
    found = [Difference(name, "", "there", "gone") for name in before if name not in now]
    found += [Difference(name, "", "not there", "there") for name in now if name not in before]
    for name in before.keys() & now.keys():
        fields = before[name].keys() | now[name].keys()
        pairs = [(field, before[name].get(field), now[name].get(field)) for field in fields]
        found += [
            Difference(name, field, str(was), str(is_now)) for field, was, is_now in pairs if was != is_now
        ]
    return tuple(sorted(found, key=lambda d: (d.object, d.field)))


def _seen(kind: str, thing: Any) -> dict[str, Any]:
    plain = thing.to_dict()
    return {field: _steady(plain.get(field)) for field in SEEN[kind]}


def _steady(value: Any) -> Any:
    """Lists whose order means nothing, in one order; what services write by themselves left out."""
    if isinstance(value, Mapping):
        return {k: _steady(v) for k, v in sorted(value.items()) if k not in VOLATILE}
    if isinstance(value, (list, tuple)):
        return sorted((_steady(v) for v in value), key=repr)
    return value


def _unready(cloud: Any) -> str:
    """What is not in the state it should reach, as a few words."""
    states = {f"server {s.name}": (s.status, "ACTIVE") for s in cloud.compute.servers()}
    states |= {f"volume {v.name}": (v.status, "available") for v in cloud.block_storage.volumes()}
    states |= {f"stack {s.name}": (s.status, "CREATE_COMPLETE") for s in cloud.orchestration.stacks()}
    wanted = (*(f"server {name}" for name in SERVERS), "volume hold", "stack lock")
    late = [f"{name} is {states.get(name, ('missing', ''))[0]}" for name in wanted if not _good(states, name)]
    return ", ".join(late)


def _good(states: Mapping[str, tuple[str, str]], name: str) -> bool:
    return name in states and states[name][0] == states[name][1]


def _image(cloud: Any, name: str) -> Iterator[str]:
    image = cloud.image.find_image(name)
    if image and image.status == "queued":
        # A run that was killed between record and upload left it.
        cloud.image.delete_image(image)
        image = None
    if not image:
        cloud.image.create_image(
            name=name,
            data=secrets.token_bytes(IMAGE_BYTES),
            disk_format="raw",
            container_format="bare",
            validate_checksum=False,
        )
        yield f"image {name}"


def _flavor(cloud: Any, name: str, *, ram: int) -> Iterator[str]:
    if not cloud.compute.find_flavor(name):
        cloud.compute.create_flavor(name=name, ram=ram, vcpus=1, disk=1)
        yield f"flavor {name}"


def _network(cloud: Any, name: str, cidr: str) -> Iterator[str]:
    network = cloud.network.find_network(name)
    if not network:
        network = cloud.network.create_network(name=name)
        yield f"network {name}"
    if not cloud.network.find_subnet(f"{name}-subnet"):
        cloud.network.create_subnet(name=f"{name}-subnet", network_id=network.id, ip_version=4, cidr=cidr)
        yield f"subnet {name}-subnet"
