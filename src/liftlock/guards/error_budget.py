"""No more requests fail than the cloud's owners allow."""

from __future__ import annotations

from liftlock.guards.duty import Budget, Duty, Look, Watched
from liftlock.plan.reason import Reason

SILENT_S = 60.0
"""After so many seconds without a line the prober is taken for dead; it asks several times a second."""


def post(duty: Duty) -> Look | None:
    """Counts what the prober logged since the run was last set going."""
    return None if duty.budget is None else _counting(duty.budget)


def _counting(budget: Budget) -> Look:
    def error_budget(watched: Watched) -> Reason | None:
        failed = budget.failed_since(watched.since)
        if len(failed) <= budget.at_most:
            silent = budget.silent_s() > SILENT_S
            return (
                Reason("error_budget", "the prober logs nothing: nobody counts failures") if silent else None
            )
        count = "1 request" if len(failed) == 1 else f"{len(failed)} requests"
        said = f"{count} failed, {budget.at_most} may; the first: {failed[0]}"
        return Reason("error_budget", said, rollback=budget.rollback)

    return error_budget
