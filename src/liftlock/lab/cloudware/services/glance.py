"""glance in the lab: images are files in a directory that all control hosts share."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="glance",
    uid=42415,
    directories=("/srv/shared/glance/images", "/var/lib/glance/staging", "/var/lib/glance/tasks"),
    environment={"OS_GLANCE_CONFIG_DIR": "/etc/glance"},
    # Read from there by 2024.1; later series take the path from glance-api.conf.
    paste="glance-api-paste.ini",
    script_until_2024="glance-wsgi-api",
    schema=(("glance-manage", "db_sync"),),
)
