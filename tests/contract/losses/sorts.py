"""What users of a cloud write, typed from the services' APIs: the test's own word on it, apart from the product's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Gone = Literal["row", "flag", "number", "id", "stamp"]
"""How a service marks what is gone: no row; `deleted` = 1, the row's number, its id; `deleted_at`."""


@dataclass(frozen=True)
class Side:
    """Rows beside an object that users write: its tags."""

    facet: str
    table: str
    owner: str
    gone: Gone = "row"
    value: str = "value"
    """The column with what users wrote."""
    of: str = ""
    """Which column of the object the owner names; its key if empty."""
    more: tuple[tuple[str, str], ...] = ()
    """(column, value) that every such row has."""
    one: bool = False
    """Whether an object has at most one such row."""


@dataclass(frozen=True)
class Sort:
    """A sort of object and how it is written."""

    kind: str
    database: str
    table: str
    key: str = "id"
    name: str = "name"
    project: str = "project_id"
    gone: Gone = "row"
    changes: tuple[str, ...] = ()
    """Columns that users change, besides the name."""
    noise: tuple[str, ...] = ()
    """Columns that services write by themselves."""
    sides: tuple[Side, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    """Column -> SQL, for what every object has."""
    standard: bool = False
    """Whether it has neutron's standard attributes: a description and tags."""
    other: tuple[str, ...] = ()
    """Further databases in which such an object may lie."""
    composed: tuple[str, ...] = ()
    """Columns its id is made of, for objects without one."""
    glue: str = "/"


def standard(kind: str, table: str, **more: object) -> Sort:
    return Sort(kind, "neutron", table, standard=True, **more)  # type: ignore[arg-type]


def soft(facet: str, table: str, owner: str, value: str = "value", gone: Gone = "flag", of: str = "") -> Side:
    return Side(facet, table, owner, gone, value, of)


SORTS = (
    Sort(
        "server",
        "nova",
        "instances",
        "uuid",
        "display_name",
        gone="number",
        changes=("vm_state", "instance_type_id", "locked", "key_name"),
        noise=("power_state", "task_state", "progress", "updated_at", "launched_at"),
        sides=(
            soft("metadata", "instance_metadata", "instance_uuid", gone="number"),
            Side("tags", "tags", "resource_id", value="tag"),
            soft("volumes", "block_device_mapping", "instance_uuid", "volume_id", "number"),
        ),
        other=("nova_cell0",),
    ),
    Sort(
        "flavor",
        "nova_api",
        "flavors",
        "flavorid",
        project="",
        changes=("description", "is_public"),
        sides=(Side("properties", "flavor_extra_specs", "flavor_id", of="id"),),
    ),
    Sort(
        "keypair", "nova_api", "key_pairs", composed=("user_id", "name"), project="", changes=("public_key",)
    ),
    Sort(
        "aggregate",
        "nova_api",
        "aggregates",
        "uuid",
        project="",
        sides=(
            Side("hosts", "aggregate_hosts", "aggregate_id", value="host", of="id"),
            Side("properties", "aggregate_metadata", "aggregate_id", of="id"),
        ),
    ),
    Sort(
        "server group",
        "nova_api",
        "instance_groups",
        "uuid",
        sides=(Side("members", "instance_group_member", "group_id", value="instance_uuid", of="id"),),
    ),
    Sort(
        "quota",
        "nova_api",
        "quotas",
        composed=("project_id", "resource"),
        name="resource",
        changes=("hard_limit",),
    ),
    Sort(
        "quota",
        "nova_api",
        "project_user_quotas",
        composed=("project_id", "user_id", "resource"),
        name="resource",
        changes=("hard_limit",),
    ),
    Sort(
        "quota class",
        "nova_api",
        "quota_classes",
        composed=("class_name", "resource"),
        name="resource",
        project="",
        changes=("hard_limit",),
    ),
    Sort(
        "volume",
        "cinder",
        "volumes",
        name="display_name",
        gone="flag",
        changes=("size", "status", "display_description"),
        noise=("updated_at", "provider_location", "launched_at"),
        sides=(
            soft("properties", "volume_metadata", "volume_id"),
            soft("image properties", "volume_glance_metadata", "volume_id"),
            soft("attachments", "volume_attachment", "volume_id", "mountpoint"),
            Side(
                "read-only flag",
                "volume_admin_metadata",
                "volume_id",
                "flag",
                more=(("key", "'readonly'"),),
                one=True,
            ),
        ),
    ),
    Sort(
        "snapshot",
        "cinder",
        "snapshots",
        name="display_name",
        gone="flag",
        changes=("status",),
        noise=("progress",),
        sides=(soft("properties", "snapshot_metadata", "snapshot_id"),),
    ),
    Sort(
        "volume backup",
        "cinder",
        "backups",
        name="display_name",
        gone="flag",
        changes=("status", "display_description"),
        noise=("object_count",),
    ),
    Sort(
        "volume transfer",
        "cinder",
        "transfers",
        name="display_name",
        project="source_project_id",
        gone="flag",
    ),
    Sort("volume group", "cinder", "groups", gone="flag", changes=("description",)),
    Sort("volume group snapshot", "cinder", "group_snapshots", gone="flag"),
    Sort("consistency group", "cinder", "consistencygroups", gone="flag"),
    Sort("consistency group snapshot", "cinder", "cgsnapshots", gone="flag"),
    Sort(
        "volume type",
        "cinder",
        "volume_types",
        project="",
        gone="flag",
        changes=("description", "is_public"),
        sides=(
            soft("properties", "volume_type_extra_specs", "volume_type_id"),
            soft("projects", "volume_type_projects", "volume_type_id", "project_id", "number"),
        ),
    ),
    Sort(
        "volume qos",
        "cinder",
        "quality_of_service_specs",
        name="value",
        project="",
        gone="flag",
        more={"key": "'QoS_Specs_Name'", "specs_id": "NULL"},
        sides=(soft("properties", "quality_of_service_specs", "specs_id"),),
    ),
    Sort("volume group type", "cinder", "group_types", project="", gone="flag", changes=("description",)),
    Sort(
        "quota",
        "cinder",
        "quotas",
        composed=("project_id", "resource"),
        name="resource",
        gone="flag",
        changes=("hard_limit",),
        noise=("allocated",),
    ),
    Sort(
        "quota class",
        "cinder",
        "quota_classes",
        composed=("class_name", "resource"),
        name="resource",
        project="",
        gone="flag",
        changes=("hard_limit",),
    ),
    Sort("default volume type", "cinder", "default_volume_types", "project_id", name="", gone="flag"),
    Sort(
        "image",
        "glance",
        "images",
        project="owner",
        gone="flag",
        changes=("status", "visibility", "min_disk"),
        noise=("updated_at",),
        sides=(
            Side("properties", "image_properties", "image_id", "flag"),
            Side("tags", "image_tags", "image_id", "flag"),
            Side("shared with", "image_members", "image_id", "flag", "member"),
            Side("locations", "image_locations", "image_id", "flag"),
        ),
    ),
    Sort(
        "metadata definition",
        "glance",
        "metadef_namespaces",
        "namespace",
        name="display_name",
        project="owner",
        changes=("description",),
        sides=(Side("tags", "metadef_tags", "namespace_id", value="name", of="id"),),
    ),
    Sort(
        "stack",
        "heat",
        "stack",
        project="tenant",
        gone="stamp",
        changes=("action", "status", "timeout"),
        noise=("current_traversal", "current_deps", "updated_at"),
        more={"owner_id": "NULL", "backup": "0"},
        sides=(
            Side("resources", "resource", "stack_id", value="nova_instance"),
            Side("tags", "stack_tag", "stack_id", value="tag"),
        ),
    ),
    Sort("stack snapshot", "heat", "snapshot", project="tenant", changes=("status",)),
    Sort("software config", "heat", "software_config", project="tenant"),
    Sort(
        "software deployment", "heat", "software_deployment", name="", project="tenant", changes=("status",)
    ),
    Sort("domain", "keystone", "project", project="", changes=("enabled",), more={"is_domain": "1"}),
    Sort(
        "project",
        "keystone",
        "project",
        project="id",
        changes=("description", "enabled"),
        more={"is_domain": "0"},
        sides=(Side("tags", "project_tag", "project_id", value="name"),),
    ),
    Sort(
        "user",
        "keystone",
        "user",
        name="",
        project="",
        changes=("enabled", "default_project_id"),
        noise=("last_active_at",),
        sides=(Side("groups", "user_group_membership", "user_id", value="group_id"),),
    ),
    Sort("group", "keystone", "group", project="", changes=("description",)),
    Sort(
        "role",
        "keystone",
        "role",
        project="",
        changes=("description",),
        sides=(Side("implied roles", "implied_role", "prior_role_id", value="implied_role_id"),),
    ),
    Sort(
        "role assignment",
        "keystone",
        "assignment",
        composed=("type", "actor_id", "target_id", "role_id", "inherited"),
        glue=" ",
        name="",
        project="target_id",
        more={"type": "'UserProject'", "inherited": "0"},
    ),
    Sort(
        "role assignment",
        "keystone",
        "system_assignment",
        composed=("type", "actor_id", "target_id", "role_id", "inherited"),
        glue=" ",
        name="",
        project="",
        more={"type": "'UserSystem'", "inherited": "0"},
    ),
    Sort(
        "application credential",
        "keystone",
        "application_credential",
        changes=("description",),
        sides=(
            Side(
                "roles",
                "application_credential_role",
                "application_credential_id",
                value="role_id",
                of="internal_id",
            ),
        ),
    ),
    Sort("access rule", "keystone", "access_rule", "external_id", name="path", project=""),
    Sort("credential", "keystone", "credential", name="type", changes=("encrypted_blob",)),
    Sort("trust", "keystone", "trust", name="", gone="stamp", noise=("remaining_uses",)),
    Sort("service", "keystone", "service", name="", project="", changes=("enabled",)),
    Sort("endpoint", "keystone", "endpoint", name="", project="", changes=("url", "enabled")),
    Sort("region", "keystone", "region", name="description", project=""),
    Sort("policy", "keystone", "policy", name="type", project="", changes=("blob",)),
    Sort("identity provider", "keystone", "identity_provider", name="id", project="", changes=("enabled",)),
    Sort("mapping", "keystone", "mapping", name="id", project="", changes=("rules",)),
    Sort(
        "federation protocol",
        "keystone",
        "federation_protocol",
        composed=("idp_id", "id"),
        name="id",
        project="",
        changes=("mapping_id",),
    ),
    Sort("service provider", "keystone", "service_provider", name="id", project="", changes=("sp_url",)),
    Sort(
        "registered limit",
        "keystone",
        "registered_limit",
        name="resource_name",
        project="",
        changes=("default_limit",),
    ),
    Sort("limit", "keystone", "limit", name="", changes=("resource_limit",)),
    standard(
        "network",
        "networks",
        changes=("admin_state_up", "mtu"),
        noise=("status",),
        sides=(Side("shared with", "networkrbacs", "object_id", value="target_project"),),
    ),
    standard(
        "subnet",
        "subnets",
        changes=("enable_dhcp", "gateway_ip"),
        sides=(Side("DNS servers", "dnsnameservers", "subnet_id", value="address"),),
    ),
    standard(
        "port",
        "ports",
        changes=("device_id", "admin_state_up"),
        noise=("status",),
        sides=(
            Side("addresses", "ipallocations", "port_id", value="ip_address"),
            Side("security groups", "securitygroupportbindings", "port_id", value="security_group_id"),
            Side("binding", "ml2_port_bindings", "port_id", value="profile", one=True),
            Side("trusted", "porttrusted", "port_id", value="trusted", one=True),
        ),
    ),
    standard(
        "router",
        "routers",
        changes=("gw_port_id", "enable_snat"),
        noise=("status",),
        sides=(
            Side("interfaces", "routerports", "router_id", value="port_id"),
            Side("routes", "routerroutes", "router_id", value="nexthop"),
        ),
    ),
    standard(
        "floating ip",
        "floatingips",
        name="floating_ip_address",
        changes=("fixed_port_id", "router_id"),
        noise=("status", "last_known_router_id"),
    ),
    standard("port forwarding", "portforwardings", name="", project="", changes=("internal_ip_address",)),
    standard("security group", "securitygroups", changes=("stateful",)),
    standard("security group rule", "securitygrouprules", name="", changes=()),
    standard("default security group rule", "securitygroupdefaultrules", name="", project=""),
    standard(
        "address group",
        "address_groups",
        sides=(Side("addresses", "address_associations", "address_group_id", value="address"),),
    ),
    Sort("address scope", "neutron", "address_scopes", changes=("shared",)),
    standard(
        "subnet pool",
        "subnetpools",
        changes=("default_quota",),
        noise=("hash",),
        sides=(Side("prefixes", "subnetpoolprefixes", "subnetpool_id", value="cidr"),),
    ),
    standard(
        "network trunk",
        "trunks",
        noise=("status",),
        sides=(Side("subports", "subports", "trunk_id", value="port_id"),),
    ),
    standard("network qos policy", "qos_policies"),
    *(
        Sort("network qos rule", "neutron", table, name="", project="", changes=(column,))
        for table, column in (
            ("qos_bandwidth_limit_rules", "max_kbps"),
            ("qos_dscp_marking_rules", "dscp_mark"),
            ("qos_minimum_bandwidth_rules", "min_kbps"),
            ("qos_minimum_packet_rate_rules", "min_kpps"),
            ("qos_packet_rate_limit_rules", "max_kpps"),
        )
    ),
    Sort(
        "quota", "neutron", "quotas", composed=("project_id", "resource"), name="resource", changes=("limit",)
    ),
    Sort("network flavor", "neutron", "flavors", project="", changes=("enabled",)),
    Sort(
        "network service profile",
        "neutron",
        "serviceprofiles",
        name="driver",
        project="",
        changes=("enabled",),
    ),
    Sort(
        "network meter",
        "neutron",
        "meteringlabels",
        changes=("shared",),
        sides=(Side("rules", "meteringlabelrules", "metering_label_id", value="remote_ip_prefix"),),
    ),
    standard("network log", "logs", changes=("enabled",)),
    Sort("conntrack helper", "neutron", "conntrack_helpers", name="helper", project=""),
    standard("ndp proxy", "ndp_proxies"),
    standard("network segment range", "network_segment_ranges", more={"default": "0"}, changes=("maximum",)),
    standard("local ip", "local_ips", changes=("ip_mode",)),
)
