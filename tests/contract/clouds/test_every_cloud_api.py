"""What every `CloudApi` promises, over the simulator and over a small real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.clouds.openstack import OpenStackApi
from liftlock.errors import BadInput, NotAllowed, Unreachable
from liftlock.ports.api import CloudApi
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.contract.clouds.small_cloud import LOGIN, SmallCloud, small_cloud

SERVICES = ("keystone", "glance", "placement", "nova", "neutron", "cinder", "heat", "horizon")


@dataclass
class Place:
    port: CloudApi
    break_down: Callable[[str], None]
    """A service stops answering as it should."""


NOVA_PORT = 8774
COLOURS = {"ctl-blue": "127.0.0.51", "ctl-green": "127.0.0.52"}


@contextmanager
def colours_of_nova(good: Sequence[str]) -> Iterator[list[tuple[str, str, str]]]:
    """Both colours of nova's API at addresses of their own: what they were asked, (host, path, token), in order."""
    asked: list[tuple[str, str, str]] = []

    class Api(BaseHTTPRequestHandler):
        def log_message(self, *_words: object) -> None:
            pass

        def do_GET(self) -> None:
            host = next(h for h, a in COLOURS.items() if a == self.connection.getsockname()[0])
            asked.append((host, self.path, self.headers["X-Auth-Token"]))
            text = b'{"servers": []}' if host in good else b'{"versions": []}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    servers = [ThreadingHTTPServer((address, NOVA_PORT), Api) for address in COLOURS.values()]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield asked
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def over(cloud: SmallCloud, folder: Path, password: str = "right") -> OpenStackApi:
    return OpenStackApi(
        "lab",
        SystemClock(),
        clouds_yaml=cloud.clouds_yaml(folder, password),
        dashboard=cloud.address + LOGIN,
        service_versions=lambda: {("cmp1", "nova-compute"): 68},
        hosts=COLOURS,
    )


@pytest.fixture
def cloud() -> Iterator[SmallCloud]:
    with small_cloud() as made:
        yield made


@pytest.fixture(params=["sim", "openstack"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sim":
        made = SimCloud.tiny()
        return Place(made.hands.api, lambda s: made.break_down(Fault(Kind.API_NEVER_ANSWERS, what=s)))
    server: SmallCloud = request.getfixturevalue("cloud")
    return Place(over(server, tmp_path), server.down.add)


def test_every_service_of_the_catalogue_has_a_public_and_an_internal_endpoint(place: Place) -> None:
    seen = place.port.endpoints()
    assert {(e.service, e.interface) for e in seen} == {
        (service, interface) for service in SERVICES[:-1] for interface in ("public", "internal")
    }
    assert all(200 <= e.status < 400 for e in seen)
    assert all((e.certificate_days_left is None) != e.url.startswith("https:") for e in seen)


def test_a_service_that_is_down_says_so_at_its_endpoint_and_nowhere_else(place: Place) -> None:
    place.break_down("glance")
    assert {e.service for e in place.port.endpoints() if not 200 <= e.status < 400} == {"glance"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_as_long_as_it_is_up(place: Place, service: str) -> None:
    assert place.port.answers(service)
    place.break_down(service)
    assert not place.port.answers(service)


def test_agents_are_alive_and_fresh_and_only_novas_have_a_version(place: Place) -> None:
    seen = {(a.kind, a.host): a for a in place.port.agents()}
    compute = seen["nova-compute", "cmp1"]
    assert (compute.service, compute.alive, compute.enabled, compute.version) == ("nova", True, True, 68)
    assert 0 <= compute.seconds_since_report < 60
    assert seen["neutron-openvswitch-agent", "cmp1"].version is None
    assert {a.service for a in seen.values()} == {"nova", "neutron", "cinder", "heat"}


def test_agents_of_a_service_that_does_not_answer_are_left_out(place: Place) -> None:
    place.break_down("cinder")
    assert {a.service for a in place.port.agents()} == {"nova", "neutron", "heat"}


def test_tenants_things_are_counted(place: Place) -> None:
    seen = place.port.tenancy()
    assert seen.projects == 3
    assert min(seen.instances, seen.volumes, seen.networks, seen.images, seen.stacks) >= 1


def test_instances_are_on_hypervisors_and_novas_microversion_is_told(place: Place) -> None:
    seen = place.port.compute()
    hosts = {h.host for h in seen.hypervisors}
    assert hosts == {"cmp1", "cmp2"}
    assert seen.instances
    assert {i.host for i in seen.instances} <= hosts
    assert all(i.vcpus and i.memory_mib and i.status == "ACTIVE" for i in seen.instances)
    assert seen.microversion == "2.100"


def test_novas_microversion_is_told_alone_too(place: Place) -> None:
    assert place.port.microversion() == place.port.compute().microversion != ""
    place.break_down("nova")
    with pytest.raises(Unreachable):
        place.port.microversion()


def test_without_nova_its_instances_are_an_error_and_not_none(place: Place) -> None:
    place.break_down("nova")
    with pytest.raises(Unreachable):
        place.port.compute()


def test_what_decides_whether_an_instance_can_move_is_told(cloud: SmallCloud, tmp_path: Path) -> None:
    seen = over(cloud, tmp_path).compute()
    image, volume = seen.instances
    assert (image.local_gib, volume.local_gib) == (15, 5)
    assert image.bound_by == ("dedicated CPUs",)
    assert (image.zone, image.volumes, image.task) == ("quay", 1, "")
    (group,) = seen.groups
    assert (group.policy, group.members) == ("anti-affinity", ("a", "b"))
    assert seen.hypervisors[0].version == "10.0.13"
    assert seen.hypervisors[0].id == "h-cmp1"
    assert (seen.zone_of("cmp1"), seen.zone_of("cmp2")) == ("quay", "nova")


def test_without_keystone_nothing_is_known(place: Place) -> None:
    place.break_down("keystone")
    for ask in (place.port.endpoints, place.port.agents, place.port.tenancy, place.port.compute):
        with pytest.raises(Unreachable):
            ask()


@pytest.mark.parametrize("service", [s for s in SERVICES if s != "keystone"])
def test_an_answer_that_is_not_the_services_own_does_not_count(
    cloud: SmallCloud, tmp_path: Path, service: str
) -> None:
    cloud.garbled.add(service)
    assert not over(cloud, tmp_path).answers(service)


@pytest.mark.parametrize("service", [s for s in SERVICES if s != "keystone"])
def test_a_failed_request_is_not_sent_again(cloud: SmallCloud, tmp_path: Path, service: str) -> None:
    port = over(cloud, tmp_path)
    assert port.answers("neutron")
    cloud.down.add(service)
    cloud.asked.clear()
    assert not port.answers(service)
    assert len(cloud.asked) == 1


def test_keystone_is_asked_for_a_new_token_every_time(cloud: SmallCloud, tmp_path: Path) -> None:
    port = over(cloud, tmp_path)
    for _ in range(3):
        assert port.answers("keystone")
    assert cloud.tokens == 3


def test_the_freshest_record_of_an_engine_is_the_one_that_counts(cloud: SmallCloud, tmp_path: Path) -> None:
    (engine,) = [a for a in over(cloud, tmp_path).agents() if a.service == "heat"]
    assert engine.alive
    assert engine.seconds_since_report < 60


def test_a_disabled_and_silent_agent_is_told_as_such(cloud: SmallCloud, tmp_path: Path) -> None:
    (agent,) = [a for a in over(cloud, tmp_path).agents() if a.host == "cmp2"]
    assert (agent.alive, agent.enabled, agent.version) == (False, False, None)
    assert agent.seconds_since_report > 250


def test_a_wrong_password_is_said_and_never_shown(cloud: SmallCloud, tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as failed:
        over(cloud, tmp_path, password="hunter2").agents()
    assert "refuses the credentials of `lab`" in failed.value.what
    assert "hunter2" not in str(failed.value)
    assert "clouds.yaml" in failed.value.hint


def test_an_entry_that_is_not_in_the_file_is_bad_input(cloud: SmallCloud, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as failed:
        OpenStackApi("no-such-cloud", SystemClock(), clouds_yaml=cloud.clouds_yaml(tmp_path)).agents()
    assert "no-such-cloud" in failed.value.what


def test_both_colours_are_asked_over_the_same_moments_as_an_administrator(
    cloud: SmallCloud, tmp_path: Path
) -> None:
    with colours_of_nova(good=tuple(COLOURS)) as asked:
        blue, green = over(cloud, tmp_path).compare("nova", ("ctl-blue",), ("ctl-green",), 20)
    assert (blue.requests, blue.failed, green.requests, green.failed) == (20, 0, 20, 0)
    assert {(path, token) for _, path, token in asked} == {("/nova/v2.1/servers?limit=1", "t1")}
    for tenth in range(0, 40, 10):
        hosts = [host for host, _, _ in asked[tenth : tenth + 10]]
        assert set(hosts) == set(COLOURS), "for a while one colour was asked alone"


def test_a_colour_that_answers_with_something_else_has_failed_and_the_other_has_not(
    cloud: SmallCloud, tmp_path: Path
) -> None:
    with colours_of_nova(good=("ctl-blue",)):
        blue, green = over(cloud, tmp_path).compare("nova", ("ctl-blue",), ("ctl-green",), 4)
    assert (blue.failed, green.failed) == (0, 4)


def test_one_colour_can_be_asked_alone(cloud: SmallCloud, tmp_path: Path) -> None:
    with colours_of_nova(good=("ctl-green",)) as asked:
        found = over(cloud, tmp_path).sample("nova", ("ctl-green", "ctl-blue"), 6)
    assert (found.requests, found.failed) == (6, 3)
    assert sorted(host for host, _, _ in asked) == ["ctl-blue"] * 3 + ["ctl-green"] * 3


def test_a_colour_that_is_not_there_has_failed_altogether(cloud: SmallCloud, tmp_path: Path) -> None:
    blue, green = over(cloud, tmp_path).compare("nova", ("ctl-blue",), ("ctl-green",), 2)
    assert (blue.failed, green.failed) == (2, 2)


def test_nothing_is_compared_without_a_token(cloud: SmallCloud, tmp_path: Path) -> None:
    cloud.down.add("keystone")
    with pytest.raises(Unreachable):
        over(cloud, tmp_path).compare("nova", ("ctl-blue",), ("ctl-green",), 2)


ADMINISTRATORS = {
    *("/keystone/v3/projects", "/nova/v2.1/os-services", "/nova/v2.1/os-hypervisors/detail"),
    *("/neutron/v2.0/agents", "/cinder/v3/p1/os-services", "/heat/v1/p1/services"),
}
"""What services of 2025.1 tell to administrators only, by default."""


def test_what_an_account_may_not_ask_is_said_and_not_taken_for_nothing(
    cloud: SmallCloud, tmp_path: Path
) -> None:
    cloud.forbidden = ADMINISTRATORS
    port = over(cloud, tmp_path)
    for ask in (port.agents, port.tenancy, port.compute):
        with pytest.raises(NotAllowed, match="the account of `lab` may not") as told:
            ask()
        assert "the role `admin`" in told.value.hint
    assert port.microversion() == "2.100"


def test_where_one_service_refuses_the_workers_of_the_others_are_told(
    cloud: SmallCloud, tmp_path: Path
) -> None:
    cloud.forbidden = {"/heat/v1/p1/services"}
    assert {a.service for a in over(cloud, tmp_path).agents()} == {"nova", "neutron", "cinder"}
