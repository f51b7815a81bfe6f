"""neutron: networks."""

from liftlock.knowledge.service import Handover, Listing, Migration, Part, Plane, Service

SERVICE = Service(
    name="neutron",
    catalogue_type="network",
    after=("keystone",),
    parts=(
        Part("neutron-api", port=9696, health="/healthcheck", wsgi="neutron.wsgi.api:application"),
        Part("neutron-rpc-server", topics=("q-plugin", "q-reports-plugin")),
        # It runs the plug-ins' timed jobs and answers no calls (neutron 28.0, `start_periodic_workers`).
        Part("neutron-periodic-workers", apart=True),
        Part(
            "neutron-openvswitch-agent",
            Handover.STOP_THEN_START,
            Plane.DATA,
            agent="neutron-openvswitch-agent",
        ),
    ),
    listing=Listing("/networks?limit=1", "networks", "/v2.0"),
    databases=("neutron",),
    migrations=(
        Migration("expand", ("neutron-db-manage", "upgrade", "--expand"), "expand", ("neutron",)),
        Migration("contract", ("neutron-db-manage", "upgrade", "--contract"), "contract", ("neutron",)),
    ),
    configuration=("/etc/neutron",),
    status_check=("neutron-status", "upgrade", "check"),
    version_tables=(("neutron", "alembic_version"),),
)
