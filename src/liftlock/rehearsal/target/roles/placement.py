"""placement: what hosts have and what is taken of it."""

from liftlock.knowledge.kinds import Kind
from liftlock.rehearsal.target.role import OURS, ListCall, Place, Role, Sections, Trial


def _settings(place: Place) -> Sections:
    usual = place.usual("placement")
    return {
        "DEFAULT": {"use_stderr": "true"},
        "placement_database": usual["database"],
        "api": {"auth_strategy": "keystone"},
        "keystone_authtoken": usual["keystone_authtoken"],
        "oslo_concurrency": usual["oslo_concurrency"],
    }


_PROVIDER = Kind(
    "resource provider", ("placement",), "resource_providers", id="t.uuid", project="''", leave=("id",)
)

ROLE = Role(
    "placement",
    _settings,
    surroundings=(("OS_PLACEMENT_CONFIG_DIR", "{home}"),),
    headers=(("OpenStack-API-Version", "placement 1.36"),),
    calls=(
        ListCall(
            "openstack resource provider list",
            ("/resource_providers",),
            "resource_providers",
            _PROVIDER,
            id_field="uuid",
            own=lambda item: item.get("name") == OURS,
        ),
    ),
    trials=(
        Trial(
            "resource provider",
            "/resource_providers",
            lambda _: {"name": f"{OURS}-2"},
            id_field="uuid",
            named=f"{OURS}-2",
        ),
        Trial(
            "resource class",
            "/resource_classes",
            lambda _: {"name": "CUSTOM_LIFTLOCK_REHEARSAL"},
            id_field="name",
            named="CUSTOM_LIFTLOCK_REHEARSAL",
        ),
    ),
)
