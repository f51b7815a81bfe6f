"""nova in the lab: computes have the fake driver."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="nova",
    uid=42436,
    endpoint="/v2.1",
    environment={"OS_NOVA_CONFIG_DIR": "/etc/nova"},
    config_files=("/etc/nova/nova.conf",),
    paste="api-paste.ini",
    script_2024="nova-api-wsgi",
)
