"""Clouds that are well-formed and absurd: each is refused by name, before anything is asked or changed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from liftlock.checks.registry import blockers, examine
from liftlock.cloud.file import GATES, parse
from liftlock.errors import BadInput
from liftlock.flow.assess import running_series
from liftlock.flow.plan import refuse_mixed_releases
from liftlock.knowledge.catalogue import releases, services
from tests.clouds import small_cloud, with_host, with_second_controller
from tests.unit.bad_input import in_three_parts

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "cloud.yaml.example"
CONTENT = yaml.safe_load(EXAMPLE.read_text())
USUAL = [name for service in services().values() for name in service.databases]
NAMES = [
    "ctl blue",
    "ctl-blue;rm -rf /",
    "ctl'blue",
    'ctl"blue',
    "ctl$(reboot)",
    "ctl`id`",
    "schleuse-süd",
    "-oProxyCommand",
]

Spoil = Callable[[dict[str, Any]], Any]


def green(**changes: Any) -> Spoil:
    return lambda c: c["green"]["ctl-green"].update(**changes)


def second(name: str, **changes: Any) -> Spoil:
    return lambda c: c["green"].update(
        {name: {**c["green"]["ctl-green"], "address": "10.30.0.13", **changes}}
    )


def set_port(port: int) -> Spoil:
    return lambda c: c["access"].update(port=port)


def rename_host(name: str) -> Spoil:
    return lambda c: c["hosts"].update({name: c["hosts"].pop("cmp1")})


def rename_cloud(name: str) -> Spoil:
    return lambda c: c.update(name=name)


def move_host(address: str) -> Spoil:
    return lambda c: c["hosts"]["cmp1"].update(address=address)


def rename_user(name: str) -> Spoil:
    return lambda c: c["access"].update(user=name)


ABSURD: dict[str, tuple[Spoil, str]] = {
    "two hosts at one address": (
        lambda c: c["hosts"]["db1"].update(address="10.30.0.11"),
        "hosts.db1.address: is the address of ctl-blue as well",
    ),
    "green at blue's address": (green(address="10.30.0.11"), "green.ctl-green.address: is the address of ctl-blue"),
    "two greens at one address": (
        second("ctl-2", address="10.30.0.12"),
        "green.ctl-2.address: is the address of ctl-green",
    ),
    "green that replaces itself": (green(replaces="ctl-green"), "`ctl-green` is no control host of this file"),
    "green that replaces a compute host": (green(replaces="cmp1"), "`cmp1` is no control host of this file"),
    "greens that replace each other": (
        lambda c: (second("ctl-2", replaces="ctl-green")(c), green(replaces="ctl-2")(c)),
        "green.ctl-2.replaces: `ctl-green` is no control host of this file",
    ),
    "two greens for one blue": (second("ctl-2"), "`ctl-blue` is replaced by ctl-green already"),
    "a control host that no green replaces": (
        lambda c: c["hosts"].update({"ctl-2": {"address": "10.30.0.13", "roles": ["control"]}}),
        "green: nothing replaces ctl-2",
    ),
    "a balancer that is also green": (
        lambda c: c["green"].update(lb1=c["green"].pop("ctl-green")),
        "green.lb1: is declared under `hosts` as well",
    ),
    "green without a provisioner": (lambda c: c.pop("provisioner"), "provisioner: is needed when there is `green`"),
    "a provisioner that liftlock does not have": (
        lambda c: c["provisioner"].update(kind="nova"),
        "provisioner.kind: `nova` is unknown",
    ),
    "green without memory": (green(memory_mib=0), "green.ctl-green.memory_mib: must be from 512"),
    "no host at all": (lambda c: c.update(hosts={}), "hosts: no host is declared"),
    "no control host": (lambda c: c["hosts"].pop("ctl-blue"), "hosts: no host has the role `control`"),
    "a host for nothing": (lambda c: c["hosts"]["cmp1"].update(roles=[]), "hosts.cmp1.roles: is empty"),
    "no service": (lambda c: c.update(services=[]), "services: is empty"),
    "a service twice": (lambda c: c["services"].append("nova"), "services.9: `nova` stands twice"),
    "every database under one name": (
        lambda c: c["databases"].update(names=dict.fromkeys(USUAL, "openstack")),
        "`openstack` is what keystone is called as well",
    ),
    "a database under the name of another": (
        lambda c: c["databases"].update(names={"nova": "keystone"}),
        "`keystone` is what keystone is called as well",
    ),
    "a hundred databases that nobody has": (
        lambda c: c["databases"].update(names={f"nova_{n}": "nova" for n in range(100)}),
        "databases.names.nova_99: no service has a database of that name; the nearest known one is `nova`",
    ),
    "a database with a command in its name": (
        lambda c: c["databases"].update(names={"nova": "nova`; drop database keystone"}),
        "databases.names.nova: must be a database name",
    ),
    "two services behind one backend": (
        lambda c: c["balancer"].update(backends={"nova": "glance"}),
        "balancer.backends.nova: `glance` is what glance is called as well",
    ),
    "a backend with a command in its name": (
        lambda c: c["balancer"].update(backends={"nova": "nova; shutdown frontend nova"}),
        "balancer.backends.nova: must be a backend's name",
    ),
    "a balancer twice": (lambda c: c["balancer"].update(hosts=["lb1", "lb1"]), "balancer.hosts.2: `lb1` stands twice"),
    "no balancer": (lambda c: c["balancer"].update(hosts=[]), "balancer.hosts: is empty"),
    "a broker that is none": (lambda c: c["broker"].update(host="cmp1"), "cmp1 does not have the role `broker`"),
    "a database server on green": (
        lambda c: c["databases"].update(host="ctl-green"),
        "databases.host: `ctl-green` is no host of this file and no address",
    ),
    "a socket that is a command": (
        lambda c: c["balancer"].update(socket="/run/a b;reboot"),
        "balancer.socket: must be an absolute path on the host, without spaces",
    ),
    "minus one person to approve": (
        lambda c: c["policy"].update(approvals={"start": -1}),
        "policy.approvals.start: must be from 0 to 9, is -1",
    ),
    "two people for a gate that no plan has": (
        lambda c: c["policy"].update(approvals={"finalise": 2}),
        "policy.approvals.finalise: no plan has a gate of that name; the nearest known one is `finalize`",
    ),
    "an approval that expired before it was given": (
        lambda c: c["policy"].update(approval_expires_s=-1),
        "policy.approval_expires_s: must be from 60 to 604800, is -1",
    ),
    "less than no failed request": (
        lambda c: c["policy"]["budget"].update(failed_requests=-1),
        "policy.budget.failed_requests: must be from 0 to 1e+06, is -1",
    ),
    **{f"port {port}": (set_port(port), f"must be from 1 to 65535, is {port}") for port in (0, -1, 65536, 70000)},
    **{f"a host called {name}": (rename_host(name), f"must be a host name, is {name!r}") for name in NAMES},
    **{f"a cloud called {name}": (rename_cloud(name), f"must be a host name, is {name!r}") for name in NAMES},
    **{f"an address of {name}": (move_host(name), f"must be an address, is {name!r}") for name in NAMES},
    **{f"a user called {name}": (rename_user(name), "access.user: must be one word") for name in NAMES},
}  # fmt: skip


@pytest.mark.parametrize("what", ABSURD)
def test_a_cloud_file_is_refused_that_has(what: str) -> None:
    spoil, says = ABSURD[what]
    content = deepcopy(CONTENT)
    spoil(content)
    with pytest.raises(BadInput) as caught:
        parse(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), EXAMPLE)
    assert says in in_three_parts(caught.value)


def test_every_gate_of_every_plan_may_have_a_policy() -> None:
    plans = Path(__file__).resolve().parents[2] / "golden" / "plans"
    text = "".join(path.read_text() for path in plans.iterdir())
    found = {
        line.partition("gate “")[2].partition("”")[0] for line in text.splitlines() if "══ gate “" in line
    }
    # A plan of `restore` needs a backup, one with a gap a proof (strategies/control).
    assert {*found, "restore", "gap"} == set(GATES)


def test_a_cloud_without_compute_hosts_is_a_cloud() -> None:
    content = deepcopy(CONTENT)
    del content["hosts"]["cmp1"], content["hosts"]["cmp2"]
    assert len(parse(yaml.safe_dump(content), EXAMPLE).hosts) == 3
    assert not blockers(examine(small_cloud(computes=0), releases()["2026.1"]))


def test_a_control_host_that_runs_nothing_is_told_by_its_release() -> None:
    cloud = with_second_controller(small_cloud(), release="", releases=(), versions={}, units=())
    with pytest.raises(BadInput, match=r"run 2 releases: none, 2025\.1-"):
        refuse_mixed_releases(cloud)
    alone = with_host(small_cloud(), "ctl-blue", release="", releases=(), versions={}, units=())
    with pytest.raises(BadInput, match="none of the control hosts runs a series"):
        running_series(alone)
