"""cinder: volumes."""

from liftlock.knowledge.service import Handover, Listing, Migration, Part, Service

SERVICE = Service(
    name="cinder",
    catalogue_type="block-storage",
    after=("keystone", "glance"),
    parts=(
        Part("cinder-api", port=8776, health="/healthcheck", wsgi="cinder.wsgi.api:application"),
        Part("cinder-scheduler", agent="cinder-scheduler", topics=("cinder-scheduler",)),
        # Two cinder-volume share one service row through `backend_host`: the second would claim the first's work.
        Part("cinder-volume", Handover.STOP_THEN_START, agent="cinder-volume"),
        Part("cinder-backup", Handover.STOP_THEN_START, agent="cinder-backup"),
    ),
    listing=Listing("/volumes?limit=1", "volumes", "/v3"),
    databases=("cinder",),
    migrations=(
        Migration("sync", ("cinder-manage", "db", "sync"), "sync", ("cinder",)),
        Migration(
            "online",
            ("cinder-manage", "db", "online_data_migrations", "--max_count", "50"),
            "online",
            ("cinder",),
            may_repeat=True,
        ),
    ),
    configuration=("/etc/cinder",),
    status_check=("cinder-status", "upgrade", "check"),
    # Its API can disable a service but not delete its record (cinder 28.0.0).
    forget_worker=("cinder-manage", "service", "remove", "{kind}", "{host}"),
    purge="cinder-manage db purge 30",
    version_tables=(("cinder", "alembic_version"),),
)
