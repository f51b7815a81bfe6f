"""The same cloud answers the plain `openstack` client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.story.operator import Operator

pytestmark = pytest.mark.lab

OTHERS = (
    *("endpoint", "hypervisor", "compute service", "network agent", "volume service"),
    *("orchestration service", "resource provider"),
)
"""Kinds of which users make none."""

MADE = {
    "project": "project create c-project",
    "user": "user create --project c-project --password c-password c-user",
    "image": "image create --disk-format raw --file {bytes} c-image",
    "flavor": "flavor create --ram 64 --disk 1 c-flavor",
    "network": "network create c-network",
    "subnet": "subnet create --network c-network --subnet-range 10.204.0.0/24 c-subnet",
    "port": "port create --network c-network c-port",
    "server": "server create --wait --image c-image --flavor c-flavor --port c-port c-server",
    "volume": "volume create --size 1 c-volume",
    "stack": "stack create --wait -t {template} c-stack",
}
"""Kind -> what makes one, each after what it needs."""
DELETED = {"server": "server delete --wait c-server", "stack": "stack delete --wait -y c-stack"}
"""Kind -> what deletes it, where it takes more than the name."""


def listed(operator: Operator) -> set[str]:
    """Names of everything that users make, among other words."""
    # In a session the client takes quotes for a part of the name: `Stack Name` cannot be asked for.
    columns = {kind: "" if kind == "stack" else "-c Name" for kind in MADE}
    told = operator.openstack([f"{kind} list -f value {column}" for kind, column in columns.items()])
    return {word for line in told for word in line.split()}


def test_the_client_lists_what_the_cloud_is_made_of(the_lab: Operator) -> None:
    told = the_lab.openstack([f"{kind} list -f json" for kind in OTHERS])
    assert told.count("[") == told.count("]") == len(OTHERS), told
    seen = " ".join(told)
    for word in ("nova-compute", "neutron-openvswitch-agent", "cinder-volume", "heat-engine", "cmp2"):
        assert word in seen


def test_the_client_makes_lists_and_deletes_one_of_each(the_lab: Operator, tmp_path: Path) -> None:
    content, template = tmp_path / "image", tmp_path / "stack.yaml"
    content.write_bytes(b"\0" * 65536)
    resources = {"word": {"type": "OS::Heat::RandomString"}}
    template.write_text(json.dumps({"heat_template_version": "2018-08-31", "resources": resources}))
    ours = {f"c-{kind}" for kind in MADE}
    the_lab.openstack([line.format(bytes=content, template=template) for line in MADE.values()])
    assert listed(the_lab) >= ours
    shown = the_lab.bastion("openstack server show c-server -f json").json()
    assert shown["status"] == "ACTIVE"
    the_lab.openstack([DELETED.get(kind, f"{kind} delete c-{kind}") for kind in reversed(MADE)])
    assert listed(the_lab) & ours == set()
