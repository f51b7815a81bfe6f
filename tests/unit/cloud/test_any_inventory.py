"""Whatever `ansible-inventory` prints: its hosts are taken, or the cloud file is refused in three parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.cloud.file import Port, load, parse
from liftlock.cloud.inventory import hosts_of_groups, parse_inventory, read_inventory
from liftlock.cloud.model import Role
from liftlock.errors import BadInput
from tests.unit.bad_input import ANYTHING, in_three_parts, spoilt

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "cloud.yaml.example"
LISTED: dict[str, Any] = {
    "_meta": {
        "hostvars": {"cmp3": {"ansible_host": "10.30.0.23", "ansible_user": "ops", "ansible_port": "2200"}}
    },
    "all": {"children": ["ungrouped", "computes"]},
    "computes": {"children": ["rack1"], "hosts": ["cmp3"]},
    "rack1": {"hosts": ["cmp4.harbour.example"]},
}
ROLES = {"computes": (Role.COMPUTE,), "all": (Role.COMPUTE,)}
DECLARED = "inventory: {path: hosts.ini, roles: {computes: [compute]}}\n"


def taken(listed: Any) -> None:
    """The hosts, or an error that the cloud file's reader turns into one of its own."""
    try:
        found = hosts_of_groups(parse_inventory(listed), ROLES)
    except BadInput:
        return
    for host in found:
        assert isinstance(host.name, str)
        assert isinstance(host.address, str)
        assert host.port is None or isinstance(host.port, int)


@given(spoilt(LISTED))
def test_a_spoilt_inventory_is_taken_or_refused(listed: Any) -> None:
    taken(listed)


@given(st.dictionaries(st.sampled_from(["_meta", "all", "computes", "x"]), ANYTHING))
def test_any_mapping_for_an_inventory_is_taken_or_refused(listed: Any) -> None:
    taken(listed)


def declared(
    folder: Path, monkeypatch: pytest.MonkeyPatch, printed: str, inventory: str = "[computes]\n"
) -> Path:
    """A cloud file with an inventory, and an `ansible-inventory` that prints something."""
    program = folder / "ansible-inventory"
    (folder / "printed").write_text(printed)
    program.write_text(f"#!/bin/sh\nexec cat {folder}/printed\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    (folder / "hosts.ini").write_text(inventory)
    path = folder / "cloud.yaml"
    path.write_text(EXAMPLE.read_text() + DECLARED)
    return path


def variables(**of_cmp3: Any) -> dict[str, Any]:
    return {**LISTED, "_meta": {"hostvars": {"cmp3": {"ansible_host": "10.30.0.23", **of_cmp3}}}}


UNUSABLE: dict[str, tuple[Any, str]] = {
    "nested ten thousand deep": ("[" * 10_000, "did not print a JSON object"),
    "half a file": (json.dumps(LISTED)[:-9], "did not print a JSON object"),
    "no variables but a list": ({**LISTED, "_meta": {"hostvars": []}}, "`_meta.hostvars` is no mapping"),
    "no variables but a word": ({**LISTED, "_meta": "x"}, "`_meta.hostvars` is no mapping"),
    "a host that is a number": ({**LISTED, "computes": {"hosts": [7]}}, "`hosts` of the inventory's group computes"),
    "a host that is a mapping": ({**LISTED, "computes": {"hosts": {"a": {}}}}, "`hosts` of the inventory's group"),
    "children that are a word": ({**LISTED, "computes": {"children": "rack1"}}, "`children` of the inventory's group"),
    "groups in each other": (
        {**LISTED, "computes": {"children": ["rack1"]}, "rack1": {"children": ["computes"]}},
        "inventory.roles.computes: the inventory's group has no host",
    ),
    "a port of nothing": (variables(ansible_port=[]), "`ansible_port` of cmp3 is no number"),
    "a port without end": (variables(ansible_port=float("inf")), "`ansible_port` of cmp3 is no number"),
    "a port of yes": (variables(ansible_port=True), "`ansible_port` of cmp3 is no number"),
    "port 0": (variables(ansible_port=0), "the `ansible_port` of cmp3 must be from 1 to 65535, is 0"),
    "port 70000": (variables(ansible_port="70000"), "the `ansible_port` of cmp3 must be from 1 to 65535, is 70000"),
    "port -22": (variables(ansible_port=-22), "the `ansible_port` of cmp3 must be from 1 to 65535, is -22"),
    "a user who is an option": (variables(ansible_user="-oProxyCommand=reboot"), "the `ansible_user` of cmp3 must be"),
    "no user": (variables(ansible_user=""), "the `ansible_user` of cmp3 must be one word"),
    "an address with a command": (variables(ansible_host="10.0.0.1;reboot"), "the address of cmp3 must be an address"),
    "a name with a command": (
        {**LISTED, "rack1": {"hosts": ["cmp4;rm -rf /"]}},
        "the name of cmp4;rm -rf / must be a host name",
    ),
    "an address that a host has": (variables(ansible_host="10.30.0.5"), "hosts.cmp3.address: is the address of db1"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_cloud_file_is_refused_whose_inventory_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    listed, says = UNUSABLE[what]
    printed = listed if isinstance(listed, str) else json.dumps(listed)
    with pytest.raises(BadInput) as caught:
        load(declared(tmp_path, monkeypatch, printed))
    assert says in in_three_parts(caught.value)


def test_groups_that_hold_each_other_many_times_over_are_read_at_once() -> None:
    rungs = {f"g{n}": {"children": [f"g{n + 1}", f"h{n + 1}"]} for n in range(60)}
    rungs |= {f"h{n}": {"children": [f"g{n + 1}", f"h{n + 1}"]} for n in range(60)}
    found = parse_inventory({**rungs, "g60": {"hosts": ["a", "b"]}, "h60": {"hosts": ["b", "c"]}})
    assert found.members["g0"] == ("a", "b", "c")


def test_a_port_as_a_number_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = declared(tmp_path, monkeypatch, json.dumps(variables(ansible_port=2200)))
    port: Port | None = parse(path.read_text(), path).host("cmp3").port
    assert port == 2200


def test_an_inventory_that_is_a_folder_is_left_to_ansible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(tmp_path, monkeypatch, json.dumps(LISTED))
    assert read_inventory(tmp_path).members["computes"] == ("cmp3", "cmp4.harbour.example")
