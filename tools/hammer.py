"""Servers, made one after the other while something goes on: which of them did not come up, and what nova says of it.

Typed on the bastion, beside a run or a rollback; the prober's project needs room for them:

    liftlock lab exec -- openstack --os-cloud lab quota set --instances -1 --cores -1 --ram -1 --ports -1 probe
    liftlock lab exec -- python tools/hammer.py --every 1.2 --seconds 55 --out lost.json

A call between services that is lost shows a minute later: the server goes to ERROR with a `MessagingTimeout`, or stands
in BUILD while a compute host waits for its answer with a lock in its hand.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import openstack

PATIENCE_S = 150.0
"""How long the last of them may take: a lost call is given up after 60 s, and what waited for it goes on then."""


@dataclass
class Made:
    """One server."""

    name: str
    at: float
    states: list[tuple[float, str]] = field(default_factory=list)
    """(seconds after it was asked for, status), each when it was first seen."""
    fault: str = ""

    @property
    def came_up(self) -> bool:
        """Whether it was ever ACTIVE."""
        return any(status == "ACTIVE" for _, status in self.states)


class Hammer:
    """Makes servers and deletes those that came up."""

    def __init__(self, cloud: Any) -> None:
        self._cloud = cloud
        self._wish = {
            "image_id": cloud.image.find_image("probe-image").id,
            "flavor_id": cloud.compute.find_flavor("probe-flavor").id,
            "networks": [{"uuid": cloud.network.find_network("probe-net").id}],
        }
        self.made: dict[str, Made] = {}

    def make(self) -> None:
        """One more."""
        name, at = f"hammer-{len(self.made) + 1}", time.time()
        self.made[self._cloud.compute.create_server(name=name, **self._wish).id] = Made(name, at)

    def look(self) -> int:
        """See how they are, and delete those that are up. How many are neither up nor in ERROR."""
        waiting = 0
        for server in self._cloud.compute.servers():
            one = self.made.get(server.id)
            if one is None:
                continue
            if not one.states or one.states[-1][1] != server.status:
                one.states.append((round(time.time() - one.at, 1), server.status))
                if server.status == "ACTIVE":
                    self._cloud.compute.delete_server(server.id)
            waiting += not one.came_up and server.status != "ERROR"
        return waiting

    def lost(self) -> list[Made]:
        """Those that did not come up, with nova's words; they are deleted."""
        bad = {number: one for number, one in self.made.items() if not one.came_up}
        for number, one in bad.items():
            server = self._cloud.compute.find_server(number)
            one.fault = str((getattr(server, "fault", None) or {}).get("message", ""))
            self._cloud.compute.delete_server(number)
        return [*bad.values()]


def main() -> None:
    """Make them, wait for them, and write down what was lost."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--every", type=float, default=1.2, help="seconds between two")
    parser.add_argument("--seconds", type=float, default=55.0, help="how long")
    parser.add_argument("--out", type=Path, required=True, help="a JSON file")
    wanted = parser.parse_args()
    hammer = Hammer(openstack.connect(cloud="probe"))
    began = time.monotonic()
    while time.monotonic() < began + wanted.seconds:
        hammer.make()
        hammer.look()
        time.sleep(max(0.0, began + len(hammer.made) * wanted.every - time.monotonic()))
    deadline = time.monotonic() + PATIENCE_S
    while hammer.look() and time.monotonic() < deadline:
        time.sleep(1.0)
    lost = hammer.lost()
    wanted.out.write_text(
        json.dumps({"made": len(hammer.made), "lost": [asdict(one) for one in lost]}, indent=1)
    )
    print(f"{len(hammer.made)} made, {len(lost)} did not come up")


if __name__ == "__main__":
    main()
