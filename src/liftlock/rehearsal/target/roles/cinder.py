"""cinder: with a backend that only pretends."""

from liftlock.rehearsal.target.role import OURS, Awaited, ListCall, Place, Role, Sections, Trial, kind_of


def _settings(place: Place) -> Sections:
    usual = place.usual("cinder")
    home = place.home("cinder")
    return {
        **usual,
        "DEFAULT": {
            **usual["DEFAULT"],
            "auth_strategy": "keystone",
            "api_paste_config": f"{place.release}/etc/cinder/api-paste.ini",
            "resource_query_filters_file": f"{place.release}/etc/cinder/resource_filters.json",
            "glance_api_servers": "http://127.0.0.1:9292",
            "enabled_backends": OURS,
            "report_interval": "5",
            "graceful_shutdown_timeout": "10",
        },
        OURS: {
            "volume_driver": "cinder.tests.fake_driver.FakeLoggingVolumeDriver",
            "volume_backend_name": OURS,
        },
        "nova": {**place.account(), "interface": "public"},
        "coordination": {"backend_url": f"file://{home}/coordination"},
    }


ROLE = Role(
    "cinder",
    _settings,
    endpoint="/v3/%(project_id)s",
    types=("block-storage", "volumev3"),
    told=True,
    without=("cinder-backup",),
    headers=(("OpenStack-API-Version", "volume 3.70"),),
    calls=(
        ListCall(
            "openstack volume list",
            ("/v3/{project}/volumes/detail?all_tenants=1",),
            "volumes",
            kind_of("cinder", "volume"),
        ),
        ListCall(
            "openstack volume snapshot list",
            ("/v3/{project}/snapshots/detail?all_tenants=1",),
            "snapshots",
            kind_of("cinder", "snapshot"),
        ),
        ListCall(
            "openstack volume type list",
            ("/v3/{project}/types?is_public=None",),
            "volume_types",
            kind_of("cinder", "volume type"),
        ),
    ),
    trials=(
        Trial("volume type", "/v3/{project}/types", lambda _: {"volume_type": {"name": OURS}}, "volume_type"),
        Trial(
            "volume",
            "/v3/{project}/volumes",
            lambda ids: {"volume": {"name": OURS, "size": 1, "volume_type": ids["volume type"]}},
            "volume",
            needs=("volume type",),
            status="status",
            ready="available",
            broken=("error",),
            awaited=Awaited(
                "/v3/{project}/os-services?binary=cinder-volume",
                "services",
                lambda item: item["host"] == f"{OURS}@{OURS}" and item["state"] == "up",
                "the backend that pretends is not listed as up",
            ),
        ),
        Trial(
            "volume snapshot",
            "/v3/{project}/snapshots",
            lambda ids: {"snapshot": {"name": OURS, "volume_id": ids["volume"]}},
            "snapshot",
            needs=("volume",),
            status="status",
            ready="available",
            broken=("error",),
        ),
    ),
)
