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
    "user": "user create --project c-project c-user",
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


@pytest.mark.parametrize("kind", OTHERS)
def test_the_client_lists_what_the_cloud_is_made_of(the_lab: Operator, kind: str) -> None:
    assert the_lab.bastion(f"openstack {kind} list -f json").json()


def test_the_client_makes_lists_and_deletes_one_of_each(the_lab: Operator, tmp_path: Path) -> None:
    content, template = tmp_path / "image", tmp_path / "stack.yaml"
    content.write_bytes(b"\0" * 65536)
    resources = {"word": {"type": "OS::Heat::RandomString"}}
    template.write_text(json.dumps({"heat_template_version": "2018-08-31", "resources": resources}))
    for line in MADE.values():
        the_lab.bastion(f"openstack {line.format(bytes=content, template=template)}").well()
    for kind in MADE:
        assert f"c-{kind}" in listed(the_lab, kind)
    assert the_lab.bastion("openstack server show c-server -f value -c status").out.strip() == "ACTIVE"
    for kind in reversed(MADE):
        the_lab.bastion(f"openstack {DELETED.get(kind, f'{kind} delete c-{kind}')}").well()
    for kind in MADE:
        assert f"c-{kind}" not in listed(the_lab, kind)


def listed(operator: Operator, kind: str) -> list[str]:
    """Names of what there is of a kind."""
    column = "Stack Name" if kind == "stack" else "Name"
    return operator.bastion(f"openstack {kind} list -f value -c '{column}'").well().out.splitlines()
