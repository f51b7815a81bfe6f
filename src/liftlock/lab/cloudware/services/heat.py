"""heat in the lab."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="heat",
    uid=42418,
    endpoint="/v1/%(tenant_id)s",
    config_files=("/etc/heat/heat.conf",),
    pyargv="--config-file /etc/heat/heat.conf",
    script_until_2024="heat-wsgi-api",
    schema=(("heat-manage", "db_sync"),),
    # Each of its requests waits half a second for the engine: two processes answer four a second, and no health check.
    threads=4,
)
