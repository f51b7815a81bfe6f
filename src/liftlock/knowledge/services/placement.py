"""placement: what resources there are. nova needs it at its own release or newer."""

from liftlock.knowledge.service import Listing, Migration, Part, Service

SERVICE = Service(
    name="placement",
    catalogue_type="placement",
    after=("keystone",),
    # placement answers 401 on /healthcheck (13.0.0): ask its root.
    parts=(Part("placement-api", port=8778, health="/", wsgi="placement.wsgi.api:application"),),
    # The whole list would be every host of the cloud.
    listing=Listing("/resource_providers?name=nobody-is-called-like-this", "resource_providers"),
    databases=("placement",),
    migrations=(
        Migration("sync", ("placement-manage", "db", "sync"), "sync", ("placement",)),
        Migration(
            "online",
            ("placement-manage", "db", "online_data_migrations", "--max-count", "50"),
            "online",
            ("placement",),
            may_repeat=True,
        ),
    ),
    configuration=("/etc/placement",),
    status_check=("placement-status", "upgrade", "check"),
    version_tables=(("placement", "alembic_version"),),
)
