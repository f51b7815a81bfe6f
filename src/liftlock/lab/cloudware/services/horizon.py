"""horizon in the lab: only at the public front door, over TLS."""

from liftlock.lab.cloudware.fitting import Fitting

FITTING = Fitting(
    name="horizon",
    uid=42420,
    uwsgi=(
        "static-map = /static=/opt/openstack/current/static",
        "route-uri = ^/static/ addheader:Cache-Control: max-age=3600",
    ),
    front_port=443,
    internal=False,
    # Its login page is its health check, and costs a rendering.
    check_s=3,
)
