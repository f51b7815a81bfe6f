"""Green's servers pass their health checks as long as they get requests."""

from __future__ import annotations

from liftlock.guards.duty import Duty, Look, Watched
from liftlock.plan.reason import Reason


def post(duty: Duty) -> Look:
    """Asks every balancer node; a server must be found dead twice: one refused connection is enough for a balancer."""
    before: set[tuple[str, str]] = set()

    def green_servers(watched: Watched) -> Reason | None:
        down = _down(duty, watched)
        dead = down & before
        before.clear()
        before.update(down)
        if not dead:
            return None
        names = ", ".join(f"{service} on {server}" for service, server in sorted(dead))
        return Reason("green_servers", f"the balancer finds dead: {names}", fall_back=True)

    return green_servers


def _down(duty: Duty, watched: Watched) -> set[tuple[str, str]]:
    if not watched.servers:
        return set()
    return {
        (server.service, server.name)
        for node in duty.hands.balancer.look()
        for server in node.servers
        if not server.up and server.name in watched.servers.get(server.service, ())
    }
