"""keystone: identity. Everybody asks it, so it goes first."""

from liftlock.knowledge.service import Listing, Migration, Part, Service

SERVICE = Service(
    name="keystone",
    catalogue_type="identity",
    after=(),
    parts=(Part("keystone-api", port=5000, health="/healthcheck", wsgi="keystone.wsgi.api:application"),),
    # Anybody's token may read regions, and every cloud has a handful: projects may be thousands (keystone 27 and 29).
    listing=Listing("/regions", "regions", "/v3"),
    databases=("keystone",),
    # keystone-manage, keystone 27.0.2: `--migrate` has been a no-op since 2023.1; contract follows expand.
    migrations=(
        Migration("expand", ("keystone-manage", "db_sync", "--expand"), "expand", ("keystone",)),
        Migration("contract", ("keystone-manage", "db_sync", "--contract"), "contract", ("keystone",)),
    ),
    configuration=("/etc/keystone",),
    status_check=("keystone-status", "upgrade", "check"),
    version_tables=(("keystone", "alembic_version"),),
)
