"""nova: instances. Its agents on compute hosts stay behind for a while, so its RPC is pinned to the oldest."""

from liftlock.knowledge.service import Handover, Listing, Migration, Part, Plane, Service

SERVICE = Service(
    name="nova",
    catalogue_type="compute",
    after=("keystone", "glance", "placement", "neutron", "cinder"),
    parts=(
        # nova answers 300 on /healthcheck without credentials (31.3.1): ask its root.
        Part("nova-api", port=8774, health="/", wsgi="nova.wsgi.osapi_compute:application"),
        Part("nova-scheduler", agent="nova-scheduler", topics=("scheduler",)),
        Part("nova-conductor", agent="nova-conductor", topics=("conductor",)),
        Part("nova-compute", Handover.STOP_THEN_START, Plane.DATA, agent="nova-compute"),
    ),
    listing=Listing("/servers?limit=1", "servers", "/v2.1"),
    databases=("nova_api", "nova_cell0", "nova"),
    migrations=(
        Migration("api-db-sync", ("nova-manage", "api_db", "sync"), "sync", ("nova_api",)),
        # `db sync` also migrates cell0 (nova 31.3.1, `nova-manage db sync` without `--local_cell`).
        Migration(
            "db-sync", ("nova-manage", "db", "sync"), "sync", ("nova", "nova_cell0"), alone=("--local_cell",)
        ),
        Migration(
            "online",
            ("nova-manage", "db", "online_data_migrations", "--max-count", "50"),
            "online",
            ("nova", "nova_cell0"),
            may_repeat=True,
        ),
    ),
    configuration=("/etc/nova",),
    status_check=("nova-status", "upgrade", "check"),
    purge="nova-manage db archive_deleted_rows --all-cells --until-complete",
    version_tables=(
        ("nova_api", "alembic_version"),
        ("nova_cell0", "alembic_version"),
        ("nova", "alembic_version"),
    ),
)
