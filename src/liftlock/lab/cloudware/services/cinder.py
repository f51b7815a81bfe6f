"""cinder in the lab: a driver that only writes down what it is asked to do."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="cinder",
    uid=42407,
    endpoint="/v3/%(project_id)s",
    # heat and nova of these releases still ask for `volumev3`.
    other_types=("volumev3",),
    directories=("/srv/shared/cinder/coordination",),
    config_files=("/etc/cinder/cinder.conf",),
    pyargv="--config-file /etc/cinder/cinder.conf",
    script_until_2024="cinder-wsgi",
    absent=frozenset({"cinder-backup"}),
    schema=(("cinder-manage", "db", "sync"),),
)
