"""What every `UpgradeChecks` promises, over the simulator and over programs that print what real ones printed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.cloud.answers import FINE, WARNING, UpgradeResult
from liftlock.drivers.upgrade_checks.oslo import OsloUpgradeChecks, results
from liftlock.errors import Unreachable
from liftlock.ports.upgrade_checks import UpgradeChecks
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.sim.tiny import release_name
from tests.unit.drivers.local_shell import LocalShell

HOST, NOWHERE = "ctl-blue", "cmp1"
NEUTRON = """\
WARNING neutron.common said something
+-----------------------------------------------------------------------+
| Upgrade Check Results                                                 |
+-----------------------------------------------------------------------+
| Check: Duplicated HA network per project check                        |
| Result: Warning                                                       |
| Details: Database connection string is not set. Check for             |
|   extra_dhcp_opts can't be done.                                      |
+-----------------------------------------------------------------------+
| Check: Floating IP Port forwarding and OVN L3 plugin configuration    |
| Result: Success                                                       |
| Details: No OVN L3 plugin enabled.                                    |
+-----------------------------------------------------------------------+
"""
"""Two of the rows that neutron-status 26 printed on a machine without a database."""
GLANCE = """\
+----------------------------------------------+
| Upgrade Check Results                        |
+----------------------------------------------+
| Check: Sheepdog Driver Removal               |
| Result: Success                              |
| Details: None                                |
+----------------------------------------------+
"""
KEYSTONE = "/etc/keystone/fernet-keys/ does not exist\n"
"""All that keystone-status 27 printed, and it ended with 1."""


@dataclass
class Place:
    port: UpgradeChecks
    environment: str


def over_sim() -> Place:
    cloud = SimCloud.tiny(faults=[Fault(Kind.HOST_UNREACHABLE, NOWHERE)])
    cloud.hands.deployer.stage(HOST, release_name("2026.1"))
    return Place(cloud.hands.upgrade_checks, f"/opt/openstack/{release_name('2026.1')}")


def program(folder: Path, name: str, text: str, code: int) -> None:
    file = folder / "bin" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\n[ "$*" = "upgrade check" ] || exit 9\ncat <<"END"\n{text}END\nexit {code}\n')
    file.chmod(0o755)


def over_programs(folder: Path) -> Place:
    program(folder, "neutron-status", NEUTRON, 1)
    program(folder, "glance-status", GLANCE, 0)
    program(folder, "keystone-status", KEYSTONE, 1)
    for name in ("neutron-28.0.1", "glance-32.0.0", "openstack_heat-26.0.1"):
        (folder / f"lib/python3.11/site-packages/{name}.dist-info").mkdir(parents=True)
    return Place(OsloUpgradeChecks(LocalShell(away=[NOWHERE])), str(folder))


@pytest.fixture(params=["sim", "programs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return over_sim() if request.param == "sim" else over_programs(tmp_path)


def test_what_is_well_is_told_with_the_version_that_says_so(place: Place) -> None:
    told = place.port.ask(HOST, place.environment, "glance")
    assert (told.service, told.host, told.code, told.said) == ("glance", HOST, FINE, "")
    assert told.version.startswith("32.")
    assert {result.code for result in told.results} == {FINE}


def test_a_warning_is_told_by_its_name(place: Place) -> None:
    told = place.port.ask(HOST, place.environment, "neutron")
    assert told.code == WARNING
    assert [r.name for r in told.results if r.code == WARNING]


def test_a_program_that_is_not_there_is_an_answer(place: Place) -> None:
    told = place.port.ask(HOST, f"{place.environment}-none", "nova")
    assert (told.code, told.results) == (-1, ())
    assert "No such file" in told.said


def test_a_host_that_does_not_answer_is_an_error(place: Place) -> None:
    with pytest.raises(Unreachable):
        place.port.ask(NOWHERE, place.environment, "glance")


def test_a_program_that_ends_without_a_table_says_its_last_words(tmp_path: Path) -> None:
    told = over_programs(tmp_path).port.ask(HOST, str(tmp_path), "keystone")
    assert (told.code, told.results, told.version) == (1, (), "")
    assert told.said == "/etc/keystone/fernet-keys/ does not exist"


def test_a_table_is_read_whole_whatever_is_printed_around_it() -> None:
    assert list(results(NEUTRON)) == [
        UpgradeResult(
            "Duplicated HA network per project check",
            WARNING,
            "Database connection string is not set. Check for extra_dhcp_opts can't be done.",
        ),
        UpgradeResult(
            "Floating IP Port forwarding and OVN L3 plugin configuration", FINE, "No OVN L3 plugin enabled."
        ),
    ]
    assert list(results("Error:\nTraceback\n+---+\n| not a check |\n+---+\n")) == []
