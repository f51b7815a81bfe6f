"""The cloud file: what it accepts, and what it says about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.cloud.file import CloudFile, load, parse
from liftlock.cloud.model import Role
from liftlock.cloud.secret import Secret, SecretSource
from liftlock.errors import BadInput

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "cloud.yaml.example"
TEXT = EXAMPLE.read_text()
PATH = Path("/srv/harbour/cloud.yaml")


def refused(text: str, path: Path = PATH) -> BadInput:
    with pytest.raises(BadInput) as caught:
        parse(text, path)
    assert caught.value.now == "nothing was changed"
    assert caught.value.hint
    return caught.value


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if words in line)


def test_the_example_is_a_cloud_file() -> None:
    found = load(EXAMPLE)
    assert found.name == "harbour-town"
    assert [h.name for h in found.hosts] == ["ctl-blue", "db1", "lb1", "cmp1", "cmp2"]
    assert found.host("db1").roles == (Role.DATABASE, Role.BROKER)
    assert (found.host("cmp2").user, found.host("cmp2").port) == ("operator", 2222)
    assert found.databases.password == Secret(SecretSource.FILE, str(EXAMPLE.parent / "secrets/database"))
    assert found.policy.approvals_for("start") == 2
    assert found.policy.approvals_for("another") == 1
    assert found.path == EXAMPLE


def test_relative_paths_start_at_the_files_own_folder() -> None:
    found = parse(TEXT, PATH)
    assert found.access.key == Path("/srv/harbour/keys/id_ed25519")
    assert found.state == Path("/srv/harbour/.liftlock")
    assert parse(changed("state: .liftlock", ""), PATH).state == Path("/srv/harbour/.liftlock")
    assert parse(changed("state: .liftlock", "state: /var/lib/liftlock"), PATH).state == Path(
        "/var/lib/liftlock"
    )


def test_names_lead_to_what_they_stand_for() -> None:
    found = parse(TEXT, PATH)
    assert found.address_of("db1") == "10.30.0.5"
    assert found.address_of("10.9.9.9") == "10.9.9.9"
    assert found.database("nova_cell0") == "nova_cell_zero"
    assert found.database("nova") == "nova"
    assert found.backend("nova") == "nova_api"
    assert found.backend("heat") == "heat"
    assert [h.name for h in found.hosts_with(Role.COMPUTE)] == ["cmp1", "cmp2"]


def test_a_name_that_looks_like_a_number_is_still_a_name() -> None:
    assert parse(changed("harbour-admin", "2025.10"), PATH).api.cloud == "2025.10"


def test_an_unknown_key_names_the_nearest_known_one_its_path_and_its_line() -> None:
    text = changed("db1:      {address:", "db1:      {adress:")
    (line,) = [n for n, row in enumerate(text.splitlines(), start=1) if "adress" in row]
    error = refused(text)
    assert error.what == (
        f"{PATH}: line {line}, hosts.db1.adress: unknown key; the nearest known one is `address`"
    )


def test_a_key_that_is_like_none_lists_what_is_known() -> None:
    assert (
        "broker.colour: unknown key; known are host"
        in refused(changed("broker:\n", "broker:\n  colour: red\n")).what
    )


def test_every_mistake_is_reported_at_once_in_the_files_order() -> None:
    text = changed("[control]", "[controll]")
    text = text.replace("port: 2222", "port: 99999").replace("heat, horizon", "heatt, horizon")
    text = text.replace("hosts: [lb1]", "hosts: lb1").replace("key: keys/id_ed25519", "kye: keys/id_ed25519")
    told = refused(text).what.splitlines()
    assert told[0] == f"{PATH}: 5 things are wrong"
    assert told[1:] == [
        f"  - line {line_of(text, 'controll]')}, hosts.ctl-blue.roles.1: 'controll' is unknown;"
        " the nearest known one is `control`; known are control, compute, database, broker, balancer",
        f"  - line {line_of(text, '99999')}, hosts.cmp2.port: must be from 1 to 65535, is 99999",
        f"  - line {line_of(text, 'kye')}, access.kye: unknown key; the nearest known one is `key`",
        f"  - line {line_of(text, 'heatt')}, services.7: `heatt` is unknown; the nearest known one is `heat`",
        f"  - line {line_of(text, 'hosts: lb1')}, balancer.hosts: must be a list, is one word",
    ]


@pytest.mark.parametrize(
    "inline",
    [
        "hunter2",
        "'hunter2'",
        "{value: hunter2}",
        "[hunter2]",
        "*hunter2",
        "!hunter2 hunter2",
        "{file: hunter2, env: hunter2}",
        "hunter2: hunter2",
        "{hunter2",
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_repeated(inline: str) -> None:
    error = refused(changed("{file: secrets/database}", inline))
    assert "hunter2" not in str(error)


def test_a_secret_in_the_file_is_answered_with_how_to_refer_to_it() -> None:
    error = refused(changed("{file: secrets/database}", "hunter2"))
    assert "databases.password: must not stand in this file" in error.what
    assert "{file: PATH}, {env: VARIABLE} or {command: COMMAND LINE}" in error.what


def test_a_secret_beside_its_key_is_not_repeated_either() -> None:
    for text in (changed("password: {file", "pasword: {file"), changed("user: liftlock", "passwd: hunter2")):
        assert "hunter2" not in str(refused(text))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: harbour-town", "", "name: is missing"),
        ("name: harbour-town", "name: harbour town", "name: must be a host name, is 'harbour town'"),
        ("name: harbour-town", "name: yes", "name: must be a text, is 'yes'"),
        ("address: 10.30.0.21", "address: 10.30.0.5", "hosts.cmp1.address: is the address of db1 as well"),
        ("roles: [balancer]", "roles: []", "hosts.lb1.roles: is empty"),
        ("roles: [control]", "roles: [compute]", "no host has the role `control`"),
        (
            "  host: db1                   # a host",
            "  host: bd1 #",
            "`bd1` is no host of this file and no address;",
        ),
        (
            "  host: db1                   # asked",
            "  host: lb1 #",
            "broker.host: lb1 does not have the role `broker`",
        ),
        (
            "hosts: [lb1]",
            "hosts: [lb2]",
            "balancer.hosts.1: `lb2` is no host of this file; the nearest known one is `lb1`",
        ),
        ("hosts: [lb1]", "hosts: []", "balancer.hosts: is empty"),
        (
            "nova_cell0: nova",
            "nova_cel0: nova",
            "databases.names.nova_cel0: no service has a database of that name",
        ),
        (
            "nova: nova_api",
            "nvoa: nova_api",
            "balancer.backends.nvoa: is no service; the nearest known one is `nova`",
        ),
        ("heat, horizon]", "heat, heat]", "services.8: `heat` stands twice"),
        ("start: 2", "start: many", "policy.approvals.start: must be a whole number, is 'many'"),
        ("approval_expires_s: 7200", "approval_expires_s: 5", "must be from 60 to 604800, is 5.0"),
        ("  cmp2:\n", "  cmp1:\n", "hosts.cmp1: stands twice"),
        ("root: /opt/openstack", "root: opt/openstack", "deployer.root: must be an absolute path"),
        ("broker:\n", "broker: db1\nx-broker:\n", "broker: must be a mapping (`key: value`), is one word"),
        ("state: .liftlock", "state: [", "is not YAML"),
    ],
)
def test_what_cannot_be_meant_is_said(old: str, new: str, says: str) -> None:
    assert says in refused(changed(old, new)).what


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "just words", "- a\n- list\n", "a: &x [*x]\n", "\0", "%"]
)
def test_what_is_no_cloud_file_at_all_is_refused_in_three_parts(text: str) -> None:
    refused(text)


def test_a_file_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="liftlock init"):
        load(tmp_path / "cloud.yaml")


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    tmp_path.joinpath("cloud.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="UTF-8"):
        load(tmp_path / "cloud.yaml")


def inventory_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str, code: int = 0) -> Path:
    """A folder with a program `ansible-inventory` that prints `listed`, on the PATH, and an inventory."""
    program = tmp_path / "ansible-inventory"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{listed}\nEND\necho 'cannot parse it' >&2\nexit {code}\n")
    program.chmod(0o755)
    tmp_path.joinpath("hosts.yaml").write_text("")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "cloud.yaml"


INVENTORY = """\
inventory:
  path: hosts.yaml
  roles:
    computes: [compute]
    network: [compute]
"""
LISTED = """{
  "_meta": {"hostvars": {"cmp3": {"ansible_host": "10.30.0.23", "ansible_user": "ops", "ansible_port": "2200"}}},
  "all": {"children": ["ungrouped", "computes"]},
  "computes": {"children": ["rack1"], "hosts": ["cmp3"]},
  "rack1": {"hosts": ["cmp4.harbour.example"]},
  "network": {"hosts": ["cmp3"]}
}"""


def test_hosts_may_come_from_an_ansible_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: CloudFile = parse(TEXT + INVENTORY, inventory_file(tmp_path, monkeypatch, LISTED))
    assert [h.name for h in found.hosts_with(Role.COMPUTE)] == [
        "cmp1",
        "cmp2",
        "cmp3",
        "cmp4.harbour.example",
    ]
    third = found.host("cmp3")
    assert (third.address, third.user, third.port, third.roles) == (
        "10.30.0.23",
        "ops",
        2200,
        (Role.COMPUTE,),
    )
    assert found.address_of("cmp4.harbour.example") == "cmp4.harbour.example"


def test_a_group_without_hosts_is_a_mistake_that_names_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = inventory_file(tmp_path, monkeypatch, LISTED)
    error = refused(TEXT + INVENTORY.replace("computes:", "compute:"), path)
    assert (
        "inventory.roles.compute: the inventory's group has no host; the nearest that has is `computes`"
        in error.what
    )


def test_a_host_in_two_places_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = inventory_file(tmp_path, monkeypatch, LISTED.replace("cmp4.harbour.example", "cmp1"))
    assert "hosts.cmp1: is in the inventory as well" in refused(TEXT + INVENTORY, path).what


@pytest.mark.parametrize(
    ("listed", "code", "says"),
    [
        ("{}", 3, "ended with code 3: cannot parse it"),
        ("words", 0, "did not print a JSON"),
        ("[]", 0, "did not print a JSON"),
        (
            LISTED.replace("10.30.0.23", "{{ fabric }}"),
            0,
            "address of cmp3 must be an address, is '{{ fabric }}'",
        ),
        (LISTED.replace('"2200"', '"many"'), 0, "`ansible_port` of cmp3 is no number"),
    ],
)
def test_an_inventory_that_cannot_be_used_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str, code: int, says: str
) -> None:
    error = refused(TEXT + INVENTORY, inventory_file(tmp_path, monkeypatch, listed, code))
    assert "inventory.path: " in error.what
    assert says in error.what


def test_without_ansible_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("hosts.yaml").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (
        "install Ansible, or list the hosts inline" in refused(TEXT + INVENTORY, tmp_path / "cloud.yaml").what
    )
