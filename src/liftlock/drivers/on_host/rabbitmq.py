"""On the broker's host: what RabbitMQ says of itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def rabbitmqctl(*words: str) -> Any:
    """Its answer, read from JSON."""
    command = ["rabbitmqctl", "--quiet", "--timeout", "30", *words, "--formatter", "json"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit("rabbitmqctl is not installed")
    if ended.returncode != 0:
        complaints = [x for x in (ended.stdout + ended.stderr).splitlines() if x.strip()]
        sys.exit(f"RabbitMQ does not answer: {complaints[0] if complaints else 'it printed nothing'}")
    return json.loads(ended.stdout)


def main() -> None:
    """Print version, queues and messages."""
    version = rabbitmqctl("status")["rabbitmq_version"]
    vhosts = [entry["name"] for entry in rabbitmqctl("list_vhosts", "name")]
    queues = [q for vhost in vhosts for q in rabbitmqctl("list_queues", "-p", vhost, "name", "messages")]
    # A queue whose node is down tells no number.
    messages = sum(int(queue["messages"] or 0) for queue in queues)
    print(json.dumps({"version": version, "queues": len(queues), "messages": messages}))
