"""heat: stacks. Its engines ask for a virtual host of their own when two releases run beside each other."""

from liftlock.knowledge.service import Handover, Listing, Migration, Part, Service

SERVICE = Service(
    name="heat",
    catalogue_type="orchestration",
    after=("keystone", "glance", "nova", "neutron", "cinder"),
    parts=(
        Part(
            "heat-api",
            Handover.OWN_VHOST,
            port=8004,
            health="/healthcheck",
            wsgi="heat.wsgi.api:application",
        ),
        Part("heat-engine", Handover.OWN_VHOST, agent="heat-engine", topics=("engine",)),
    ),
    listing=Listing("/stacks?limit=1", "stacks", "/v1"),
    databases=("heat",),
    migrations=(Migration("sync", ("heat-manage", "db_sync"), "sync", ("heat",)),),
    configuration=("/etc/heat",),
    status_check=("heat-status", "upgrade", "check"),
    # Deletes the records of all engines that do not report.
    forget_worker=("heat-manage", "service", "clean"),
    purge="heat-manage purge_deleted 30",
    version_tables=(("heat", "alembic_version"),),
)
