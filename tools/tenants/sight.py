"""What can be seen of everything in a cloud through its APIs, object by object, and what differs between two looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tenants.keystone import assigned
from tenants.ledger import CHANGED, DELETED, MADE, Fates
from tenants.person import PASSWORD, Person

Look = Mapping[str, Mapping[str, Any]]
"""`kind id` of an object -> what is seen of it."""
Seen = Iterator[tuple[str, dict[str, Any]]]
"""(id, what is seen of it)."""

QUOTAS = {"compute": ("instances",), "block_storage": ("volumes",), "network": ("network",)}
"""Service -> resources whose limits are looked at."""


def seen(admin: Any, people: Sequence[Person]) -> dict[str, dict[str, Any]]:
    """Everything of all kinds, as the administrator and each person see it."""
    found: dict[str, dict[str, Any]] = {}
    for kind, of_all in _BY_ADMIN.items():
        found |= {f"{kind} {thing}": fields for thing, fields in of_all(admin)}
    for me in people:
        for kind, own in _BY_OWNERS.items():
            found |= {f"{kind} {thing}": fields for thing, fields in own(me)}
    return found


def differences(before: Look, now: Look) -> Fates:
    """(kind, id) -> what became of it from one look to the next."""
    found: Fates = {}
    for words in before.keys() | now.keys():
        kind, thing = _split(words)
        if words not in before:
            found[kind, thing] = MADE
        elif words not in now:
            found[kind, thing] = DELETED
        elif before[words] != now[words]:
            found[kind, thing] = CHANGED
    return found


def _split(words: str) -> tuple[str, str]:
    kind = next(k for k in sorted(KINDS, key=len, reverse=True) if words.startswith(f"{k} "))
    return kind, words[len(kind) + 1 :]


def _listed(
    things: Callable[[Any], Iterable[Any]], *fields: str, key: str = "id", **more: Callable[[Any, Any], Any]
) -> Callable[[Any], Seen]:
    """Lists what `things` gives, with these fields, and with what `more` says by their names."""

    def look(cloud: Any) -> Seen:
        for thing in things(cloud):
            told = {name: _steady(getattr(thing, name)) for name in fields}
            told |= {name: _steady(ask(cloud, thing)) for name, ask in more.items()}
            yield str(getattr(thing, key)), told

    return look


def _own(look: Callable[[Any], Seen]) -> Callable[[Person], Seen]:
    return lambda me: look(me.cloud)


def _steady(value: Any) -> Any:
    """Without an order that means nothing."""
    if isinstance(value, Mapping):
        return {str(k): _steady(v) for k, v in sorted(value.items())}
    if isinstance(value, (list, tuple, set)):
        return sorted((_steady(v) for v in value), key=repr)
    return value


def _lets_in(admin: Any, user: Any) -> bool:
    """Whether the password it was made with is still its own; other people's are not tried."""
    if not user.name.startswith("user-"):
        return False
    who = {"password": {"user": {"id": user.id, "password": PASSWORD}}}
    told = admin.session.post(
        f"{admin.config.config['auth']['auth_url']}/auth/tokens",
        json={"auth": {"identity": {"methods": ["password"], **who}}},
        authenticated=False,
        raise_exc=False,
    )
    return bool(told.status_code == 201)


def _groups_of(admin: Any, user: Any) -> list[str]:
    told = admin.identity.get(f"/users/{user.id}/groups")
    told.raise_for_status()
    return [group["id"] for group in told.json()["groups"]]


def _assignments(admin: Any) -> Seen:
    """Those of projects, domains and the whole system."""
    for each in admin.identity.role_assignments():
        actor = "user" if each.user else "group"
        target = next(word for word in ("project", "domain", "system") if word in each.scope)
        where = "system" if target == "system" else each.scope[target]["id"]
        inherited = bool(each.scope.get("OS-INHERIT:inherited_to"))
        who = (each.user or each.group)["id"]
        yield assigned(actor, target, who, where, each.role["id"], inherited=inherited).id, {}


def _tags_of_namespace(admin: Any, thing: Any) -> list[str]:
    told = admin.image.get(f"/metadefs/namespaces/{thing.namespace}/tags")
    told.raise_for_status()
    return [tag["name"] for tag in told.json()["tags"]]


def _shared_with(admin: Any, thing: Any) -> list[str]:
    return [rule.target_project_id for rule in admin.network.rbac_policies(object_id=thing.id)]


def _quotas(admin: Any) -> Seen:
    """Limits that are not what every project has; which of them have a record only the databases know."""
    usual = {service: _limits(admin, service, "") for service in QUOTAS}
    for project in list(admin.identity.projects()):
        for service, names in QUOTAS.items():
            limits = _limits(admin, service, project.id)
            for name in names:
                if limits[name] != usual[service][name]:
                    yield f"{project.id}/{name}", {"limit": limits[name]}


def _limits(admin: Any, service: str, project: str) -> Mapping[str, Any]:
    """A project's limits, or those of a project that has none of its own."""
    paths = {"network": ("/quotas/{0}", "/quotas/{0}/default")}
    own, default = paths.get(service, ("/os-quota-sets/{0}", "/os-quota-sets/{0}/defaults"))
    path = (own if project else default).format(project or admin.current_project_id)
    told = getattr(admin, service).get(path)
    told.raise_for_status()
    found: Mapping[str, Any] = next(iter(told.json().values()))
    return found


def _keypairs(me: Person) -> Seen:
    for pair in me.cloud.compute.keypairs():
        yield f"{me.user}/{pair.name}", {"fingerprint": pair.fingerprint}


def _credentials_of(me: Person) -> Seen:
    for each in me.cloud.identity.application_credentials(me.user):
        yield each.id, {"name": each.name}


_BY_ADMIN: Mapping[str, Callable[[Any], Seen]] = {
    "domain": _listed(lambda c: c.identity.domains(), "name", "description", "is_enabled"),
    "project": _listed(lambda c: c.identity.projects(), "name", "description", "is_enabled", "tags"),
    "user": _listed(
        lambda c: c.identity.users(),
        "name",
        "description",
        "email",
        "is_enabled",
        groups=_groups_of,
        lets_in=_lets_in,
    ),
    "group": _listed(lambda c: c.identity.groups(), "name", "description"),
    "role": _listed(lambda c: c.identity.roles(), "name", "description"),
    "role assignment": _assignments,
    "credential": _listed(lambda c: c.identity.credentials(), "type", "blob"),
    "trust": _listed(lambda c: c.identity.trusts(), "trustor_user_id", "project_id"),
    "region": _listed(lambda c: c.identity.regions(), "description"),
    "registered limit": _listed(lambda c: c.identity.registered_limits(), "default_limit"),
    "limit": _listed(lambda c: c.identity.limits(), "resource_limit"),
    "image": _listed(
        lambda c: c.image.images(),
        "name",
        "status",
        "tags",
        "is_protected",
        cargo=lambda _, i: i.properties.get("cargo"),
        members=lambda c, i: [m.member_id for m in c.image.members(i.id)] if i.visibility == "shared" else [],
    ),
    "metadata definition": _listed(
        lambda c: c.image.metadef_namespaces(), "description", key="namespace", tags=_tags_of_namespace
    ),
    "flavor": _listed(
        lambda c: c.compute.flavors(is_public=None),
        "name",
        "description",
        extra=lambda c, f: dict(c.compute.fetch_flavor_extra_specs(f.id).extra_specs),
        access=lambda c, f: (
            [] if f.is_public else [a["tenant_id"] for a in c.compute.get_flavor_access(f.id)]
        ),
    ),
    "aggregate": _listed(lambda c: c.compute.aggregates(), "name", "metadata", "hosts", key="uuid"),
    "server group": _listed(lambda c: c.compute.server_groups(all_projects=True), "name", "policy"),
    "server": _listed(
        lambda c: c.compute.servers(all_projects=True),
        "name",
        "status",
        "metadata",
        "tags",
        "is_locked",
        image=lambda _, s: s.image.id if s.image else "",
        volumes=lambda _, s: [v["id"] for v in s.attached_volumes],
    ),
    "volume": _listed(
        lambda c: c.block_storage.volumes(all_projects=True),
        "name",
        "description",
        "status",
        "size",
        "metadata",
        "is_bootable",
        "volume_image_metadata",
        attached=lambda _, v: [a["server_id"] for a in v.attachments],
    ),
    "snapshot": _listed(lambda c: c.block_storage.snapshots(all_projects=True), "name", "status", "metadata"),
    "volume type": _listed(
        lambda c: c.block_storage.types(is_public="None"),
        "name",
        "description",
        "extra_specs",
        access=lambda c, t: (
            [] if t.is_public else [a["project_id"] for a in c.block_storage.get_type_access(t.id)]
        ),
    ),
    "volume qos": _listed(lambda c: c.block_storage.qos_specs(), "name", "specs"),
    "volume group type": _listed(
        lambda c: c.block_storage.group_types(), "name", "description", "group_specs"
    ),
    "default volume type": _listed(
        lambda c: c.block_storage.default_types(), "volume_type_id", key="project_id"
    ),
    "quota": _quotas,
    "network": _listed(
        lambda c: c.network.networks(),
        "name",
        "description",
        "is_admin_state_up",
        "tags",
        shared_with=_shared_with,
    ),
    "subnet": _listed(
        lambda c: c.network.subnets(),
        "name",
        "dns_nameservers",
        "host_routes",
        "is_dhcp_enabled",
        "tags",
        "cidr",
    ),
    "port": _listed(
        lambda c: c.network.ports(),
        *("name", "description", "is_admin_state_up", "tags", "device_id", "fixed_ips"),
        *("allowed_address_pairs", "security_group_ids", "extra_dhcp_opts"),
    ),
    "security group": _listed(lambda c: c.network.security_groups(), "name", "description"),
    "security group rule": _listed(
        lambda c: c.network.security_group_rules(), "direction", "protocol", "port_range_min"
    ),
    "router": _listed(
        lambda c: c.network.routers(),
        "name",
        "description",
        "tags",
        outside=lambda _, r: (r.external_gateway_info or {}).get("network_id"),
        interfaces=lambda c, r: [p.id for p in c.network.ports(device_id=r.id)],
    ),
    "floating ip": _listed(lambda c: c.network.ips(), "description", "port_id", "fixed_ip_address"),
    "address group": _listed(lambda c: c.network.address_groups(), "name", "addresses"),
    "address scope": _listed(lambda c: c.network.address_scopes(), "name"),
    "subnet pool": _listed(lambda c: c.network.subnet_pools(), "name", "description", "prefixes"),
    "default security group rule": _listed(
        lambda c: c.network.default_security_group_rules(), "direction", "protocol", "port_range_min"
    ),
}
_BY_OWNERS: Mapping[str, Callable[[Person], Seen]] = {
    "application credential": _credentials_of,
    "keypair": _keypairs,
    "volume group": _own(_listed(lambda c: c.block_storage.groups(), "name", "description", "status")),
    "volume transfer": _own(_listed(lambda c: c.block_storage.transfers(), "name", "volume_id")),
    "stack": _own(
        _listed(
            lambda c: c.orchestration.stacks(),
            "name",
            "status",
            template=lambda c, s: dict(c.orchestration.get_stack_template(s.id).resources),
        )
    ),
    "software config": _own(_listed(lambda c: c.orchestration.software_configs(), "name")),
    "software deployment": _own(_listed(lambda c: c.orchestration.software_deployments(), "status")),
}
KINDS = (*_BY_ADMIN, *_BY_OWNERS)
