"""What the lab puts on its hosts."""

from __future__ import annotations

import ast
import configparser
import json
import re
import stat
from pathlib import Path

import pytest

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.service import Plane
from liftlock.lab.cloudware.fitting import fittings
from liftlock.lab.cloudware.setting import Setting
from liftlock.lab.cloudware.wishes import File, Wish, wish_for
from liftlock.lab.topology import Role
from tests.unit.lab.labs import lab_in

INI = re.compile(r"/etc/(keystone|glance|placement|nova|neutron|cinder|heat)/.*(\.conf|ml2_conf\.ini)$")


@pytest.fixture(scope="module", params=["2024.1", "2025.1", "2026.1"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Setting:
    return lab_in(tmp_path_factory.mktemp("lab"), request.param)


def wish(lab: Setting, name: str) -> Wish:
    return wish_for(lab, lab.topology.host(name))


def file(lab: Setting, host: str, path: str) -> File:
    return next(f for f in wish(lab, host).files if f.path == path)


def parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    return parser


def test_every_service_of_the_catalogue_is_in_the_lab() -> None:
    assert list(fittings()) == list(services())


def test_services_settings_have_no_section_and_no_option_twice(lab: Setting) -> None:
    for host in lab.topology.hosts:
        for found in (f for f in wish_for(lab, host).files if INI.match(f.path)):
            assert parsed(found.content).sections(), found.path


def test_no_file_with_a_secret_can_be_read_by_everybody(lab: Setting) -> None:
    with_secrets = set()
    for host in lab.topology.hosts:
        for found in wish_for(lab, host).files:
            if (
                any(secret in found.content for secret in lab.secrets.values())
                or "PRIVATE KEY" in found.content
            ):
                with_secrets.add(found.path)
                assert not found.mode & stat.S_IROTH, found.path
    assert {
        "/etc/nova/nova.conf",
        "/etc/haproxy/front-door.pem",
        "/etc/keystone/fernet-keys/0",
    } <= with_secrets


def test_every_part_on_the_control_plane_has_a_unit_of_its_name(lab: Setting) -> None:
    units = {Path(f.path).name for f in wish(lab, "ctl-blue").files if f.path.startswith("/etc/systemd")}
    parts = {p.name for s in services().values() for p in s.parts if p.plane is Plane.CONTROL}
    assert units == {f"{name}.service" for name in parts - {"cinder-backup"}}


def test_every_api_listens_on_its_own_port_of_its_own_host(lab: Setting) -> None:
    for door in lab.apis:
        directory = services()[door.service].configuration[0]
        uwsgi = parsed(file(lab, "ctl-blue", f"{directory}/uwsgi.ini").content)["uwsgi"]
        assert uwsgi["http-socket"] == f"10.77.0.21:{door.port}"
        assert int(uwsgi["processes"]) == fittings()[door.service].processes >= 2


def test_2024_1_has_programs_where_later_series_have_modules(tmp_path: Path) -> None:
    old, new = (
        file(lab_in(tmp_path, series), "ctl-blue", "/etc/nova/uwsgi.ini").content
        for series in ("2024.1", "2026.1")
    )
    assert "wsgi-file = /opt/openstack/current/bin/nova-api-wsgi\n" in old
    assert "module = nova.wsgi.osapi_compute:application\n" in new


def test_settings_are_the_same_for_every_series(tmp_path: Path) -> None:
    one, other = (wish(lab_in(tmp_path, series), "ctl-blue") for series in ("2025.1", "2026.1"))
    assert one == other


def test_the_balancer_has_one_backend_per_service_with_one_server_named_by_colour(lab: Setting) -> None:
    text = file(lab, "lb1", "/etc/haproxy/haproxy.cfg").content
    backends = dict(re.findall(r"^backend (\S+)\n((?:    .*\n?)+)", text, re.MULTILINE))
    assert set(backends) == set(services())
    for door in lab.apis:
        servers = re.findall(r"server (.*)", backends[door.service])
        assert servers == [f"blue 10.77.0.21:{door.port} check inter {door.check_s}s"]


def test_users_reach_every_service_over_tls_and_services_reach_each_other_plain(lab: Setting) -> None:
    text = file(lab, "lb1", "/etc/haproxy/haproxy.cfg").content
    for door in lab.apis:
        assert f"bind 10.77.0.9:{door.front_port} ssl crt " in text
        assert (f"bind 10.77.0.10:{door.front_port}\n" in text) == door.internal
    assert text.count("X-Served-By %s") == len(lab.apis)


def test_computes_know_who_they_are_before_they_start_and_are_not_the_same(lab: Setting) -> None:
    ids = {file(lab, host, "/var/lib/nova/compute_id").content for host in ("cmp1", "cmp2")}
    assert len(ids) == 2
    assert not any("mysql" in f.content for f in wish(lab, "cmp1").files)


def test_keys_and_identities_that_are_there_are_kept(lab: Setting) -> None:
    kept = {f.path for h in lab.topology.hosts for f in wish_for(lab, h).files if f.keep}
    assert "/var/lib/nova/compute_id" in kept
    assert len([path for path in kept if path.startswith("/etc/keystone/")]) == 6


def test_horizons_settings_are_python(lab: Setting) -> None:
    ast.parse(file(lab, "ctl-blue", "/etc/openstack-dashboard/local_settings.py").content)


def test_the_brokers_definitions_are_json_without_the_password(lab: Setting) -> None:
    text = file(lab, "db1", "/etc/rabbitmq/definitions.json").content
    assert json.loads(text)["users"][0]["name"] == "openstack"
    assert lab.secrets["broker"] not in text


def test_every_file_of_the_templates_goes_to_some_host() -> None:
    import liftlock.lab.cloudware

    folder = Path(liftlock.lab.cloudware.__file__).parent / "templates"
    assert {f.name for f in folder.iterdir() if f.is_dir()} == {role.value for role in Role}
