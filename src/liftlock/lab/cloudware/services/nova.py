"""nova in the lab: computes have the fake driver."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="nova",
    uid=42436,
    endpoint="/v2.1",
    # A server's creation asks four other APIs. With two, a machine half as fast had no healthy nova for half a minute.
    processes=4,
    environment={"OS_NOVA_CONFIG_DIR": "/etc/nova"},
    config_files=("/etc/nova/nova.conf",),
    paste="api-paste.ini",
    script_until_2024="nova-api-wsgi",
)
