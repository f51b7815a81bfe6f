"""keystone: identity. Everybody asks it, so it goes first."""

from liftlock.knowledge.service import Migration, Part, Service

SERVICE = Service(
    name="keystone",
    catalogue_type="identity",
    after=(),
    parts=(Part("keystone-api", port=5000, health="/healthcheck", wsgi="keystone.wsgi.api:application"),),
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
