"""The prober alone: silent while the lab is idle, and exact when one API dies."""

from __future__ import annotations

import json
import os
import shlex
import signal
from itertools import pairwise
from typing import Any

import pytest

from tests.lab.story.operator import Operator

pytestmark = pytest.mark.lab

SERVICES = {"keystone", "glance", "placement", "nova", "neutron", "cinder", "heat", "horizon"}
IDLE_S = int(os.environ.get("LIFTLOCK_IDLE_S", "60"))
"""How long the idle lab is probed, in seconds; `make evidence` takes ten minutes."""
DEAD_S = 20.0

NEEDS_GLANCE = {"server create"}
"""Verbs of others that fail without glance: nova's API asks it for the image before it accepts a server."""

OUTAGE = """
import http.client, json, subprocess, sys, time
address, wait_s = sys.argv[1], float(sys.argv[2])
def systemctl(*words): subprocess.run(["systemctl", *words], check=True)
def answers():
    try:
        connection = http.client.HTTPConnection(address, timeout=5)
        connection.request("GET", "/")
        return bool(connection.getresponse().status)
    except OSError:
        return False
# No farewell to any connection; `stop` only keeps systemd from starting it again after 2 s.
killed = time.time()
systemctl("kill", "--kill-whom=all", "--signal=KILL", "glance-api")
dead = time.time()
systemctl("stop", "glance-api")
time.sleep(max(0.0, killed + wait_s - time.time()))
starting = time.time()
systemctl("start", "glance-api")
while not answers():
    time.sleep(0.02)
print(json.dumps({"killed": killed, "dead": dead, "starting": starting, "answers": time.time()}))
"""
"""On its host: kills glance's API, starts it after some seconds, and tells when it answered again."""
SEES = """
import json, socket, time
def up():
    with socket.socket(socket.AF_UNIX) as admin:
        admin.connect("/run/haproxy/admin.sock")
        admin.sendall(b"show servers state glance\\n")
        lines = admin.makefile().read().splitlines()
    return any(l.split()[5] == "2" for l in lines if l.split()[1:2] == ["glance"])
while up():
    time.sleep(0.02)
gone = time.time()
while not up():
    time.sleep(0.02)
print(json.dumps({"gone": gone, "back": time.time()}))
"""
"""On the balancer: tells when it stopped sending requests to glance, and when it began again."""
ADDRESS = "awk '/^backend glance/{f=1} f && $1==\"server\"{print $3; exit}' /etc/haproxy/haproxy.cfg"


def test_nothing_fails_on_the_idle_lab(the_lab: Operator) -> None:
    probing = f"liftlock probe run --cloud probe --seconds {IDLE_S} --out idle"
    the_lab.bastion(probing, patience_s=IDLE_S + 600).well()
    told: dict[str, Any] = json.loads((the_lab.folder / "idle" / "summary.json").read_text())
    assert told["requests_failed"] == 0, told["failures"]
    assert told["writes"]["findings"] == []
    assert told["unfinished"] == []
    assert told["not_probed"] == []
    assert told["requests_per_s"] >= 10
    assert set(told["services"]) == SERVICES
    ways = {name: count["total"] for name, count in told["connections"].items()}
    assert min(ways["new"], ways["reused"]) >= sum(ways.values()) / 4


def test_a_dead_api_is_reported_for_as_long_as_it_is_dead_and_no_other(the_lab: Operator) -> None:
    address = the_lab.on_host("lb1", ADDRESS)
    # How long glance needs to start, so that it is dead for twenty seconds and not for twenty and its start.
    once = json.loads(the_lab.on_host("ctl-blue", python(OUTAGE, address, "1")))
    start_s = once["answers"] - once["starting"]
    with the_lab.meanwhile("liftlock lab exec -- liftlock probe run --cloud probe --out dead") as prober:
        the_lab.bastion("liftlock probe await dead --good 150 --calm 5").well()
        with the_lab.meanwhile(the_lab.line_on_host("lb1", python(SEES))) as balancer:
            told = json.loads(
                the_lab.on_host("ctl-blue", python(OUTAGE, address, f"{max(1.0, DEAD_S - start_s)}"))
            )
            seen = json.loads(balancer.communicate(timeout=300)[0])
        the_lab.bastion("liftlock probe await dead --calm 10").well()
        prober.send_signal(signal.SIGTERM)
        prober.communicate(timeout=300)
    log = (the_lab.folder / "dead" / "requests.jsonl").read_text()
    requests = [json.loads(line) for line in log.splitlines()]
    failures = [r for r in requests if r["outcome"] != "ok"]
    (the_lab.folder / "dead" / "outage.json").write_text(json.dumps({**told, **seen}))
    assert failures
    # Not one before the kill, and not one after the balancer sent requests to glance again.
    assert [r for r in failures if not (ended(r) >= told["killed"] and r["t"] <= seen["back"])] == []
    assert [r for r in failures if r["service"] != "glance" and r["verb"] not in NEEDS_GLANCE] == []
    # Every one in between.
    glance = [r for r in requests if r["service"] == "glance"]
    while_dead = [r for r in glance if told["dead"] <= r["t"] and ended(r) <= told["answers"]]
    assert while_dead
    assert [r for r in while_dead if r["outcome"] == "ok"] == []
    # And the summary says so: the outage is as long as glance was away, to the next request on either side.
    summary = json.loads((the_lab.folder / "dead" / "summary.json").read_text())
    away = seen["back"] - told["killed"]
    apart = max(b["t"] - a["t"] for a, b in pairwise(sorted(glance, key=lambda r: r["t"])))
    assert abs(summary["services"]["glance"]["outage_s"] - away) <= 2 * apart


def python(program: str, *arguments: str) -> str:
    """A shell command that runs the program."""
    return shlex.join(["python3", "-c", program, *arguments])


def ended(request: dict[str, Any]) -> float:
    """When its answer was complete, in seconds since the epoch."""
    return float(request["t"] + request["latency_ms"] / 1000)


def test_what_the_prober_made_is_gone(the_lab: Operator) -> None:
    kinds = ("server", "volume", "network", "image", "stack")
    told = the_lab.openstack(
        f"{kind} list{' --all-projects' * (kind in ('server', 'volume'))}" for kind in kinds
    )
    assert [line for line in told if "probe-2" in line] == []
