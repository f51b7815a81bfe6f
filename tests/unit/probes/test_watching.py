"""When a prober's log says that the cloud is well."""

from __future__ import annotations

import pytest

from liftlock.probes.log import Entry
from liftlock.probes.watching import settled


def request(t: float, outcome: str = "ok") -> Entry:
    return Entry(t, "nova", "server list", "GET", "/servers", 200, 10.0, "blue", "new", outcome)


LOG = [request(float(t)) for t in range(10)]


@pytest.mark.parametrize(
    ("log", "good", "quiet_s", "expected"),
    [
        (LOG, 10, 5.0, True),
        (LOG, 11, 5.0, False),
        (LOG, 5, 20.0, False),
        ([*LOG[:8], request(8.0, "status: 503"), LOG[9]], 5, 5.0, False),
        ([request(0.0, "status: 503"), *LOG[1:]], 5, 5.0, True),
        ([], 0, 0.0, False),
    ],
)
def test_a_log_is_settled_when_enough_went_well_and_nothing_failed_lately(
    log: list[Entry], good: int, quiet_s: float, expected: bool
) -> None:
    assert settled(log, good=good, quiet_s=quiet_s) is expected
