"""neutron: networks, and everything on them."""

from liftlock.knowledge.kinds import Detail, Kind

_DB = ("neutron",)
_ATTRIBUTE = "standard_attr_id"
_STANDARD = (
    Detail("description", "standardattributes", "id", of=_ATTRIBUTE, only=("description",)),
    Detail("tags", "tags", _ATTRIBUTE, of=_ATTRIBUTE, only=("tag",)),
)
"""What all objects with standard attributes have."""
_BY_AGENTS = (_ATTRIBUTE, "status")
"""Agents write the status of ports, routers and addresses as they find it."""


def _shared(table: str) -> Detail:
    return Detail("shared with", table, "object_id", only=("project_id", "target_project", "action"))


def _qos(table: str, owner: str) -> Detail:
    return Detail("qos policy", table, owner, only=("policy_id",))


def _qos_rule(table: str) -> Kind:
    return Kind(
        "network qos rule",
        _DB,
        table,
        label="(SELECT p.name FROM qos_policies p WHERE p.id = t.qos_policy_id)",
        project="(SELECT p.project_id FROM qos_policies p WHERE p.id = t.qos_policy_id)",
    )


_OF_PORTS = (
    ("data plane status", "portdataplanestatuses"),
    ("device profile", "portdeviceprofiles"),
    ("hardware offload", "porthardwareoffloadtype"),
    ("hints", "porthints"),
    ("NUMA policy", "portnumaaffinitypolicies"),
    ("trusted", "porttrusted"),
    ("uplink status", "portuplinkstatuspropagation"),
)

KINDS = (
    Kind(
        "network",
        _DB,
        "networks",
        leave=_BY_AGENTS,
        details=(
            *_STANDARD,
            Detail("external", "externalnetworks", "network_id"),
            Detail(
                "segments",
                "networksegments",
                "network_id",
                only=("id", "network_type", "physical_network", "segmentation_id", "segment_index", "name"),
            ),
            Detail("port security", "networksecuritybindings", "network_id"),
            Detail("DNS domain", "networkdnsdomains", "network_id"),
            _shared("networkrbacs"),
            _qos("qos_network_policy_bindings", "network_id"),
        ),
    ),
    Kind(
        "subnet",
        _DB,
        "subnets",
        # Set and taken back with every address in neutron 24 (2024.1); gone since.
        leave=(_ATTRIBUTE, "in_use"),
        details=(
            *_STANDARD,
            Detail("DNS servers", "dnsnameservers", "subnet_id"),
            Detail("routes", "subnetroutes", "subnet_id"),
            Detail("allocation pools", "ipallocationpools", "subnet_id", only=("first_ip", "last_ip")),
            Detail("service types", "subnet_service_types", "subnet_id"),
            Detail("publishing in DNS", "subnet_dns_publish_fixed_ips", "subnet_id"),
        ),
    ),
    Kind(
        "port",
        _DB,
        "ports",
        leave=_BY_AGENTS,
        details=(
            *_STANDARD,
            Detail("addresses", "ipallocations", "port_id", only=("ip_address", "subnet_id")),
            Detail("security groups", "securitygroupportbindings", "port_id"),
            Detail("allowed addresses", "allowedaddresspairs", "port_id"),
            Detail("DHCP options", "extradhcpopts", "port_id", leave=("id",)),
            Detail("port security", "portsecuritybindings", "port_id"),
            Detail("binding", "ml2_port_bindings", "port_id", only=("host", "vnic_type", "profile")),
            Detail("DNS name", "portdnses", "port_id", only=("dns_name", "dns_domain")),
            _qos("qos_port_policy_bindings", "port_id"),
            *(Detail(name, table, "port_id") for name, table in _OF_PORTS),
        ),
    ),
    Kind(
        "router",
        _DB,
        "routers",
        leave=_BY_AGENTS,
        details=(
            *_STANDARD,
            Detail("routes", "routerroutes", "router_id"),
            Detail("interfaces", "routerports", "router_id"),
            Detail(
                "attributes",
                "router_extra_attributes",
                "router_id",
                only=("distributed", "ha", "availability_zone_hints"),
            ),
            _qos("qos_router_gw_policy_bindings", "router_id"),
        ),
    ),
    Kind(
        "floating ip",
        _DB,
        "floatingips",
        label="t.floating_ip_address",
        leave=(*_BY_AGENTS, "last_known_router_id"),
        details=(
            *_STANDARD,
            Detail("DNS name", "floatingipdnses", "floatingip_id", only=("dns_name", "dns_domain")),
            _qos("qos_fip_policy_bindings", "fip_id"),
        ),
    ),
    Kind(
        "port forwarding",
        _DB,
        "portforwardings",
        label="CONCAT_WS(' ', t.protocol, t.external_port_start)",
        project="(SELECT f.project_id FROM floatingips f WHERE f.id = t.floatingip_id)",
        leave=(_ATTRIBUTE,),
        details=_STANDARD,
    ),
    Kind(
        "security group",
        _DB,
        "securitygroups",
        leave=(_ATTRIBUTE,),
        details=(*_STANDARD, _shared("securitygrouprbacs")),
    ),
    Kind(
        "security group rule",
        _DB,
        "securitygrouprules",
        label="(SELECT g.name FROM securitygroups g WHERE g.id = t.security_group_id)",
        leave=(_ATTRIBUTE,),
        details=_STANDARD,
    ),
    Kind(
        "default security group rule",
        _DB,
        "securitygroupdefaultrules",
        label="''",
        project="''",
        leave=(_ATTRIBUTE,),
        details=_STANDARD,
    ),
    Kind(
        "address group",
        _DB,
        "address_groups",
        leave=(_ATTRIBUTE,),
        details=(
            *_STANDARD,
            Detail("addresses", "address_associations", "address_group_id", only=("address",)),
            _shared("addressgrouprbacs"),
        ),
    ),
    Kind("address scope", _DB, "address_scopes", details=(_shared("addressscoperbacs"),)),
    Kind(
        "subnet pool",
        _DB,
        "subnetpools",
        # A hash that every allocation renews.
        leave=(_ATTRIBUTE, "hash"),
        details=(
            *_STANDARD,
            Detail("prefixes", "subnetpoolprefixes", "subnetpool_id"),
            _shared("subnetpoolrbacs"),
        ),
    ),
    Kind(
        "network trunk",
        _DB,
        "trunks",
        leave=_BY_AGENTS,
        details=(*_STANDARD, Detail("subports", "subports", "trunk_id")),
    ),
    Kind(
        "network qos policy",
        _DB,
        "qos_policies",
        leave=(_ATTRIBUTE,),
        details=(
            *_STANDARD,
            _shared("qospolicyrbacs"),
            Detail("default of", "qos_policies_default", "qos_policy_id", only=("project_id",)),
        ),
    ),
    _qos_rule("qos_bandwidth_limit_rules"),
    _qos_rule("qos_dscp_marking_rules"),
    _qos_rule("qos_minimum_bandwidth_rules"),
    _qos_rule("qos_minimum_packet_rate_rules"),
    _qos_rule("qos_packet_rate_limit_rules"),
    Kind(
        "quota", _DB, "quotas", id="CONCAT(t.project_id, '/', t.resource)", label="t.resource", leave=("id",)
    ),
    Kind("network flavor", _DB, "flavors", project="''"),
    Kind("network service profile", _DB, "serviceprofiles", label="t.driver", project="''"),
    Kind(
        "network meter",
        _DB,
        "meteringlabels",
        details=(Detail("rules", "meteringlabelrules", "metering_label_id", leave=("id",)),),
    ),
    Kind("network log", _DB, "logs", leave=(_ATTRIBUTE,), details=_STANDARD),
    Kind(
        "conntrack helper",
        _DB,
        "conntrack_helpers",
        label="t.helper",
        project="(SELECT r.project_id FROM routers r WHERE r.id = t.router_id)",
    ),
    Kind("ndp proxy", _DB, "ndp_proxies", leave=(_ATTRIBUTE,), details=_STANDARD),
    # neutron-api makes the default ones anew whenever it starts.
    Kind(
        "network segment range",
        _DB,
        "network_segment_ranges",
        alive="NOT t.`default`",
        leave=(_ATTRIBUTE,),
        details=_STANDARD,
    ),
    Kind("local ip", _DB, "local_ips", leave=(_ATTRIBUTE,), details=_STANDARD),
)
