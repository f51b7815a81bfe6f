"""neutron: ML2 with the Open vSwitch driver, whatever the cloud has: what OVN would be told, nobody hears here."""

from typing import Any

from liftlock.rehearsal.target.role import OURS, Ids, ListCall, Place, Role, Sections, Trial, kind_of

_TYPES = "local,flat,vlan,gre,vxlan,geneve"


def _settings(place: Place) -> Sections:
    usual = place.usual("neutron")
    return {
        **usual,
        "DEFAULT": {
            **usual["DEFAULT"],
            "core_plugin": "ml2",
            "service_plugins": "router",
            "auth_strategy": "keystone",
            "api_paste_config": f"{place.release}/etc/neutron/api-paste.ini",
            "rpc_workers": "1",
            "rpc_state_report_workers": "0",
            "notify_nova_on_port_status_changes": "false",
            "notify_nova_on_port_data_changes": "false",
        },
        "ml2": {
            "type_drivers": _TYPES,
            "tenant_network_types": "local",
            "mechanism_drivers": "openvswitch",
            "extension_drivers": "port_security",
        },
        "nova": place.account(),
        "placement": place.account(),
    }


def _listed(kind: str, plural: str) -> ListCall:
    path = plural.replace("_", "-")
    return ListCall(f"openstack {kind} list", (f"/v2.0/{path}",), plural, kind_of("neutron", kind))


def _made(kind: str, plural: str, *needs: str, **more: Any) -> Trial:
    key = kind.replace(" ", "_")

    def body(ids: Ids) -> dict[str, Any]:
        told = {
            name: value.format(**ids) if isinstance(value, str) else value for name, value in more.items()
        }
        return {key: {"name": OURS, **told}}

    return Trial(kind, f"/v2.0/{plural.replace('_', '-')}", body, key, needs=needs)


ROLE = Role(
    "neutron",
    _settings,
    surroundings=(("OS_NEUTRON_CONFIG_DIR", "{home}"), ("OS_NEUTRON_CONFIG_FILES", "neutron.conf")),
    calls=(
        _listed("network", "networks"),
        _listed("subnet", "subnets"),
        _listed("port", "ports"),
        _listed("router", "routers"),
        _listed("security group", "security_groups"),
        ListCall(
            "openstack floating ip list",
            ("/v2.0/floatingips",),
            "floatingips",
            kind_of("neutron", "floating ip"),
            name_field="floating_ip_address",
        ),
    ),
    trials=(
        _made("network", "networks"),
        # RFC 5737's documentation range; networks of their own may all have the same.
        _made("subnet", "subnets", "network", network_id="{network}", ip_version=4, cidr="192.0.2.0/24"),
        _made("security group", "security_groups"),
        Trial(
            "security group rule",
            "/v2.0/security-group-rules",
            lambda ids: {
                "security_group_rule": {
                    "security_group_id": ids["security group"],
                    "direction": "ingress",
                    "ethertype": "IPv4",
                    "description": OURS,
                }
            },
            "security_group_rule",
            needs=("security group",),
            name_field="description",
        ),
        _made("port", "ports", "subnet", "security group", network_id="{network}"),
        _made("router", "routers"),
    ),
)
