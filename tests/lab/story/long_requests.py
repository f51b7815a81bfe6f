"""Requests that take long on purpose: they are under way while colours change."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

from tests.lab.story.operator import Operator, until

UPLOAD = """
import hashlib, json, os, sys, time
import openstack

name, release = sys.argv[1:]

class Slow:
    size, sent = 1 << 16, 0
    digest = hashlib.md5()
    def __len__(self): return self.size - self.sent
    def read(self, size=-1):
        held = not os.path.exists(release) and self.sent < self.size // 2
        block = b"slow" * (8 if held else min(8192, len(self)) // 4)
        self.sent += len(block)
        self.digest.update(block)
        if held:
            time.sleep(0.5)
        return block

images = openstack.connect(cloud="probe").image
made = images.post("/images", json={"name": name, "disk_format": "raw", "container_format": "bare"}).json()
print("begun", flush=True)
content = Slow()
answer = images.put(f"/images/{made['id']}/file", data=content, headers={"Content-Type": "application/octet-stream"})
ended_at = time.time()
image = images.get(f"/images/{made['id']}").json()
images.delete(f"/images/{made['id']}")
print(json.dumps({"status": answer.status_code, "image": image["status"],
                  "whole": image["checksum"] == content.digest.hexdigest(), "ended_at": ended_at,
                  "served_by": answer.headers.get("X-Served-By", "")}))
"""
"""An image, uploaded by one request that goes on until a file is there (at the longest for eight minutes)."""


class Upload:
    """One that is under way."""

    def __init__(self, running: subprocess.Popen[str], release: Path) -> None:
        self._running = running
        self._release = release

    def let_end_in(self, seconds: float) -> None:
        """It goes on for so long from now on, and ends then."""
        Timer(seconds, self._release.touch).start()

    def ended(self) -> Any:
        """What became of it; waits for its end."""
        said, _ = self._running.communicate(timeout=900)
        return json.loads(said.splitlines()[-1])


@contextmanager
def upload(operator: Operator, name: str) -> Iterator[Upload]:
    """An upload that has begun when the block begins."""
    release = operator.folder / f"{name}.release"
    program = shlex.join([sys.executable, "-c", UPLOAD, name, str(release)])
    with operator.meanwhile(f"liftlock lab exec -- {program}") as running:
        assert running.stdout
        first = running.stdout.readline()
        assert first == "begun\n", first + running.stdout.read()
        yield Upload(running, release)


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
