"""neutron in the lab: no data plane; a reporter speaks for the Open vSwitch agents, so that ports bind."""

from liftlock.lab.cloudware.fitting import Fitting

REPORTER = "/usr/local/lib/liftlock-lab/ovs_reporter.py"

FITTING = Fitting(
    name="neutron",
    uid=42435,
    environment={"OS_NEUTRON_CONFIG_DIR": "/etc/neutron"},
    config_files=("/etc/neutron/neutron.conf", "/etc/neutron/plugins/ml2/ml2_conf.ini"),
    script_until_2024="neutron-api",
    commands={
        "neutron-openvswitch-agent": "/opt/openstack/current/bin/python"
        f" {REPORTER} --config-file /etc/neutron/neutron.conf",
    },
    schema=(("neutron-db-manage", "upgrade", "heads"),),
)
