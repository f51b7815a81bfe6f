"""nova: with one hypervisor that only pretends, so that a server can be made without the cloud's hosts."""

from liftlock.knowledge.kinds import Kind
from liftlock.rehearsal.target.role import (
    OURS,
    Awaited,
    ListCall,
    Place,
    Role,
    Sections,
    Trial,
    kind_of,
)

_SERVICE = Kind(
    "compute service",
    ("nova", "nova_cell0"),
    "services",
    id="t.uuid",
    label="CONCAT(t.`binary`, ' on ', t.host)",
    project="''",
    # What records of APIs say is not listed (nova 31 and 33, `_get_services_list`).
    alive="t.deleted = 0 AND t.`binary` NOT IN ('nova-osapi_compute', 'nova-metadata')",
    leave=("id", "topic"),
)


def _settings(place: Place) -> Sections:
    usual = place.usual("nova")
    return {
        **usual,
        "DEFAULT": {
            **usual["DEFAULT"],
            "compute_driver": "fake.FakeDriver",
            "report_interval": "5",
            "service_down_time": "60",
            # nova 33 sleeps for 160 s on SIGTERM by default; older releases do not know the option.
            "manager_shutdown_timeout": "1",
            "graceful_shutdown_timeout": "10",
        },
        "api_database": {"connection": place.addresses.get("nova_api", "")},
        "api": {"auth_strategy": "keystone"},
        "placement": place.account(),
        "neutron": place.account(),
        "cinder": {**place.account(), "catalog_info": "block-storage::publicURL"},
        "glance": {"valid_interfaces": "public"},
        "vnc": {"enabled": "false"},
        "scheduler": {"workers": "1", "discover_hosts_in_cells_interval": "3"},
        "conductor": {"workers": "1"},
    }


# Nobody has the other half of it.
_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3cbPblUYNT+YFhFiA8+svUxsdkEgUIT+HmdZGjQizn liftlock-rehearsal"
_FLAVOR = {"name": OURS, "ram": 64, "vcpus": 1, "disk": 0}

ROLE = Role(
    "nova",
    _settings,
    endpoint="/v2.1",
    surroundings=(("OS_NOVA_CONFIG_DIR", "{home}"),),
    beside=("etc/nova/api-paste.ini",),
    more=("nova-compute",),
    headers=(("OpenStack-API-Version", "compute 2.90"),),
    calls=(
        ListCall(
            "openstack flavor list",
            ("/v2.1/flavors/detail?is_public=None",),
            "flavors",
            kind_of("nova", "flavor"),
        ),
        ListCall(
            "openstack compute service list",
            ("/v2.1/os-services",),
            "services",
            _SERVICE,
            name_field="",
            own=lambda item: item.get("host") == OURS,
        ),
        ListCall(
            "openstack server list",
            ("/v2.1/servers/detail?all_tenants=1",),
            "servers",
            kind_of("nova", "server"),
        ),
    ),
    trials=(
        Trial("flavor", "/v2.1/flavors", lambda _: {"flavor": _FLAVOR}, "flavor"),
        Trial(
            "keypair",
            "/v2.1/os-keypairs",
            lambda _: {"keypair": {"name": OURS, "type": "ssh", "public_key": _KEY}},
            "keypair",
            id_field="name",
        ),
        Trial(
            "server group",
            "/v2.1/os-server-groups",
            lambda _: {"server_group": {"name": OURS, "policy": "anti-affinity"}},
            "server_group",
        ),
        Trial("aggregate", "/v2.1/os-aggregates", lambda _: {"aggregate": {"name": OURS}}, "aggregate"),
        Trial(
            "server",
            "/v2.1/servers",
            lambda ids: {
                "server": {
                    "name": OURS,
                    "imageRef": ids["image"],
                    "flavorRef": ids["flavor"],
                    "networks": "none",
                    "host": OURS,
                }
            },
            "server",
            needs=("image", "flavor", "network"),
            status="status",
            ready="ACTIVE",
            broken=("ERROR",),
            gone=("DELETED",),
            awaited=Awaited(
                "/v2.1/os-hypervisors/detail",
                "hypervisors",
                lambda item: item["service"]["host"] == OURS and item["state"] == "up",
                "the hypervisor that pretends is not listed as up",
            ),
        ),
    ),
)
