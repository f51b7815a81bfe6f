"""glance: images."""

from liftlock.knowledge.service import Listing, Migration, Part, Service

SERVICE = Service(
    name="glance",
    catalogue_type="image",
    after=("keystone",),
    parts=(Part("glance-api", port=9292, health="/healthcheck", wsgi="glance.wsgi.api:application"),),
    listing=Listing("/images?limit=1", "images", "/v2"),
    databases=("glance",),
    migrations=(
        Migration("expand", ("glance-manage", "db", "expand"), "expand", ("glance",)),
        Migration("migrate", ("glance-manage", "db", "migrate"), "expand", ("glance",)),
        Migration("contract", ("glance-manage", "db", "contract"), "contract", ("glance",)),
    ),
    configuration=("/etc/glance",),
    status_check=("glance-status", "upgrade", "check"),
    purge="glance-manage db purge --age_in_days 30",
    version_tables=(("glance", "alembic_version"),),
)
