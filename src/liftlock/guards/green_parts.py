"""What was started on green's hosts runs there, and was not started again by its supervisor."""

from __future__ import annotations

from liftlock.errors import Unreachable
from liftlock.guards.duty import Duty, Look, Watched
from liftlock.plan.reason import Reason


def post(duty: Duty) -> Look:
    """Asks the supervisor of each of green's hosts; the count of restarts that it finds first is the ordinary one."""
    ordinary: dict[tuple[float, str, str], int] = {}

    def green_parts(watched: Watched) -> Reason | None:
        wrong, silent = [], None
        for host, parts in watched.parts.items():
            try:
                units = duty.hands.services.look_at_all(host, parts)
            except Unreachable as problem:
                silent = problem
                continue
            for part in parts:
                unit = units.get(part)
                if unit is None or not unit.active:
                    wrong.append(f"{part} on {host} does not run")
                elif unit.restarts > ordinary.setdefault((watched.since, host, part), unit.restarts):
                    wrong.append(f"{part} on {host} died and was started again")
        if silent and not wrong:
            raise silent
        return Reason("green_parts", "; ".join(wrong), fall_back=True) if wrong else None

    return green_parts
