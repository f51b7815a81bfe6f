"""Green's servers pass their health checks as long as they get requests."""

from __future__ import annotations

from liftlock.guards.duty import Duty, Look, Watched
from liftlock.plan.reason import Reason


def post(duty: Duty) -> Look:
    """Asks every balancer node."""

    def green_servers(watched: Watched) -> Reason | None:
        if not watched.servers:
            return None
        down = {
            (server.service, server.name)
            for node in duty.hands.balancer.look()
            for server in node.servers
            if not server.up and server.name in watched.servers.get(server.service, ())
        }
        if not down:
            return None
        names = ", ".join(f"{service} on {server}" for service, server in sorted(down))
        return Reason("green_servers", f"the balancer finds dead: {names}", fall_back=True)

    return green_servers
