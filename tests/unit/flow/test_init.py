from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from liftlock.cli.shell import main
from liftlock.cloud.file import CloudFile, parse
from liftlock.cloud.model import Agent, Endpoint
from liftlock.drivers.clouds.roster import Roster, unknown_types
from liftlock.drivers.on_host import whereabouts
from liftlock.errors import BadInput, Refused, Unreachable
from liftlock.flow.first_file.draft import backends_of, draft
from liftlock.flow.first_file.draft_text import Choices, scalar, text
from liftlock.flow.first_file.init import Wish, choices, init, refuse_blindness, write
from liftlock.flow.first_file.lookout import look_around
from liftlock.flow.first_file.sightings import Machine, Place, Section, Sightings
from liftlock.flow.first_file.undeclared import found_only, unreached
from liftlock.flow.survey import BALANCERS, BROKER, DATABASE
from liftlock.knowledge.catalogue import services
from liftlock.ports.shell import Finished

FRONT, BACK = "10.77.0.9", "10.77.0.10"
CHOICES = Choices("lab", key="keys/id", known_hosts="keys/known_hosts")
CONTROL_PARTS = [p.name for s in services().values() for p in s.control_parts()]
IN_CATALOGUE = [s for s in services().values() if s.catalogue_type]


@dataclass
class PrintedShell:
    """A shell to machines, by address, each of which prints what it is given; the others do not answer."""

    prints: Mapping[str, Mapping[str, Any]]
    asked: list[str] = field(default_factory=list)
    opened: int = 0

    def open(self, addresses: Collection[str]) -> PrintedShell:
        self.opened += 1
        return self

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Finished:
        self.asked.append(host)
        if host not in self.prints:
            raise Unreachable(f"{host} does not answer SSH")
        return Finished(0, json.dumps(self.prints[host]), "")

    def read(self, host: str, path: str) -> bytes:
        raise AssertionError("one look only")

    def write(
        self, host: str, path: str, content: bytes, *, mode: int = 0o640, owner: str = "root:root"
    ) -> None:
        raise AssertionError("init changes nothing")

    def send(self, host: str, local: Path, path: str) -> None:
        raise AssertionError("init changes nothing")

    def fetch(self, host: str, path: str, local: Path) -> None:
        raise AssertionError("one look only")

    def close(self) -> None:
        self.opened -= 1


@dataclass
class ToldApi:
    """What an API says, fixed."""

    told_endpoints: tuple[Endpoint, ...] = ()
    told_agents: tuple[Agent, ...] = ()

    def endpoints(self) -> tuple[Endpoint, ...]:
        return self.told_endpoints

    def agents(self) -> tuple[Agent, ...]:
        return self.told_agents


def agent(kind: str, host: str, alive: bool = True) -> Agent:
    return Agent(kind, kind.partition("-")[0], host, alive, enabled=True, seconds_since_report=1.0)


def doors(internal: str = BACK, public: str = FRONT) -> tuple[Endpoint, ...]:
    found = []
    for service in IN_CATALOGUE:
        api = service.api()
        assert api is not None
        found.append(Endpoint(service.name, "public", f"https://{public}:{api.port}/", 200))
        found.append(Endpoint(service.name, "internal", f"http://{internal}:{api.port}/", 200))
    return tuple(found)


def prints(hostname: str, *addresses: str, **more: Any) -> dict[str, Any]:
    """What the program prints on a host that has nothing but what `more` says."""
    nothing: dict[str, Any] = {
        "units": [],
        "ground": [],
        "databases": {},
        "brokers": {},
        "aliases": [],
        "sockets": [],
        "sections": [],
    }
    return {
        "hostname": hostname,
        "machine_id": f"id-{hostname}",
        "addresses": list(addresses),
        **nothing,
        **more,
    }


def units(*names: str, root: str = "/opt/openstack") -> list[dict[str, str]]:
    return [{"name": name, "program": f"{root}/current/bin/python"} for name in names]


def at(
    host: str, port: int | None = None, name: str = "", addresses: Sequence[str] | None = None
) -> dict[str, Any]:
    return {"host": host, "addresses": [host] if addresses is None else addresses, "port": port, "name": name}


def databases(host: str, port: int | None = None, addresses: Sequence[str] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {s.name: {"database": at(host, port, s.name, addresses)} for s in IN_CATALOGUE}
    found["nova"]["api_database"] = at(host, port, "nova_api", addresses)
    found["placement"] = {"placement_database": at(host, port, "placement", addresses)}
    return found


def haproxy(addresses: Sequence[str], server: str, back: str = "{}") -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = []
    for service in services().values():
        api = service.api()
        assert api is not None
        name, port = back.format(service.name), api.port
        binds = [{"host": a, "port": 443 if service.name == "horizon" else port} for a in addresses]
        sections.append(
            {
                "kind": "frontend",
                "name": f"{service.name}_in",
                "binds": binds,
                "backends": [name],
                "servers": [],
            }
        )
        sections.append(
            {"kind": "backend", "name": name, "binds": [], "backends": [], "servers": [at(server, port)]}
        )
    return sections


def tiny() -> dict[str, dict[str, Any]]:
    """Address -> what the program prints there."""
    control = prints(
        "ctl-blue",
        "10.77.0.21",
        units=units(*CONTROL_PARTS),
        databases=databases("10.77.0.11"),
        brokers={"nova": [at("10.77.0.11", 5672)]},
        aliases=["ctl-blue"],
    )
    balancer = prints(
        "lb1",
        "10.77.0.12",
        FRONT,
        BACK,
        ground=["haproxy"],
        sockets=["/run/haproxy/admin.sock"],
        sections=haproxy([FRONT, BACK], "10.77.0.21"),
    )
    return {
        "10.77.0.11": prints("db1", "10.77.0.11", ground=["mariadb", "rabbitmq-server"]),
        "10.77.0.12": balancer,
        FRONT: balancer,
        BACK: balancer,
        "10.77.0.21": control,
        "10.77.0.31": prints("cmp1", "10.77.0.31", units=units("nova-compute")),
        "10.77.0.32": prints("cmp2", "10.77.0.32", units=units("nova-compute")),
    }


TINY_API = ToldApi(
    doors(),
    (
        agent("nova-scheduler", "ctl-blue"),
        agent("nova-compute", "cmp1"),
        agent("nova-compute", "cmp2"),
        agent("cinder-volume", "ctl-blue@ledger"),
        agent("heat-engine", "ctl-blue"),
    ),
)
TINY_NAMES = {"ctl-blue": ("10.77.0.21",), "cmp1": ("10.77.0.31",), "cmp2": ("10.77.0.32",)}


def resolver(names: Mapping[str, tuple[str, ...]]) -> Any:
    return lambda name: (name,) if name.replace(".", "").isdigit() else names.get(name, ())


def look(
    machines: Mapping[str, Mapping[str, Any]],
    *,
    api: ToldApi = TINY_API,
    names: Mapping[str, tuple[str, ...]] = TINY_NAMES,
    given: Mapping[str, str] | None = None,
    roster: Roster = Roster(),  # noqa: B008
) -> Sightings:
    return look_around(api, roster, given or {}, PrintedShell(machines).open, resolver(names))


def read(seen: Sightings) -> CloudFile:
    return parse(text(draft(seen), CHOICES), Path("/etc/liftlock/cloud.yaml"))


def gaps(seen: Sightings) -> str:
    return "\n".join(str(gap) for gap in draft(seen).gaps)


def roles(file: CloudFile) -> dict[str, list[str]]:
    return {host.name: [str(role) for role in host.roles] for host in file.hosts}


def test_a_tiny_cloud_is_written_down_whole_with_nothing_missing() -> None:
    made = draft(look(tiny()))
    assert made.gaps == ()
    assert text(made, CHOICES) == GOLDEN.format(
        more=len(CONTROL_PARTS) - 3, first=", ".join(CONTROL_PARTS[:3]), services=", ".join(services())
    )


def test_the_hosts_of_database_and_balancer_are_found_though_nothing_reports_from_them() -> None:
    file = read(look(tiny()))
    assert roles(file) == {
        "ctl-blue": ["control"],
        "db1": ["database", "broker"],
        "lb1": ["balancer"],
        "cmp1": ["compute"],
        "cmp2": ["compute"],
    }
    assert (file.databases.host, file.broker.host, file.balancer.hosts) == ("db1", "db1", ("lb1",))


def test_a_host_reached_at_an_address_that_may_move_is_written_with_its_own() -> None:
    assert read(look(tiny())).address_of("lb1") == "10.77.0.12"


def test_a_host_whose_own_address_does_not_answer_keeps_the_one_that_did() -> None:
    machines = tiny()
    del machines["10.77.0.12"]
    assert read(look(machines)).address_of("lb1") == BACK


def test_another_machine_that_answers_at_an_own_address_is_not_taken_for_the_host() -> None:
    machines = tiny()
    machines[FRONT] = machines[BACK] = {**machines[BACK], "addresses": ["172.17.0.1", FRONT, BACK]}
    machines["172.17.0.1"] = prints("bastion", "172.17.0.1")
    assert read(look(machines)).address_of("lb1") == BACK


def test_every_address_is_looked_at_once_and_every_shell_is_closed() -> None:
    shell = PrintedShell(tiny())
    look_around(TINY_API, Roster(), {}, shell.open, resolver(TINY_NAMES))
    # lb1 is met at both front doors, then asked for at its own address.
    assert sorted(shell.asked) == sorted(tiny())
    assert shell.opened == 0


def test_an_address_of_a_hypervisor_comes_before_what_its_name_resolves_to() -> None:
    machines = tiny()
    machines["10.99.0.31"] = machines.pop("10.77.0.31")
    seen = look(machines, roster=Roster(addresses={"cmp1": "10.99.0.31"}))
    assert read(seen).address_of("cmp1") == "10.99.0.31"


def test_a_host_named_by_the_operator_is_looked_at_where_they_say() -> None:
    machines = tiny()
    machines["10.99.0.32"] = machines.pop("10.77.0.32")
    assert read(look(machines, given={"cmp2": "10.99.0.32"})).address_of("cmp2") == "10.99.0.32"


def test_a_compute_host_that_refuses_us_is_declared_as_the_api_says_and_told() -> None:
    machines = tiny()
    del machines["10.77.0.32"]
    seen = look(machines)
    assert roles(read(seen))["cmp2"] == ["compute"]
    assert "could not find what runs on cmp2: cmp2 does not answer SSH" in gaps(seen)


def test_a_host_without_any_address_is_told_and_left_out() -> None:
    api = replace(TINY_API, told_agents=(*TINY_API.told_agents, agent("nova-compute", "gone", alive=False)))
    seen = look(tiny(), api=api)
    assert "gone" not in roles(read(seen))
    assert "what gone is (nova-compute reports from it)" in gaps(seen)
    assert "perhaps its records are stale" in gaps(seen)


def test_names_that_services_are_told_to_report_under_are_no_other_hosts() -> None:
    machines = tiny()
    machines["10.77.0.21"]["aliases"] = ["ctl-blue", "ctl"]
    api = replace(TINY_API, told_agents=(*TINY_API.told_agents, agent("cinder-scheduler", "ctl")))
    assert gaps(look(machines, api=api)) == ""


def test_a_cloud_whose_database_broker_and_balancer_are_nowhere_still_makes_a_file_that_loads() -> None:
    control = prints("ctl1", "10.0.0.1", units=units(*CONTROL_PARTS))
    seen = look({"10.0.0.1": control}, api=ToldApi(), names={}, given={"ctl1": "10.0.0.1"})
    file = read(seen)
    assert file.host("unknown-database").address == "database.invalid"
    assert (file.broker.host, file.balancer.hosts) == ("unknown-broker", ("unknown-balancer",))
    written = text(draft(seen), CHOICES)
    for what in ("the database that nova uses", "the broker that nova uses", "the balancer that"):
        assert f"# liftlock could not find which host has {what}" in written
        assert f"liftlock could not find which host has {what}" in gaps(seen)


def test_a_database_that_answers_no_ssh_is_declared_by_its_address() -> None:
    machines = tiny()
    del machines["10.77.0.11"]
    seen = look(machines)
    file = read(seen)
    assert file.address_of(file.databases.host) == "10.77.0.11"
    assert file.databases.host == file.broker.host, "two hosts may not share an address"
    assert "it is at 10.77.0.11" in gaps(seen)


def test_a_cloud_without_any_control_host_still_makes_a_file_that_loads() -> None:
    seen = look({"10.77.0.31": tiny()["10.77.0.31"]})
    assert roles(read(seen))["ctl-blue"] == ["control"], "the API says so"
    nothing_reports = look(
        {"10.77.0.31": tiny()["10.77.0.31"]}, api=ToldApi(doors(), (agent("nova-compute", "cmp1"),))
    )
    assert roles(read(nothing_reports))["unknown-control"] == ["control"]


def three_of_everything() -> dict[str, dict[str, Any]]:
    """Three hosts with everything; the database is reached through the balancer, whose address ctl2 holds now."""
    found = {}
    for number in (1, 2, 3):
        own = f"192.0.2.1{number}"
        found[own] = prints(
            f"ctl{number}",
            own,
            *(["192.0.2.5"] if number == 2 else []),
            units=units(*CONTROL_PARTS, root="/srv/os"),
            ground=["haproxy", "mariadb", "rabbitmq-server"],
            databases=databases("db.internal", 3307, ["192.0.2.5"]),
            brokers={"nova": [at(f"192.0.2.1{n}", 5672) for n in (1, 2, 3)]},
            sockets=["/var/lib/haproxy/stats"],
            sections=haproxy(["192.0.2.5"], own, back="{}_api_back"),
        )
        found[own]["databases"]["keystone"]["database"]["name"] = "keystone_main"
    return found


def test_three_of_everything_have_every_role_and_what_stands_behind_an_address_is_told() -> None:
    names = {f"ctl{n}.example.org": (f"192.0.2.1{n}",) for n in (1, 2, 3)} | {
        "cloud.example.org": ("192.0.2.5",)
    }
    api = ToldApi(
        doors("cloud.example.org", "cloud.example.org"),
        tuple(agent("nova-conductor", f"ctl{n}.example.org") for n in (1, 2, 3)),
    )
    seen = look(three_of_everything(), api=api, names=names)
    file = read(seen)
    assert roles(file) == {
        f"ctl{n}.example.org": ["control", "database", "broker", "balancer"] for n in (1, 2, 3)
    }
    assert file.balancer.hosts == tuple(f"ctl{n}.example.org" for n in (1, 2, 3))
    assert file.balancer.socket == "/var/lib/haproxy/stats"
    assert file.balancer.backends["nova"] == "nova_api_back"
    assert file.balancer.backends["horizon"] == "horizon_api_back"
    assert (file.databases.port, file.databases.names) == (3307, {"keystone": "keystone_main"})
    assert file.deployer.root == "/srv/os"
    assert gaps(seen) == ""


def test_a_database_behind_a_balancer_of_another_host_is_taken_from_those_that_run_one() -> None:
    machines = tiny()
    machines["10.77.0.21"]["databases"] = databases(BACK)
    machines["10.77.0.21"]["brokers"] = {"nova": [at("10.77.0.11", 5672)]}
    seen = look(machines)
    assert read(seen).databases.host == "db1"
    assert f"it is at {BACK}; db1 runs MariaDB and was taken" in gaps(seen)


def test_a_machine_that_has_no_role_is_left_out_and_told() -> None:
    machines = tiny()
    machines["10.77.0.41"] = prints("net1", "10.77.0.41", units=units("neutron-openvswitch-agent"))
    seen = look(machines, given={"net1": "10.77.0.41"})
    assert "net1" not in roles(read(seen))
    assert "a role for net1 (10.77.0.41), so it was left out: it runs neutron-openvswitch-agent" in gaps(seen)


def test_a_part_that_reports_and_has_no_unit_of_its_name_is_told() -> None:
    machines = tiny()
    machines["10.77.0.31"]["units"] = []
    seen = look(machines)
    assert "could not find nova-compute on cmp1: it reports from there" in gaps(seen)


def test_services_that_are_not_in_the_catalogue_count_when_their_units_are_there_and_the_other_way_round() -> (
    None
):
    machines = tiny()
    machines["10.77.0.21"]["units"] = units("keystone-api", "horizon", "nova-api")
    seen = look(machines)
    assert set(read(seen).services) == {s.name for s in IN_CATALOGUE} | {"horizon"}
    assert "any unit of glance, which is in the catalogue" in gaps(seen)


def test_a_service_whose_api_is_silent_is_told_because_its_agents_are_not_known() -> None:
    silent = tuple(replace(e, status=0) if e.service == "cinder" else e for e in doors())
    assert "where cinder's agents are" in gaps(look(tiny(), api=replace(TINY_API, told_endpoints=silent)))


def test_databases_with_other_names_are_declared_and_doubtful_ones_told() -> None:
    machines = tiny()
    machines["10.77.0.21"]["databases"]["nova"]["database"]["name"] = "nova_main"
    del machines["10.77.0.21"]["databases"]["heat"]
    seen = look(machines)
    assert read(seen).databases.names == {"nova": "nova_main", "nova_cell0": "nova_main_cell0"}
    assert "what nova's cell0 is called" in gaps(seen)
    assert "what heat's database `heat` is called here" in gaps(seen)


def test_a_nova_that_points_at_cell0_is_not_taken_for_novas_own_database() -> None:
    machines = tiny()
    machines["10.77.0.21"]["databases"]["nova"]["database"]["name"] = "nova_cell0"
    seen = look(machines)
    assert read(seen).databases.names == {}
    assert "what nova's own database is called" in gaps(seen)


def section(kind: str, name: str, port: int = 0, to: Sequence[str] = (), server: int = 0) -> Section:
    servers = (Place("10.0.0.1", ("10.0.0.1",), server),) if server else ()
    return Section(kind, name, (("", port),) if port else (), tuple(to), servers)


@pytest.mark.parametrize(
    ("sections", "found"),
    [
        (
            [section("frontend", "f", 8774, ["compute"]), section("backend", "compute", server=9)],
            ("compute",),
        ),
        ([section("listen", "osapi", 8774, server=8774)], ("osapi",)),
        (
            [
                section("frontend", "all", 8774, ["a", "b"]),
                section("backend", "a", server=1),
                section("backend", "b", server=8774),
            ],
            ("b",),
        ),
        ([section("backend", "x", server=8774), section("backend", "y", server=1)], ("x",)),
        (
            [
                section("frontend", "in", 8774, ["nova-back"]),
                section("listen", "metadata", 8774, server=8774),
                section("backend", "nova-back", server=8774),
            ],
            ("nova-back",),
        ),
        ([section("listen", "one", 8774), section("listen", "two", 8774)], ("one", "two")),
        ([section("backend", "nova", server=1), section("backend", "y", server=1)], ("nova",)),
        ([section("backend", "y", server=1)], ()),
    ],
)
def test_a_backend_is_known_by_its_door_then_by_its_servers_then_by_its_name(
    sections: list[Section], found: tuple[str, ...]
) -> None:
    assert backends_of("nova", 8774, {8774}, sections) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mysql+pymysql://nova:hunter2@10.0.0.1/nova", ("10.0.0.1", None, "nova")),
        ("mysql+pymysql://nova:hunter2@10.0.0.1:3307/nova?charset=utf8", ("10.0.0.1", 3307, "nova")),
        ("mysql+pymysql://nova:hun/ter2#?@10.0.0.1/nova", ("10.0.0.1", None, "nova")),
        ("mysql+pymysql://nova:hunter2@[2001:db8::1]:3306/nova", ("2001:db8::1", 3306, "nova")),
        ("mysql+pymysql://nova:hunt@er2@10.0.0.1/nova", None),
        ("mysql+pymysql://?read_default_file=/etc/my.cnf", None),
        ("", None),
    ],
)
def test_of_a_database_url_only_host_port_and_name_are_taken(url: str, found: tuple[Any, ...] | None) -> None:
    taken = whereabouts.database(url)
    assert (taken and (taken["host"], taken["port"], taken["name"])) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("rabbit://openstack:hunter2@10.0.0.1:5672/", ["10.0.0.1"]),
        ("rabbit://o:hunter2@10.0.0.1:5672,o:hunter2@10.0.0.2:5672/vhost", ["10.0.0.1", "10.0.0.2"]),
        ("rabbit://o:12,o:34@10.0.0.1/", ["10.0.0.1"]),
        ("rabbit://hunter:2/x@10.0.0.1/", []),
        ("rabbit://10.0.0.1", ["10.0.0.1"]),
        ("", []),
    ],
)
def test_of_a_broker_url_only_hosts_are_taken_and_never_a_piece_of_a_password(
    url: str, found: list[str]
) -> None:
    assert [place["host"] for place in whereabouts.brokers(url)] == found


def test_what_a_host_prints_of_its_configuration_holds_no_secret(tmp_path: Path) -> None:
    nova = tmp_path / "etc/nova"
    (nova / "nova.conf.d").mkdir(parents=True)
    (nova / "nova.conf").write_text(
        "[DEFAULT]\nhost = ctl\ntransport_url = rabbit://o:hunter2@10.0.0.1:5672/\n"
        "[database]\nconnection = mysql://nova:hunter2@10.0.0.2/nova\nconnection_recycle_time = 600\n"
        "[api_database]\nconnection=mysql://nova:hunter2@10.0.0.2/nova_api\n"
        "[keystone_authtoken]\npassword = hunter2\n"
    )
    (nova / "nova.conf.d/50-here.conf").write_text(
        "[database]\nconnection = mysql://nova:hunter2@10.0.0.3/nova\n"
    )
    found = whereabouts.configuration(whereabouts.configured({"nova": ["/etc/nova"]}, tmp_path))
    assert "hunter2" not in json.dumps(found)
    assert found["aliases"] == ["ctl"]
    databases = found["databases"]
    assert isinstance(databases, dict)
    assert databases["nova"]["database"]["addresses"] == ["10.0.0.3"]
    assert databases["nova"]["api_database"]["name"] == "nova_api"


def test_of_a_balancers_configuration_only_names_and_places_are_taken() -> None:
    found = whereabouts.balancer(
        """
global
    stats socket /run/haproxy/stats.sock mode 600 level user
    stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners
defaults
    retries 3
userlist people
    user rey insecure-password hunter2
frontend nova_in
    bind 10.0.0.9:8774 ssl crt /etc/front.pem   # users
    bind *:18774,[::1]:18775
    use_backend %[req.hdr(host)] if { path / }
    use_backend nova_meta if { path_beg /latest }
    default_backend nova
backend nova
    http-request set-header X-Key hunter2
    server blue 10.0.0.1:8774 check
listen stats :9000
    stats auth rey:hunter2
"""
    )
    assert "hunter2" not in json.dumps(found)
    assert found["sockets"] == ["/run/haproxy/admin.sock"]
    sections: Any = found["sections"]
    nova_in, nova, stats = sections
    assert nova_in["binds"] == [
        {"host": "10.0.0.9", "port": 8774},
        {"host": "", "port": 18774},
        {"host": "::1", "port": 18775},
    ]
    assert nova_in["backends"] == ["nova_meta", "nova"]
    assert nova["servers"] == [{"host": "10.0.0.1", "port": 8774, "addresses": ["10.0.0.1"]}]
    assert stats["binds"] == [{"host": "", "port": 9000}]


def test_a_place_on_the_loopback_is_the_machine_it_was_read_on() -> None:
    machines = {"10.0.0.1": tiny()["10.77.0.21"]}
    machines["10.0.0.1"] |= {"addresses": ["10.0.0.1"], "ground": ["mariadb", "rabbitmq-server"]}
    machines["10.0.0.1"]["databases"] = databases("127.0.0.1")
    machines["10.0.0.1"]["brokers"] = {"nova": [at("localhost", 5672, addresses=[])]}
    seen = look(machines, api=ToldApi(), given={"one": "10.0.0.1"})
    assert (read(seen).databases.host, read(seen).broker.host) == ("one", "one")


def test_types_that_liftlock_knows_under_another_name_are_no_strangers() -> None:
    assert unknown_types(["compute", "volumev3", "load-balancer", "orchestration"]) == ("load-balancer",)


@pytest.mark.parametrize(
    "word", ["10.0.0.1", "fd00::1", "::1", "no", "12", "1e3", "a b", "x: y", "~", "/a/b", "a#b", "a,b"]
)
def test_every_word_reads_back_as_the_same_text(word: str) -> None:
    import yaml

    assert yaml.safe_load(f"a: {{b: {scalar(word)}}}") == {"a": {"b": word}}
    assert yaml.safe_load(f"a: [{scalar(word)}]") == {"a": [word]}
    assert yaml.safe_load(f"{scalar(word)}: 1") == {word: 1}


def test_words_of_others_cannot_break_out_of_a_comment() -> None:
    machine = Machine("ctl1\nname: evil", "10.0.0.1", "x", parts={"nova-api": ""})
    seen = Sightings(machines=(machine,), problems=("no\nname: evil\u2028name: evil",))
    assert read(seen).name == "lab"


def test_what_lets_nobody_in_is_not_asked_and_the_database_only_with_a_password() -> None:
    whole = draft(look(tiny()))
    entered = {entry.address for entry in whole.hosts}
    assert unreached(whole, entered, password=True) == ()
    assert unreached(whole, entered, password=False) == (DATABASE,)
    file = parse(text(whole, CHOICES), Path("/srv/cloud.yaml"))
    assert found_only(file, entered).hosts == file.hosts
    assert unreached(whole, {file.host("ctl-blue").address}, password=True) == (BROKER, BALANCERS)
    nothing = draft(look({}))
    assert unreached(nothing, (), password=True) == (DATABASE, BROKER, BALANCERS)
    by_hearsay = found_only(parse(text(nothing, CHOICES), Path("/srv/cloud.yaml")), ())
    assert [h.name for h in by_hearsay.hosts] == ["ctl-blue", "cmp1", "cmp2"], (
        "they run OpenStack, as nova says"
    )


def wish(folder: Path) -> Wish:
    (folder / "key").write_text("")
    (folder / "known_hosts").write_text("")
    return Wish("lab", folder / "key", folder / "known_hosts", folder / "cloud.yaml")


def test_a_cloud_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "cloud.yaml").write_text("mine")
    with pytest.raises(Refused, match="is there already") as refused:
        init(wish(tmp_path))
    assert refused.value.hint
    with pytest.raises(Refused):
        write(tmp_path / "cloud.yaml", text(draft(look(tiny())), CHOICES))
    assert (tmp_path / "cloud.yaml").read_text() == "mine"


def test_a_key_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        init(replace(wish(tmp_path), key=tmp_path / "nothing"))


def test_paths_below_the_files_folder_are_written_relative_to_it(tmp_path: Path) -> None:
    chosen = choices(replace(wish(tmp_path), password_file=Path("/run/secrets/db")), tmp_path / "clouds.yaml")
    assert (chosen.key, chosen.clouds_yaml, chosen.password_file) == ("key", "clouds.yaml", "/run/secrets/db")


def test_a_cloud_none_of_whose_hosts_lets_us_in_makes_no_file() -> None:
    with pytest.raises(Unreachable, match="does not answer SSH") as refused:
        refuse_blindness(look({}))
    assert refused.value.now == "nothing was changed, and no file was written"


def test_a_host_option_without_an_address_is_told_in_three_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = wish(tmp_path)
    assert main(["init", "--os-cloud", "lab", "--key", str(made.key), "--host", "lb1"]) == BadInput.exit_code
    told = capsys.readouterr().err
    assert "is no NAME=ADDRESS" in told
    assert "  now: " in told
    assert "  next: " in told


GOLDEN = """\
# The cloud behind `lab` as `liftlock init` saw it, through its API and over SSH.
# Read it, complete it, keep it in git. Relative paths start at this file's folder.
# An unknown key is an error; docs/cloud.yaml.example shows every key.

name: lab                     # destructive commands ask you to type it

hosts:
  ctl-blue: {{address: 10.77.0.21, roles: [control]}}      # {first} and {more} more
  db1: {{address: 10.77.0.11, roles: [database, broker]}}  # mariadb, rabbitmq-server
  lb1: {{address: 10.77.0.12, roles: [balancer]}}          # haproxy
  cmp1: {{address: 10.77.0.31, roles: [compute]}}          # nova-compute
  cmp2: {{address: 10.77.0.32, roles: [compute]}}          # nova-compute

access:                       # SSH
  key: keys/id
  known_hosts: keys/known_hosts
  user: root                  # root, or may sudo without a password
  port: 22

services: [{services}]

api:                          # the administrator's entry
  cloud: lab

databases:
  host: db1
  user: root                  # may read, dump and replace every database of the services, from here
  # Put this user's password, and nothing else, into the file; keep it out of git. liftlock copies none.
  password: {{file: secrets/database}}

broker:
  host: db1

balancer:
  hosts: [lb1]
  socket: /run/haproxy/admin.sock

deployer:
  kind: venv                  # one directory per release, and a link `current`
  root: /opt/openstack
  archives: releases          # folder here with built releases

# policy:
#   approvals: {{start: 2}}    # gate: how many different people must approve it (default: 1)

state: .liftlock              # journal, plans, backups
"""
