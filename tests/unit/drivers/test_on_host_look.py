"""What a host tells about keys and queues: enough to compare, never a secret."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from liftlock.drivers.on_host import below
from liftlock.drivers.on_host.below import filesystems, held, ovn, told_version
from liftlock.drivers.on_host.chosen import configuration_since, names, options, policies
from liftlock.drivers.on_host.haproxy import told_in_files
from liftlock.drivers.on_host.host import packaged, queue_options
from liftlock.drivers.on_host.itself import addresses, compute_id
from liftlock.drivers.on_host.keysets import key_sets
from liftlock.drivers.on_host.loaded import release_in, running
from liftlock.knowledge.queues import QUEUE_OPTIONS, SECTION
from liftlock.knowledge.surveyed_options import OPTIONS


def keystone(root: Path, keys: dict[str, str], conf: str = "") -> None:
    for name, content in keys.items():
        file = root / "etc/keystone" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (root / "etc/keystone/keystone.conf").write_text(conf)


def test_versions_of_a_distributions_packages_are_told_with_when_they_were_put_there(tmp_path: Path) -> None:
    debians, ours = (
        tmp_path / "usr/lib/python3/dist-packages",
        tmp_path / "usr/local/lib/python3.13/dist-packages",
    )
    redhats = tmp_path / "usr/lib64/python3.9/site-packages"
    for folder, name in (
        (debians, "nova-31.0.0.egg-info"),
        (debians, "python_novaclient-18.9.0.dist-info"),
        (debians, "oslo.config-9.7.1.egg-info"),
        (redhats, "openstack_heat-24.0.0-py3.9.egg-info"),
        (ours, "nova-31.0.1.dist-info"),
    ):
        (folder / name).mkdir(parents=True)
    os.utime(debians / "nova-31.0.0.egg-info", (1_000, 1_000))
    found, since = packaged({"nova": "nova", "openstack-heat": "heat", "glance": "glance"}, str(tmp_path))
    assert found == {"nova": "31.0.1", "heat": "24.0.0"}
    assert since.keys() == found.keys()
    assert min(since.values()) > 1_000, "when it was built is not when it came"
    assert packaged({"nova": "nova"}, str(tmp_path / "none")) == ({}, {})


def test_the_same_keys_are_told_alike_wherever_they_lie_and_whatever_lies_beside_them(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    keystone(one, {"fernet-keys/0": "a", "fernet-keys/1": "b"})
    keystone(
        other,
        {"tokens/0": "a", "tokens/1": "b", "tokens/0.tmp": "half"},
        "[fernet_tokens]\nkey_repository = /etc/keystone/tokens/\n"
        "[fernet_receipts]\nkey_repository=/etc/keystone/tokens\n",
    )
    (told,) = key_sets(str(one)).values()
    assert key_sets(str(other)) == {"/etc/keystone/tokens": told}
    assert told.startswith("2 keys, ")


def test_keys_under_other_numbers_are_other_key_sets(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    keystone(one, {"credential-keys/0": "a", "credential-keys/1": "b"})
    keystone(other, {"credential-keys/0": "b", "credential-keys/1": "a"})
    assert key_sets(str(one)) != key_sets(str(other))
    assert key_sets(str(tmp_path)) == {}


def test_only_what_shapes_queues_is_told_and_the_last_word_counts(tmp_path: Path) -> None:
    (tmp_path / "nova.conf").write_text(
        "[DEFAULT]\ntransport_url = rabbit://a:secret@b\namqp_durable_queues = true\n"
        f"[{SECTION}]\n# rabbit_ha_queues = true\nrabbit_quorum_queue = True\nheartbeat_rate = 3\n"
    )
    more = tmp_path / "nova.conf.d"
    more.mkdir()
    (more / "queues.conf").write_text(f"[{SECTION}]\nrabbit_quorum_queue = false\n")
    services = {"nova": [str(tmp_path)], "heat": [str(tmp_path / "none")]}
    assert queue_options(services, SECTION, list(QUEUE_OPTIONS)) == {"nova": "rabbit_quorum_queue=false"}


WANTED = {service: [list(words) for words in wanted] for service, wanted in OPTIONS.items()}


def test_options_that_are_listed_are_told_and_no_other_word_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "plugins/ml2").mkdir(parents=True)
    (tmp_path / "neutron.conf").write_text(
        "[DEFAULT]\ntransport_url = rabbit://a:hunter2@b\nhost = ctl-blue\n"
        "[database]\nconnection = mysql+pymysql://neutron:hunter2@db1/neutron\n"
        "[keystone_authtoken]\npassword = hunter2\nservice_token_roles_required = true\n"
    )
    (tmp_path / "plugins/ml2/ml2_conf.ini").write_text("[ml2]\nmechanism_drivers = openvswitch\n")
    (tmp_path / "api-paste.ini").write_text("[DEFAULT]\nhost = not-an-option\n")
    told = options({"neutron": [str(tmp_path)]}, WANTED)
    assert told == {
        "neutron [DEFAULT] host": "ctl-blue",
        "neutron [keystone_authtoken] service_token_roles_required": "true",
        "neutron [ml2] mechanism_drivers": "openvswitch",
    }


def test_an_option_of_any_section_is_told_without_whoever_logs_in(tmp_path: Path) -> None:
    (tmp_path / "cinder.conf").write_text(
        "[lvm]\nvolume_driver = cinder.volume.drivers.lvm.LVMVolumeDriver\nbackend_host = x://u:hunter2@h/p\n"
    )
    told = options({"cinder": [str(tmp_path)]}, WANTED)
    assert told["cinder [lvm] volume_driver"].endswith("LVMVolumeDriver")
    assert told["cinder [lvm] backend_host"] == "x://…@h/p"


def test_policies_are_counted_and_told_alike_whatever_their_comments(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, text in (
        (one, "# mine\n'os_compute_api:servers:index': 'role:reader'\n"),
        (other, "\n'os_compute_api:servers:index': 'role:reader'\n"),
    ):
        folder.mkdir()
        (folder / "policy.yaml").write_text(text)
    (first,), (second,) = (policies({"nova": [str(folder)]}).values() for folder in (one, other))
    assert first == second
    assert first.startswith("1 rules, ")


def test_keys_that_rotate_do_not_make_a_configuration_newer(tmp_path: Path) -> None:
    keystone(tmp_path, {"fernet-keys/0": "a"})
    home = tmp_path / "etc/keystone"
    os.utime(home / "keystone.conf", (1_000, 1_000))
    assert configuration_since({"keystone": [str(home)]}, [str(home / "fernet-keys")]) == {
        "keystone": 1_000.0
    }
    assert configuration_since({"keystone": [str(home)]}, [])["keystone"] > 1_000


def test_a_program_tells_since_when_it_runs_from_which_release_and_with_which_libraries_that_are_gone(
    tmp_path: Path,
) -> None:
    library = tmp_path / "2025.1-planted" / "lib" / "libplanted.so.1"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"nothing that anybody would call" * 1_000)
    code = (
        f"import mmap, sys; f = open({str(library)!r}, 'rb'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); "
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        seen = running(process.pid, str(tmp_path))
        library.unlink()
        later = running(process.pid, str(tmp_path))
    assert seen["release"] == later["release"] == "2025.1-planted"
    assert (seen["replaced"], later["replaced"]) == ([], ["libplanted.so.1"])
    assert abs(float(str(seen["since"])) - library.parent.stat().st_mtime) < 3_600


def test_of_a_process_that_is_not_there_nothing_is_told() -> None:
    assert running(2**22 + 1, "/opt/openstack") == {}


def test_a_link_called_current_names_no_release() -> None:
    line = "/opt/openstack/2026.1-3b0b/bin/python\n/opt/openstack/current/bin/uwsgi\n"
    assert release_in(line, "/opt/openstack") == "2026.1-3b0b"
    assert release_in("/opt/openstack/current/bin/uwsgi", "/opt/openstack") == ""


def test_file_systems_have_room_and_programs_a_version() -> None:
    (root,) = [f for f in filesystems() if f["path"] == "/"]
    assert int(str(root["size_mib"])) >= int(str(root["free_mib"])) > 0
    assert told_version("bash")[0].isdigit()
    assert told_version("no-such-program") == ""


def test_a_balancers_files_tell_what_a_reload_forgets_and_what_is_sent_twice(tmp_path: Path) -> None:
    assert told_in_files(str(tmp_path / "none")) == {}
    (tmp_path / "haproxy.cfg").write_text(
        "global\n  server-state-file /var/lib/haproxy/state\ndefaults\n  timeout check 1500ms\n"
        "  retry-on conn-failure empty-response # both\n"
    )
    assert told_in_files(str(tmp_path)) == {
        "keeps_state": False,
        "retries_on": ["conn-failure", "empty-response"],
        "check_s": 1.5,
    }
    with (tmp_path / "haproxy.cfg").open("a") as more:
        more.write("  load-server-state-from-file global\n  timeout check 10s\n")
    told = told_in_files(str(tmp_path))
    assert (told["keeps_state"], told["check_s"]) == (True, 1.5)


def test_packages_that_dpkg_holds_are_told(tmp_path: Path) -> None:
    """The real dpkg, over a database of our own."""
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    status = tmp_path / "var/lib/dpkg/status"
    package = "Package: {}\nStatus: {} ok installed\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: b\n\n"
    status.write_text(package.format("nova-compute", "hold") + package.format("nova-api", "install"))
    assert held(str(tmp_path)) == ["nova-compute"]
    assert held(str(tmp_path / "none")) == []


@pytest.mark.parametrize(("insists", "told"), [('"true"', {"match": "true"}), ("", {})])
def test_versions_of_ovn_are_those_its_programs_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, insists: str, told: dict[str, str]
) -> None:
    """What Debian's ovn-host 23.03.1 and ovn-central print."""
    words = {
        "ovn-controller": "ovn-controller 23.03.1\nOpen vSwitch Library 3.1.0\nOpenFlow versions 0x6:0x6\n",
        "ovn-northd": "ovn-northd 23.03.1\nOpen vSwitch Library 3.1.0\n",
        "ovs-vsctl": insists,
    }
    monkeypatch.setattr(below, "SEARCHED", str(tmp_path))
    assert ovn() == {}
    for name, text in words.items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        (tmp_path / name).chmod(0o755)
    assert ovn() == {"northd": "23.03.1", "controller": "23.03.1", **told}


def test_every_option_that_is_set_is_told_by_its_name_and_no_value(tmp_path: Path) -> None:
    (tmp_path / "nova.conf.d").mkdir()
    (tmp_path / "nova.conf").write_text(
        "[DEFAULT]\n# debug = true\ntransport_url = rabbit://a:hunter2@b\n"
        "[keystone_authtoken]\npassword = hunter2\n"
        '[pci]\ndevice_spec = { "vendor_id": "8086",\n  "product" = "hunter2" }\n{"hunter2" = 1\nhunter2\n'
    )
    (tmp_path / "nova.conf.d/more.conf").write_text("[DEFAULT]\ndebug = true\n")
    (tmp_path / "api-paste.ini").write_text("[composite:osapi]\nuse = call:nova\n")
    told = names({"nova": [str(tmp_path)], "heat": [str(tmp_path / "none")]})
    assert told == [
        "nova [DEFAULT] debug",
        "nova [DEFAULT] transport_url",
        "nova [keystone_authtoken] password",
        "nova [pci] device_spec",
    ]
    assert "hunter2" not in "".join(told)


def test_addresses_are_this_machines_own() -> None:
    found = addresses()
    assert found == sorted(set(found))
    for address in found:
        made = ipaddress.ip_address(address)
        assert not made.is_loopback
        assert not made.is_link_local
        with socket.socket(socket.AF_INET6 if made.version == 6 else socket.AF_INET) as here:
            here.bind((address, 0))  # nobody can bind another's


def test_a_compute_goes_by_the_file_in_its_state_path_or_beside_its_configuration(tmp_path: Path) -> None:
    etc, state = tmp_path / "etc", tmp_path / "state"
    etc.mkdir()
    state.mkdir()
    assert compute_id([str(etc)]) == ""
    (etc / "nova.conf").write_text(f"[DEFAULT]\nstate_path = {state}\n")
    assert compute_id([str(etc)]) == ""
    (state / "compute_id").write_text("6c3a1f0e-4b57-4f0a-9d55-0c7d6f1e2a11\n")
    assert compute_id([str(etc)]) == "6c3a1f0e-4b57-4f0a-9d55-0c7d6f1e2a11"
    (etc / "compute_id").write_text("beside")
    assert compute_id([str(etc)]) == "beside"
