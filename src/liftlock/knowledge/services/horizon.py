"""horizon: the dashboard. It has no database; its sessions live in memcached."""

from liftlock.knowledge.service import Part, Service

SERVICE = Service(
    name="horizon",
    catalogue_type="",
    after=("keystone", "glance", "nova", "neutron", "cinder"),
    parts=(Part("horizon", port=8080, health="/auth/login/", wsgi="openstack_dashboard.wsgi:application"),),
    configuration=("/etc/openstack-dashboard",),
)
