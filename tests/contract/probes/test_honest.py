"""An honest cloud has no failures, whatever is asked of it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from liftlock.errors import Unreachable
from liftlock.probes import wire
from liftlock.probes.ledger import Stage
from tests.contract.probes.lying_cloud import Cloud, hang_up_when_idle, honest_cloud
from tests.contract.probes.probing import Probing

EVERYTHING = {"keystone", "glance", "placement", "nova", "neutron", "cinder", "heat", "horizon"}


def test_an_honest_cloud_shows_no_failure_at_ten_requests_a_second(probing: Probing) -> None:
    outcome = probing.reads(rate=12.0, seconds=4.0)
    assert outcome.failures() == []
    assert outcome.numbers["requests_per_s"] >= 10  # type: ignore[operator]
    services = outcome.numbers["services"]
    assert isinstance(services, dict)
    assert set(services) == EVERYTHING
    assert all(service["outage_s"] == 0 for service in services.values())


def test_writes_to_an_honest_cloud_do_not_fail_and_leave_nothing_behind(
    probing: Probing, cloud: Cloud
) -> None:
    before = {kind: set(objects) for kind, objects in cloud.objects.items()}
    outcome = probing.run()
    assert outcome.failures() == []
    assert outcome.findings == []
    gone = [life.kind for life in outcome.lives if life.stage is Stage.GONE]
    for kind in ("server", "volume", "network", "subnet", "image", "stack", "project"):
        assert gone.count(kind) > 1, kind
    assert {kind: set(objects) for kind, objects in cloud.objects.items()} == before


def test_half_of_the_reads_go_over_kept_connections(probing: Probing) -> None:
    prober = probing.prober(writes=(), seconds=120.0, rate=100.0)

    def enough() -> None:
        while len(probing.logged()) < 300:
            assert not prober.stop.wait(0.1)

    outcome = probing.run_while(prober, enough)
    reads = [entry for entry in outcome.entries if entry.phase == "run"]
    by_verb: dict[str, set[str]] = {}
    for entry in reads:
        by_verb.setdefault(entry.verb, set()).add(entry.connection)
    assert all(kinds == {"new", "reused"} for kinds in by_verb.values()), by_verb
    reused = sum(entry.connection == "reused" for entry in reads) / len(reads)
    assert 0.35 < reused < 0.5


def test_never_more_than_two_servers_are_alive(probing: Probing, cloud: Cloud) -> None:
    probing.run(writes=("server",), keep=5)
    alive = worst = 0
    for service, method, path in cloud.requests:
        if service == "nova" and path.startswith("/v2.1/servers"):
            alive += {"POST": 1, "DELETE": -1}.get(method, 0)
            worst = max(worst, alive)
    assert worst == 2


def test_a_connection_closed_while_idle_is_opened_again_and_is_no_failure(
    probing: Probing, cloud: Cloud
) -> None:
    cloud.lie("GET", "neutron", "/subnets", hang_up_when_idle)
    outcome = probing.reads()
    assert outcome.failures() == []
    assert outcome.numbers["reopened"] > 0  # type: ignore[operator]


def test_a_connection_is_given_up_before_a_server_would_tire_of_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = wire.Client(keep=True, tls=ssl.create_default_context())
    address = f"http://127.0.0.1:{cloud.listeners['keystone'].port}/"
    asked = wire.Request("GET", address)
    seen = [client.send(asked).connection, client.send(asked).connection]
    monkeypatch.setattr(wire, "LONGEST_IDLE_S", 0.0)
    given_up = client.send(asked)
    client.close()
    assert (*seen, given_up.connection, given_up.reopened) == ("new", "reused", "new", False)


def test_a_token_is_renewed_before_it_expires(probing: Probing, cloud: Cloud) -> None:
    cloud.token_life_s = 4.0
    prober = probing.prober(writes=(), seconds=30.0)
    first: list[str] = []

    def wait_for_another_token() -> None:
        while len(first) < 2:
            if (token := prober.identity.token) and token not in first:
                first.append(token)
            assert not prober.stop.wait(0.05)

    outcome = probing.run_while(prober, wait_for_another_token)
    assert outcome.failures() == []


def test_a_user_who_is_no_administrator_probes_what_users_may(probing: Probing, cloud: Cloud) -> None:
    cloud.roles = ["member"]
    flavor = cloud.put("flavor", {"name": "probe-flavor", "ram": 64, "vcpus": 1, "disk": 1})
    cloud.lie("GET", "keystone", "/auth/projects", lambda talk: talk.send(200, {"projects": [{"id": "p0"}]}))
    outcome = probing.run()
    assert outcome.failures() == []
    assert {entry.service for entry in outcome.entries} == EVERYTHING - {"placement"}
    assert flavor in cloud.objects["flavor"]
    assert "no administrator" in str(outcome.numbers["not_probed"])


def test_leftovers_of_an_old_prober_are_cleared_and_those_of_a_young_one_are_not(
    probing: Probing, cloud: Cloud
) -> None:
    now = datetime.now(UTC)
    old, young = (
        cloud.put("volume", {"name": f"probe-{now - age:%Y%m%dt%H%M%S}-00ff-volume-7"})
        for age in (timedelta(hours=3), timedelta(hours=1))
    )
    mine = cloud.put("volume", {"name": "probe-volume-of-mine"})
    outcome = probing.reads()
    assert outcome.failures() == []
    assert set(cloud.objects["volume"]) == {young, mine}
    assert old not in cloud.objects["volume"]


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 that is its own authority; its key is beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the lab")])
    begins = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "ca.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    file.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def server_side(authority: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, authority.with_suffix(".key"))
    return context


def test_a_cloud_behind_tls_is_verified_with_its_own_authority(authority: Path, tmp_path: Path) -> None:
    with honest_cloud(server_side(authority)) as cloud:
        outcome = Probing(cloud, tmp_path / "run", str(authority)).run(rate=40.0)
    assert outcome.failures() == []
    assert all(kind["total"] > 0 for kind in outcome.numbers["connections"].values())  # type: ignore[attr-defined]


def test_a_tls_connection_closed_while_idle_is_no_failure_either(authority: Path, tmp_path: Path) -> None:
    with honest_cloud(server_side(authority)) as cloud:
        cloud.lie("GET", "neutron", "/subnets", hang_up_when_idle)
        outcome = Probing(cloud, tmp_path / "run", str(authority)).reads(rate=40.0)
    assert outcome.failures() == []
    assert outcome.numbers["reopened"] > 0  # type: ignore[operator]


def test_a_cloud_whose_certificate_nobody_vouches_for_is_not_talked_to(
    authority: Path, tmp_path: Path
) -> None:
    with honest_cloud(server_side(authority)) as cloud, pytest.raises(Unreachable, match="tls: "):
        Probing(cloud, tmp_path / "run").reads()
    assert cloud.requests == []
