"""The lab's passwords, keys and certificates."""

from __future__ import annotations

import stat
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509

from liftlock.lab.cloudware import authority, secrets


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = secrets.load_or_make(folder, ["nova"])
    assert secrets.load_or_make(folder, ["nova"]) == first
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_secret_that_is_asked_for_later_is_added_to_the_others(tmp_path: Path) -> None:
    before = secrets.load_or_make(tmp_path, ["nova"])
    after = secrets.load_or_make(tmp_path, ["nova", "glance"])
    assert {name: after[name] for name in before} == before
    assert after["os_glance"] != after["os_nova"]


def test_the_brokers_hash_depends_on_the_password_alone() -> None:
    assert secrets.broker_hash("one") == secrets.broker_hash("one")
    assert secrets.broker_hash("one") != secrets.broker_hash("two")


def test_the_front_doors_certificate_is_the_authoritys_and_for_its_address(tmp_path: Path) -> None:
    authority.make(tmp_path, "10.77.0.9")
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    leaf = x509.load_pem_x509_certificate((tmp_path / "front-door.pem").read_bytes())
    leaf.verify_directly_issued_by(ca)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.77.0.9")]
    assert stat.S_IMODE((tmp_path / "front-door.pem").stat().st_mode) == 0o600


def test_certificates_are_made_once(tmp_path: Path) -> None:
    authority.make(tmp_path, "10.77.0.9")
    before = (tmp_path / "front-door.pem").read_text()
    authority.make(tmp_path, "10.77.0.9")
    assert (tmp_path / "front-door.pem").read_text() == before


def test_half_made_certificates_are_made_again(tmp_path: Path) -> None:
    authority.make(tmp_path, "10.77.0.9")
    (tmp_path / "ca.pem").unlink()
    authority.make(tmp_path, "10.77.0.9")
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    x509.load_pem_x509_certificate((tmp_path / "front-door.pem").read_bytes()).verify_directly_issued_by(ca)
