"""keystone in the lab."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="keystone",
    uid=42425,
    endpoint="/v3",
    environment={"OS_KEYSTONE_CONFIG_DIR": "/etc/keystone"},
    script_until_2024="keystone-wsgi-public",
    schema=(("keystone-manage", "db_sync"),),
)
