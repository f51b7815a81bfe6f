"""The prober alone: silent while the lab is idle, and exact when one API dies."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import pytest

from tests.lab.story.operator import Operator, until

pytestmark = pytest.mark.lab

SERVICES = {"keystone", "glance", "placement", "nova", "neutron", "cinder", "heat", "horizon"}
IDLE_S = int(os.environ.get("LIFTLOCK_IDLE_S", "60"))
"""How long the idle lab is probed, in seconds; `make evidence` takes ten minutes."""
DEAD_S = 20.0

NEEDS_GLANCE = {"server create"}
"""Verbs of others that fail without glance: nova's API asks it for the image before it accepts a server."""

KILL = "systemctl kill --kill-whom=all --signal=KILL glance-api; systemctl stop glance-api"
"""No farewell to any connection; the second command only keeps systemd from starting it again after 2 s."""
SEES = (
    "echo 'show servers state glance' | socat stdio /run/haproxy/admin.sock | awk '$2==\"glance\"{print $6}'"
)
"""2 when the balancer sends requests to glance."""


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
    with the_lab.meanwhile("liftlock lab exec -- liftlock probe run --cloud probe --out dead") as prober:
        the_lab.bastion("liftlock probe await dead --good 150 --calm 5").well()
        killing = time.time()
        the_lab.on_host("ctl-blue", KILL)
        killed = time.time()
        time.sleep(max(0.0, killing + DEAD_S - time.time()))
        starting = time.time()
        the_lab.on_host("ctl-blue", "systemctl start glance-api")
        until(lambda: the_lab.on_host("lb1", SEES) == "2")
        back = time.time()
        the_lab.bastion("liftlock probe await dead --calm 10").well()
        prober.send_signal(signal.SIGTERM)
        prober.communicate(timeout=300)
    requests = [
        json.loads(line) for line in (the_lab.folder / "dead" / "requests.jsonl").read_text().splitlines()
    ]
    failures = [r for r in requests if r["outcome"] != "ok"]
    assert failures
    assert [r for r in failures if not (ended(r) >= killing and r["t"] <= back)] == []
    assert [r for r in failures if r["service"] != "glance" and r["verb"] not in NEEDS_GLANCE] == []
    while_dead = [
        r for r in requests if r["service"] == "glance" and killed <= r["t"] and ended(r) <= starting
    ]
    assert while_dead
    assert [r for r in while_dead if r["outcome"] == "ok"] == []


def ended(request: dict[str, Any]) -> float:
    """When its answer was complete, in seconds since the epoch."""
    return float(request["t"] + request["latency_ms"] / 1000)


def test_what_the_prober_made_is_gone(the_lab: Operator) -> None:
    kinds = ("server", "volume", "network", "image", "stack")
    told = the_lab.openstack(
        f"{kind} list{' --all-projects' * (kind in ('server', 'volume'))}" for kind in kinds
    )
    assert [line for line in told if "probe-2" in line] == []
