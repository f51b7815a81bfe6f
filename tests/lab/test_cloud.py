"""A whole real cloud, beside the lab people work with: made once, then used, disturbed and compared.

Everything that talks to the cloud runs on that lab's bastion, as a program of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.lab.bastion import bastion_command, bastion_environment
from liftlock.lab.hosts import LabHosts
from liftlock.lab.topology import topology

pytestmark = pytest.mark.lab

HOSTS = [host.name for host in topology("tiny").hosts]
UP = "from liftlock.lab.up import up; up()"
SETTLE = """
import json, sys
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.lab.tenants import Tenants
from liftlock.lab.up import setting
tenants = Tenants(setting(LabPlace.from_environment(), "2025.1", "tiny"))
print(tenants.settle(), file=sys.stderr)
print(json.dumps(tenants.describe(), default=str))
"""
DIES_AT = (12, 25)
"""Lines of output after which `up` is killed: while hosts are settled, while databases and services are made."""


class Lab:
    """One lab, and programs on it."""

    def __init__(self, place: LabPlace) -> None:
        self.place = place
        self.env = {
            **os.environ,
            "LIFTLOCK_LAB": str(place.state),
            "LIFTLOCK_CACHE": str(place.cache),
            "LIFTLOCK_LAB_PREFIX": place.prefix,
        }

    def up(self, dies_at: int | None = None) -> list[str]:
        """Lines `up` prints; killed without warning after the line of that number."""
        lines: list[str] = []
        command = [sys.executable, "-c", UP]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True) as started:
            assert started.stdout is not None
            for line in started.stdout:
                lines.append(line)
                if len(lines) == dies_at:
                    started.send_signal(signal.SIGKILL)
                    break
        assert dies_at or started.returncode == 0, "".join(lines)
        return lines

    def on_bastion(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A program on the bastion, ended."""
        return subprocess.run(
            bastion_command(self.place, command),
            env=bastion_environment(self.place, self.env),
            capture_output=True,
            text=True,
            check=False,
        )

    def openstack(self, *words: str) -> str:
        """What the plain client prints; a failure fails the test."""
        ended = self.on_bastion("openstack", *words)
        assert ended.returncode == 0, f"openstack {' '.join(words)}: {ended.stderr}"
        return ended.stdout

    def tenants(self) -> Any:
        """What tenants have, made if it was not there."""
        ended = self.on_bastion(sys.executable, "-c", SETTLE)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    folder = tempfile.mkdtemp(prefix="liftlock-cloud-", dir="/var/tmp")
    place = LabPlace(Path(folder, "state"), LabPlace.from_environment().cache, prefix="lc-")
    lab = Lab(place)
    try:
        # The first ones are killed: what they leave half done, the next must complete.
        for dies_at in DIES_AT:
            lab.up(dies_at)
        lab.up()
        yield lab
    finally:
        LabHosts(place).down()
        place.lock.unlink(missing_ok=True)
        Path(folder).rmdir()


def done(lines: list[str]) -> list[str]:
    """Lines that tell of something that was done to the cloud."""
    return [line for line in lines if ": " in line and not line.startswith(("image ", "release ", "host "))]


def test_up_on_a_healthy_cloud_changes_nothing(lab: Lab) -> None:
    assert done(lab.up()) == []


def test_every_answer_names_the_server_that_gave_it(lab: Lab) -> None:
    ca = str(lab.place.state / "ca.pem")
    for port in (5000, 9292, 8778, 8774, 9696, 8776, 8004):
        answer = lab.on_bastion("curl", "-sS", "-i", "--cacert", ca, f"https://10.77.0.9:{port}/")
        assert "x-served-by: blue" in answer.stdout.lower(), f"{port}: {answer.stdout} {answer.stderr}"


def test_the_front_door_is_nobodys_to_whom_the_labs_authority_is_unknown(lab: Lab) -> None:
    refused = lab.on_bastion("curl", "-sS", "https://10.77.0.9:5000/")
    assert refused.returncode == 60, refused.stderr


def test_horizon_lets_the_administrator_in(lab: Lab) -> None:
    script = f"""
import http.cookiejar, re, ssl, urllib.parse, urllib.request
tls = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile={str(lab.place.state / "ca.pem")!r}))
jar = http.cookiejar.CookieJar()
browser = urllib.request.build_opener(tls, urllib.request.HTTPCookieProcessor(jar))
page = browser.open("https://10.77.0.9/auth/login/").read().decode()
token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page).group(1)
password = open({str(lab.place.state / "secrets" / "admin")!r}).read()
form = dict(csrfmiddlewaretoken=token, username="admin", password=password, region="default", next="/identity/")
request = urllib.request.Request(
    "https://10.77.0.9/auth/login/", urllib.parse.urlencode(form).encode(), {{"Referer": "https://10.77.0.9/"}}
)
answer = browser.open(request)
assert "/auth/login" not in answer.url, answer.url
style = re.search(r'href="(/static/[^"]+\\.css)"', page).group(1)
assert browser.open("https://10.77.0.9" + style).status == 200
"""
    ended = lab.on_bastion(sys.executable, "-c", script)
    assert ended.returncode == 0, ended.stderr


def test_after_a_power_cut_of_all_hosts_everything_comes_up_by_itself_and_tenants_lost_nothing(
    lab: Lab,
) -> None:
    before = lab.tenants()
    hosts = LabHosts(lab.place)
    with ThreadPoolExecutor(len(HOSTS)) as hands:
        list(hands.map(hosts.power_off, HOSTS))
        list(hands.map(hosts.power_on, HOSTS))
    # It finds everything started, and may only have to wait until computes report.
    assert all("computes and agents report" in line for line in done(lab.up()))
    assert lab.tenants() == before
