"""What users felt, in numbers, from the lines of a log: pure functions.

**Outage seconds** of a service: its requests in the order of their *start*. An interval opens at the start
of a failed request when none is open, and closes at the start of the next request that is ok. A service
that is still failing at the end is out until the last of its requests ended. The outage is the sum of the
intervals. A request that hangs for 30 s while later ones are ok costs only the time until the next start.

**Worst gap** of a service: the longest time during which no ok answer of it was *completed*; from one ok
completion to the next, and from the service's first start to the first, and from the last to its last end.
With N requests per second and nothing wrong it is about 1/N s plus the latency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil, inf

from liftlock.probes.log import Entry, by_start

Numbers = dict[str, object]


def summarize(entries: Iterable[Entry], since: float = -inf, until: float = inf) -> Numbers:
    """Everything about the requests that started in `[since, until)` (epoch seconds)."""
    chosen = by_start(entry for entry in entries if since <= entry.t < until)
    failed = [entry for entry in chosen if entry.failed]
    first = chosen[0].t if chosen else None
    last = max((entry.ended for entry in chosen), default=None)
    paced = [entry for entry in chosen if entry.phase == "run"]
    seconds = paced[-1].t - paced[0].t if len(paced) > 1 else 0.0
    return {
        "from": first,
        "to": last,
        "requests_total": len(chosen),
        "requests_failed": len(failed),
        "requests_per_s": round(len(paced) / seconds, 2) if seconds else 0.0,
        "late_worst_ms": max((entry.late_ms for entry in chosen), default=0.0),
        "reopened": sum(entry.reopened for entry in chosen),
        "connections": tally((entry.connection, entry) for entry in chosen),
        "backends": tally((entry.backend or "unknown", entry) for entry in chosen),
        "services": {service: of_service(lines) for service, lines in by_service(chosen).items()},
        "failures": [
            {
                "t": entry.t,
                "service": entry.service,
                "verb": entry.verb,
                "reason": entry.outcome,
                "phase": entry.phase,
                "backend": entry.backend,
                "connection": entry.connection,
                "request_id": entry.request_id,
            }
            for entry in failed
        ],
    }


def by_service(entries: Iterable[Entry]) -> Mapping[str, list[Entry]]:
    """The entries of each service, in their order."""
    services: dict[str, list[Entry]] = {}
    for entry in entries:
        services.setdefault(entry.service, []).append(entry)
    return dict(sorted(services.items()))


def of_service(entries: Sequence[Entry]) -> Numbers:
    """One service's numbers; `entries` are all its own, by start, and at least one."""
    failures = [entry.t for entry in entries if entry.failed]
    spans = outages(entries)
    latencies = sorted(entry.latency_ms for entry in entries)
    return {
        "total": len(entries),
        "failed": len(failures),
        "first_failure": failures[0] if failures else None,
        "last_failure": failures[-1] if failures else None,
        "outage_s": round(sum(end - begin for begin, end in spans), 3),
        "outages": [{"from": begin, "to": end} for begin, end in spans],
        "worst_gap_ms": round(worst_gap_ms(entries), 1),
        "p50_ms": percentile(latencies, 50),
        "p95_ms": percentile(latencies, 95),
        "max_ms": latencies[-1],
        "reasons": dict(Counter(entry.outcome.partition(":")[0] for entry in entries if entry.failed)),
        "backends": tally((entry.backend or "unknown", entry) for entry in entries),
    }


def outages(entries: Sequence[Entry]) -> list[tuple[float, float]]:
    """The intervals in which a service failed (see above), in epoch seconds; `entries` by start."""
    spans: list[tuple[float, float]] = []
    begin: float | None = None
    for entry in entries:
        if entry.failed and begin is None:
            begin = entry.t
        elif not entry.failed and begin is not None:
            spans.append((begin, entry.t))
            begin = None
    if begin is not None:
        spans.append((begin, max(entry.ended for entry in entries)))
    return spans


def worst_gap_ms(entries: Sequence[Entry]) -> float:
    """The longest time without an ok answer (see above), in ms."""
    good = sorted(entry.ended for entry in entries if not entry.failed)
    moments = [min(entry.t for entry in entries), *good, max(entry.ended for entry in entries)]
    return max(later - earlier for earlier, later in pairwise(moments)) * 1000


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of them do not exceed (nearest rank).

    >>> percentile([10.0, 20.0, 30.0, 40.0], 50)
    20.0
    """
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def tally(named: Iterable[tuple[str, Entry]]) -> dict[str, dict[str, int]]:
    """Name → how many requests, and how many of them failed."""
    counts: dict[str, dict[str, int]] = {}
    for name, entry in named:
        count = counts.setdefault(name, {"total": 0, "failed": 0})
        count["total"] += 1
        count["failed"] += entry.failed
    return dict(sorted(counts.items()))


def lines_of(numbers: Numbers) -> Iterator[str]:
    """A summary for people, a line per service."""
    yield f"{numbers['requests_total']} requests, {numbers['requests_failed']} failed"
    services = numbers["services"]
    assert isinstance(services, dict)
    for name, one in services.items():
        yield (
            f"  {name:<10} {one['total']:>6} requests {one['failed']:>5} failed"
            f"  out {one['outage_s']:>7} s  worst gap {one['worst_gap_ms']:>9} ms  p95 {one['p95_ms']:>8} ms"
        )
