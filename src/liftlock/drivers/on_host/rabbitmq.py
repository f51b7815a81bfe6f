"""On the broker's host: what RabbitMQ says of itself, and virtual hosts made like others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from typing import Any

BELONGINGS = ("permissions", "topic_permissions", "policies", "parameters")
"""What a virtual host has beside its queues, by the names of a definitions file; limits are parameters."""
Row = dict[str, Any]
KINDS = {"rabbit_classic_queue": "classic", "rabbit_quorum_queue": "quorum", "rabbit_stream_queue": "stream"}
"""A queue's type as RabbitMQ calls its module -> as operators do."""
UNREAD = 500
"""As many queues without a reader are told."""


def rabbitmqctl(*words: str, told: str = "") -> str:
    """What it prints, told something on standard input."""
    command = ["rabbitmqctl", "--quiet", "--timeout", "60", *words]
    try:
        ended = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit("rabbitmqctl is not installed")
    if ended.returncode != 0:
        complaints = [x for x in (ended.stdout + ended.stderr).splitlines() if x.strip()]
        sys.exit(
            f"RabbitMQ does not do `{words[0]}`: {complaints[0] if complaints else 'it printed nothing'}"
        )
    return ended.stdout


def listed(*words: str) -> Any:
    """Its answer, read from JSON."""
    return json.loads(rabbitmqctl(*words, "--formatter", "json"))


def vhosts() -> list[str]:
    """Names of the virtual hosts."""
    return [entry["name"] for entry in listed("list_vhosts", "name")]


def queues(vhost: str, *columns: str) -> list[dict[str, Any]]:
    """Name and messages (and more) of every queue; a queue whose node is down tells no number."""
    found: list[dict[str, Any]] = listed("list_queues", "-p", vhost, "name", "messages", *columns)
    return found


def look() -> dict[str, object]:
    """The cluster's state, policies that mirror, and its queues: as few starts of the command line as can be."""
    state, declared = listed("cluster_status"), definitions()
    every = [
        {**queue, "vhost": row["name"]}
        for row in declared["vhosts"]
        for queue in queues(row["name"], "consumers", "type")
    ]
    return {
        **cluster(state),
        "queues": len(every),
        "messages": sum(int(q["messages"] or 0) for q in every),
        "mirroring": mirroring(declared),
        "queue_kinds": kinds(every),
        "unread": unread(every),
    }


def cluster(state: Row) -> Row:
    """Versions, nodes, partitions, alarms and feature flags of `cluster_status` (RabbitMQ 3.10)."""
    versions = list((state.get("versions") or {}).values()) or [listed("status")]
    # An older node decides what the cluster can do.
    oldest = min(versions, key=lambda v: numbers(v.get("rabbitmq_version", "")))
    return {
        "version": oldest.get("rabbitmq_version", ""),
        "erlang": oldest.get("erlang_version", ""),
        "versions": {
            node: v.get("rabbitmq_version", "") for node, v in (state.get("versions") or {}).items()
        },
        "members": sorted([*state.get("disk_nodes", []), *state.get("ram_nodes", [])]),
        "running": sorted(state.get("running_nodes", [])),
        "partitions": [
            f"{node} does not see {', '.join(lost)}"
            for node, lost in sorted(pairs(state.get("partitions")))
            if lost
        ],
        "alarms": [alarm(found) for found in state.get("alarms", [])],
        "flags_off": sorted(
            flag["name"]
            for flag in state.get("feature_flags", [])
            if flag["state"] == "disabled" and flag.get("stability", "stable") == "stable"
        ),
    }


def pairs(found: Any) -> list[tuple[str, list[str]]]:
    """A mapping's pairs; RabbitMQ writes an empty one as an empty list."""
    return list(found.items()) if isinstance(found, dict) else []


def alarm(found: Any) -> str:
    """`memory on rabbit@db1`."""
    if not isinstance(found, dict):
        return str(found)
    node = found.get("node", "")
    return str(found.get("resource") or found.get("type") or found) + (f" on {node}" if node else "")


def numbers(version: str) -> list[int]:
    """A version to compare."""
    return [int(word) for word in re.findall(r"\d+", version)]


def mirroring(declared: dict[str, list[Row]]) -> list[str]:
    """Policies that mirror classic queues: RabbitMQ 4 has no mirrors any more."""
    return [
        f"{row['name']} of {row['vhost']}"
        for row in declared.get("policies", [])
        if "ha-mode" in row.get("definition", {})
    ]


def kinds(every: list[Row]) -> dict[str, int]:
    """Type of queues -> how many there are."""
    return dict(
        sorted(Counter(KINDS.get(str(q.get("type", "")), str(q.get("type", ""))) for q in every).items())
    )


def unread(every: list[Row]) -> list[Row]:
    """Queues that nobody reads, those with most messages first."""
    silent = [q for q in every if q["consumers"] == 0]
    silent.sort(key=lambda q: (-int(q["messages"] or 0), q["vhost"], q["name"]))
    return [
        {"vhost": q["vhost"], "name": q["name"], "messages": int(q["messages"] or 0)} for q in silent[:UNREAD]
    ]


def exists(vhost: str) -> bool:
    """Whether the virtual host is there."""
    return vhost in vhosts()


def consumers(vhost: str) -> dict[str, int]:
    """Queue -> how many consumers it has; none without such a virtual host."""
    try:
        found = listed("list_queues", "-p", vhost, "name", "consumers")
    except SystemExit:
        # Asked only now: whoever waits for consumers asks again and again, and the command line starts slowly.
        if exists(vhost):
            raise
        return {}
    return {queue["name"]: int(queue["consumers"] or 0) for queue in found}


def definitions() -> dict[str, list[Row]]:
    """All that is declared on the broker, in one call: the command line takes seconds to start on a busy host."""
    found: dict[str, list[Row]] = json.loads(rabbitmqctl("export_definitions", "-", "--format", "json"))
    return found


def belongings(declared: dict[str, list[Row]], vhost: str) -> dict[str, list[Row]]:
    """Everything a virtual host has beside its queues, without its own name."""
    found = {}
    for kind in BELONGINGS:
        rows = [plain(row) for row in declared.get(kind, []) if row.get("vhost") == vhost]
        found[kind] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return found


def plain(row: Row) -> Row:
    """A row without its virtual host; RabbitMQ 3.10 exports what operators' policies define as a list of pairs."""
    value = row.get("value")
    if isinstance(value, dict) and isinstance(value.get("definition"), list):
        row = {**row, "value": {**value, "definition": dict(value["definition"])}}
    return {k: v for k, v in row.items() if k != "vhost"}


def removal_of(kind: str, vhost: str, row: Row) -> list[str]:
    """The command that takes one of its belongings from a virtual host."""
    if kind == "permissions":
        return ["clear_permissions", "-p", vhost, row["user"]]
    if kind == "topic_permissions":
        return ["clear_topic_permissions", "-p", vhost, row["user"], row["exchange"]]
    if kind == "policies":
        return ["clear_policy", "-p", vhost, row["name"]]
    if row["component"] == "operator_policy":
        return ["clear_operator_policy", "-p", vhost, row["name"]]
    if row["component"] == "vhost-limits":
        return ["clear_vhost_limits", "-p", vhost]
    return ["clear_parameter", "-p", vhost, row["component"], row["name"]]


def ensure(vhost: str, like: str) -> dict[str, int]:
    """Make the virtual host, and give it what `like` has; compared afterwards."""
    declared = definitions()
    known = {row["name"]: row for row in declared["vhosts"]}
    if like not in known:
        sys.exit(f"the broker has no virtual host {like}")
    wanted, now = belongings(declared, like), belongings(declared, vhost)
    if vhost in known and now == wanted:
        return {kind: len(rows) for kind, rows in wanted.items()}
    for kind in BELONGINGS:
        for row in now[kind]:
            if row not in wanted[kind]:
                rabbitmqctl(*removal_of(kind, vhost, row))
    new: dict[str, Any] = {
        kind: [{**row, "vhost": vhost} for row in rows if row not in now[kind]]
        for kind, rows in wanted.items()
    }
    # The type that queues get when nobody says (RabbitMQ 3.11 and newer) must be the same too.
    ways = known[like].get("metadata") or {}
    metadata = {k: v for k, v in ways.items() if k == "default_queue_type"}
    new["vhosts"] = (
        [] if vhost in known else [{"name": vhost, **({"metadata": metadata} if metadata else {})}]
    )
    rabbitmqctl("import_definitions", told=json.dumps(new))
    now = belongings(definitions(), vhost)
    if now != wanted:
        different = next(kind for kind in BELONGINGS if now[kind] != wanted[kind])
        sys.exit(f"the {different} of the virtual host {vhost} did not become those of {like}")
    return {kind: len(rows) for kind, rows in wanted.items()}


def remove(vhost: str) -> None:
    """Delete the virtual host, if it is there."""
    if exists(vhost):
        rabbitmqctl("delete_vhost", vhost)


def main(*, verb: str, **wish: str) -> None:
    """Do it, and print what came of it."""
    verbs: dict[str, Any] = {
        "look": look,
        "exists": exists,
        "consumers": consumers,
        "ensure": ensure,
        "remove": remove,
    }
    print(json.dumps(verbs[verb](**wish)))
