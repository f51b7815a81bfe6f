"""Requests that take long on purpose: they are under way while colours change."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.story.operator import Operator, until

UPLOAD = """
import hashlib, json, sys, time
import openstack

name, seconds = sys.argv[1], float(sys.argv[2])

class Slow:
    left = 1 << 18
    digest = hashlib.md5()
    pause = seconds / (left >> 13)
    def __len__(self): return self.left
    def read(self, size=-1):
        block = b"slow" * (min(8192, self.left) // 4)
        self.left -= len(block)
        self.digest.update(block)
        time.sleep(self.pause if block else 0)
        return block

images = openstack.connect(cloud="probe").image
made = images.post("/images", json={"name": name, "disk_format": "raw", "container_format": "bare"}).json()
print("begun", flush=True)
content = Slow()
answer = images.put(f"/images/{made['id']}/file", data=content, headers={"Content-Type": "application/octet-stream"})
image = images.get(f"/images/{made['id']}").json()
images.delete(f"/images/{made['id']}")
print(json.dumps({"status": answer.status_code, "image": image["status"],
                  "whole": image["checksum"] == content.digest.hexdigest(), "ended_at": time.time(),
                  "served_by": answer.headers.get("X-Served-By", "")}))
"""
"""An image, uploaded in so many seconds by one request."""


class Upload:
    """One that is under way."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running

    def ended(self) -> Any:
        """What became of it; waits for its end."""
        said, _ = self._running.communicate(timeout=900)
        return json.loads(said.splitlines()[-1])


@contextmanager
def upload(operator: Operator, name: str, seconds: float) -> Iterator[Upload]:
    """An upload that has begun when the block begins."""
    program = shlex.join([sys.executable, "-c", UPLOAD, name, str(seconds)])
    with operator.meanwhile(f"liftlock lab exec -- {program}") as running:
        assert running.stdout
        first = running.stdout.readline()
        assert first == "begun\n", first + running.stdout.read()
        yield Upload(running)


class LongStack:
    """A stack whose only resource takes its time to be made."""

    def __init__(self, operator: Operator, folder: Path, name: str, seconds: int) -> None:
        resource = {"type": "OS::Heat::TestResource", "properties": {"action_wait_secs": {"create": seconds}}}
        template = folder / f"{name}.json"
        template.write_text(
            json.dumps({"heat_template_version": "2018-08-31", "resources": {"slow": resource}})
        )
        self._operator = operator
        self.name = name
        operator.openstack([f"stack create -t {template} {name}"])

    def status(self) -> str:
        """`CREATE_IN_PROGRESS`, until it is made or failed."""
        (shown,) = self._operator.shown([f"stack show -f json -c stack_status {self.name}"])
        return str(shown["stack_status"])

    def ended(self) -> str:
        """Its status once nothing is in progress; it is deleted then."""
        seen: list[str] = []

        def at_rest() -> bool:
            seen.append(self.status())
            return not seen[-1].endswith("IN_PROGRESS")

        until(at_rest)
        self._operator.openstack([f"stack delete --wait -y {self.name}"])
        return seen[-1]
