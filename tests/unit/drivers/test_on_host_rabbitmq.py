"""What the broker's host makes of RabbitMQ's answers: the cluster's state and queues that nobody reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.brokers.rabbitmq import RabbitMq
from liftlock.drivers.on_host.rabbitmq import cluster
from tests.unit.drivers.local_shell import LocalShell

STATE: dict[str, Any] = {
    "alarms": [],
    "cluster_name": "rabbit@db1",
    "disk_nodes": ["rabbit@db1"],
    "feature_flags": [
        {"name": "quorum_queue", "state": "enabled"},
        {"name": "stream_queue", "state": "enabled"},
    ],
    "maintenance_status": {"rabbit@db1": "not under maintenance"},
    "partitions": {},
    "ram_nodes": [],
    "running_nodes": ["rabbit@db1"],
    "versions": {
        "rabbit@db1": {"erlang_version": "25.2.3", "rabbitmq_name": "RabbitMQ", "rabbitmq_version": "3.10.8"}
    },
}
DEFINITIONS: dict[str, Any] = {
    "vhosts": [{"name": "/"}, {"name": "heat"}],
    "policies": [
        {"vhost": "/", "name": "ha-all", "pattern": ".*", "definition": {"ha-mode": "all"}},
        {"vhost": "/", "name": "ttl", "pattern": ".*", "definition": {"message-ttl": 60000}},
    ],
    "users": [{"name": "openstack", "password_hash": "hunter2"}],
}
QUEUES = {
    "/": [
        {"name": "notifications.info", "messages": 120, "consumers": 0, "type": "rabbit_classic_queue"},
        {"name": "compute.cmp1", "messages": 0, "consumers": 1, "type": "rabbit_quorum_queue"},
        {"name": "gone", "messages": "", "consumers": "", "type": "classic"},
    ],
    "heat": [{"name": "engine", "messages": 3, "consumers": 0, "type": "classic"}],
}


@pytest.fixture
def broker(tmp_path: Path) -> RabbitMq:
    """A host whose `rabbitmqctl` answers as the one of 3.10 does."""
    answers = {
        "cluster_status": STATE,
        "export_definitions": DEFINITIONS,
        **{f"list_queues {v}": q for v, q in QUEUES.items()},
    }
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    program = tmp_path / "rabbitmqctl"
    program.write_text(
        "#!/usr/bin/env python3\nimport json, pathlib, sys\n"
        "words = [w for w in sys.argv[1:] if not w.startswith('-') and w != '60']\n"
        f"answers = json.loads(pathlib.Path({str(tmp_path / 'answers.json')!r}).read_text())\n"
        "key = f'list_queues {words[1]}' if words[0] == 'list_queues' else words[0]\n"
        "print(json.dumps(answers[key]))\n"
    )
    program.chmod(0o755)
    return RabbitMq(LocalShell(path=tmp_path), "db1")


def test_a_broker_tells_its_cluster_its_mirrors_and_queues_that_nobody_reads(broker: RabbitMq) -> None:
    seen = broker.look()
    assert seen.reachable, seen.problem
    assert (seen.version, seen.erlang) == ("3.10.8", "25.2.3")
    assert seen.versions == {"rabbit@db1": "3.10.8"}
    assert (seen.members, seen.running) == (("rabbit@db1",), ("rabbit@db1",))
    assert (seen.queues, seen.messages) == (4, 123)
    assert seen.queue_kinds == {"classic": 3, "quorum": 1}
    assert seen.mirroring == ("ha-all of /",)
    assert [(q.vhost, q.name, q.messages) for q in seen.unread] == [
        ("/", "notifications.info", 120),
        ("heat", "engine", 3),
    ]
    assert "hunter2" not in repr(seen)


def test_a_cluster_in_trouble_tells_it_in_words_and_the_version_of_its_oldest_node() -> None:
    told = cluster(
        {
            **STATE,
            "alarms": [
                {"node": "rabbit@db1", "resource": "memory", "type": "resource_limit"},
                "file_descriptor_limit",
            ],
            "disk_nodes": ["rabbit@db2", "rabbit@db1"],
            "partitions": {"rabbit@db1": ["rabbit@db2"], "rabbit@db2": []},
            "feature_flags": [
                {"name": "khepri_db", "state": "disabled", "stability": "experimental"},
                {"name": "stream_queue", "state": "disabled"},
            ],
            "versions": {
                "rabbit@db1": {"rabbitmq_version": "3.12.1", "erlang_version": "26"},
                "rabbit@db2": {"rabbitmq_version": "3.9.27", "erlang_version": "25"},
            },
        }
    )
    assert told["alarms"] == ["memory on rabbit@db1", "file_descriptor_limit"]
    assert (told["members"], told["running"]) == (["rabbit@db1", "rabbit@db2"], ["rabbit@db1"])
    assert told["partitions"] == ["rabbit@db1 does not see rabbit@db2"]
    assert told["flags_off"] == ["stream_queue"]
    assert (told["version"], told["erlang"]) == ("3.9.27", "25")
