"""placement in the lab."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="placement",
    uid=42482,
    environment={"OS_PLACEMENT_CONFIG_DIR": "/etc/placement"},
    script_until_2024="placement-api",
    schema=(("placement-manage", "db", "sync"),),
)
