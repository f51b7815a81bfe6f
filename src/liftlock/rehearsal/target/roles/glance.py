"""glance: with a store of its own; production's contents are not asked for."""

from liftlock.rehearsal.target.role import OURS, ListCall, Place, Role, Sections, Trial, kind_of

_CONTENT = "liftlock rehearses: nobody boots this.\n" * 100


def _settings(place: Place) -> Sections:
    usual = place.usual("glance")
    home = place.home("glance")
    return {
        **usual,
        "DEFAULT": {
            **usual["DEFAULT"],
            "enabled_backends": "files:file",
            "worker_self_reference_url": "http://127.0.0.1:9292",
        },
        "glance_store": {"default_backend": "files"},
        "files": {"filesystem_store_datadir": f"{home}/images"},
        "os_glance_staging_store": {"filesystem_store_datadir": f"{home}/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{home}/tasks"},
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": f"{place.release}/etc/glance/glance-api-paste.ini",
        },
    }


ROLE = Role(
    "glance",
    _settings,
    file="glance-api.conf",
    surroundings=(("OS_GLANCE_CONFIG_DIR", "{home}"),),
    calls=(
        ListCall(
            "openstack image list",
            ("/v2/images?limit=500", "/v2/images?limit=500&os_hidden=true"),
            "images",
            kind_of("glance", "image"),
        ),
    ),
    trials=(
        Trial(
            "image",
            "/v2/images",
            lambda _: {"name": OURS, "disk_format": "raw", "container_format": "bare"},
            status="status",
            ready="active",
            broken=("killed", "deleted"),
            content=_CONTENT,
        ),
    ),
)
