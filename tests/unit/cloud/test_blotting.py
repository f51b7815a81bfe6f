"""What stays of a snapshot that is shown to others, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.checks.registry import examine
from liftlock.cloud.blotting import blot, leftovers
from liftlock.cloud.codec import read, to_json, write
from liftlock.cloud.compute import ServerGroup
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_named
from tests.clouds import small_cloud, with_database_server, with_host
from tests.unit.cli.terminal import typed

SECRET = "hunter2-and-more"
KEY = "x4Zr-gT0p3lQ8vB1nW6yC9sD2fH5jK7mA0eU3iO_L1k="


def outsiders() -> Cloud:
    """A cloud of somebody's, with names of theirs everywhere and secrets where errors leave them."""
    made = small_cloud(name="quayside-prod")
    first, *others = made.compute.instances
    named = (replace(first, name="payroll"), *(replace(i, project="f00d") for i in others))
    made = replace(
        made,
        problems=(f"cannot reach mysql+pymysql://nova:{SECRET}@db1.quayside.example/nova",),
        compute=replace(
            made.compute,
            instances=named,
            groups=(ServerGroup("g", "payroll-pair", "anti-affinity", (first.id, "gone")),),
        ),
        tenancy=replace(made.tenancy, project_names={"f00d": "Acme", "harbour": "Harbour Ltd"}),
        endpoints=tuple(
            replace(e, url=e.url.replace("http://10.30.0.6", "http://ctl-blue.quayside.example"))
            for e in made.endpoints
        ),
    )
    real = tuple(
        replace(h, boot_id="5f2c91", configuration=dict.fromkeys(h.configuration, "5f2c")) for h in made.hosts
    )
    made = replace(made, hosts=real)
    made = with_host(made, "cmp1", reachable=False, problem=f"ctl-blue: password={SECRET} at 10.30.0.6")
    return with_database_server(made, problem=f'IDENTIFIED BY "{SECRET}"')


def test_no_secret_and_no_name_of_a_user_is_left() -> None:
    told = to_json(blot(outsiders()))
    for word in (SECRET, "payroll", "Acme", "Harbour Ltd", "f00d", '"harbour"'):
        assert word not in told
    assert "quayside-prod" in told
    assert "cmp1" in told


def test_with_hosts_no_name_and_no_address_of_the_cloud_is_left() -> None:
    told = to_json(blot(outsiders(), hosts=True))
    for word in ("quayside", "ctl-blue", "cmp1", "cmp2", "db1", "lb1", "10.30.0.6", "harbour.example"):
        assert word not in told
    for word in ("nova-compute", "https://", "10.11.6-MariaDB", "2025.1-3f2a91c04d7e", "control-1"):
        assert word in told


@pytest.mark.parametrize("hosts", [False, True])
def test_what_was_equal_is_equal_and_the_checks_say_as_much(hosts: bool) -> None:
    cloud, shown = outsiders(), blot(outsiders(), hosts=hosts)
    target = series_named("2026.1")
    assert [(f.check, f.severity) for f in examine(shown, target)] == [
        (f.check, f.severity) for f in examine(cloud, target)
    ]
    assert {i.host for i in shown.compute.instances} <= {h.host for h in shown.compute.hypervisors}
    (group,) = shown.compute.groups
    assert [m in {i.id for i in shown.compute.instances} for m in group.members] == [True, False]
    assert [len(h.units) for h in shown.hosts] == [len(h.units) for h in cloud.hosts]
    assert set(shown.tenancy.project_names) >= {i.project for i in shown.compute.instances}


def test_a_host_that_is_called_like_a_program_takes_no_words_from_it() -> None:
    cloud = small_cloud()
    called = replace(
        cloud, hosts=tuple(replace(h, name="nova") if h.name == "lb1" else h for h in cloud.hosts)
    )
    shown = blot(called, hosts=True)
    assert shown.services == cloud.services
    assert {a.service for a in shown.agents} == {a.service for a in cloud.agents}


@pytest.mark.parametrize("secret", [KEY, "gAAAAABl" + "x" * 40, "-----BEGIN RSA PRIVATE KEY-----"])
def test_what_looks_like_a_key_is_pointed_at_and_not_repeated(secret: str) -> None:
    (left,) = leftovers(with_host(small_cloud(), "cmp1", problem=f"found {secret} in a file"))
    assert secret not in left
    assert leftovers(small_cloud()) == ()


def test_a_snapshot_is_blotted_without_a_cloud(tmp_path: Path) -> None:
    write(outsiders(), tmp_path / "before.json")
    told = typed(["snapshot", "blot", "before.json", "--hosts", "-o", "shown.json"], tmp_path)
    assert told.code == 0, told.err
    assert SECRET not in (tmp_path / "shown.json").read_text()
    assert read(tmp_path / "shown.json") == blot(outsiders(), hosts=True)
    refused = typed(["snapshot", "blot", "none.json", "-o", "shown.json"], tmp_path)
    assert refused.code
    assert refused.in_three_parts, refused.err
