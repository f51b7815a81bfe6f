"""Which series a cloud runs, judged by what is installed and not by what anything is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from liftlock.cloud.model import Cloud, Host, Role
from liftlock.errors import BadInput
from liftlock.knowledge.catalogue import Series, releases, services
from liftlock.knowledge.microversions import series_by_microversion
from liftlock.knowledge.placing import series_of


def series_by_deliverable(host: Host) -> Mapping[str, str | None]:
    """Service installed on a host -> its series, None when no known series has that version."""
    return {name: _series(name, version) for name, version in host.versions.items() if name in services()}


def series_of_host(host: Host) -> tuple[str, ...]:
    """The known series of what a host runs, oldest first: one when all is well, none when nothing is known."""
    return _oldest_first(s for s in series_by_deliverable(host).values() if s)


def series_of_cloud(cloud: Cloud) -> str | None:
    """The series of the control plane: the oldest that a control host runs; None when none is known.

    Where hosts could not all be asked for want of a cloud file, it is what nova's newest microversion tells.
    """
    declared = cloud.hosts and not cloud.not_asked
    return next(iter(control_mix(cloud)), None) or (None if declared else series_from_outside(cloud))


def series_from_outside(cloud: Cloud) -> str | None:
    """The known series that has nova's newest microversion as its own; None when there is none."""
    return next((s for s in series_by_microversion(cloud.compute.microversion) if s in releases()), None)


def control_mix(cloud: Cloud) -> Mapping[str, tuple[str, ...]]:
    """Series -> control hosts that run something of it, oldest series first: one entry when all is well."""
    return _mix(cloud.hosts_with(Role.CONTROL))


def compute_mix(cloud: Cloud) -> Mapping[str, tuple[str, ...]]:
    """Series -> compute hosts that run something of it, oldest series first."""
    return _mix(cloud.hosts_with(Role.COMPUTE))


def point_mix(cloud: Cloud) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Service -> version -> control hosts that have it, only for services of which there are several versions."""
    found: dict[str, dict[str, list[str]]] = {}
    for host in cloud.hosts_with(Role.CONTROL):
        for name, version in host.versions.items():
            if name in services():
                found.setdefault(name, {}).setdefault(version, []).append(host.name)
    return {
        name: {version: tuple(hosts) for version, hosts in sorted(versions.items())}
        for name, versions in sorted(found.items())
        if len(versions) > 1
    }


def series_named(word: str) -> Series:
    """The series an operator names by number or name (`2026.1`, `gazpacho`); raises `BadInput` if unknown."""
    for series in releases().values():
        if word.lower() in (series.id, series.name):
            return series
    raise BadInput(
        f"liftlock does not know the series `{word}`",
        hint=f"name one of {', '.join(f'{s.id} ({s.name})' for s in releases().values())}",
    )


def way(source: str, target: str) -> tuple[str, ...]:
    """Series to go through from `source` to `target`, both included, with the fewest hops; empty if there is none."""
    ways: list[tuple[str, ...]] = [(source,)]
    seen = {source}
    while ways:
        if ways[0][-1] == target:
            return ways[0]
        reached = [s.id for s in releases().values() if ways[0][-1] in s.follows and s.id not in seen]
        seen.update(reached)
        ways = [*ways[1:], *((*ways[0], step) for step in reached)]
    return ()


def next_series(source: str) -> str | None:
    """The newest released series that one hop reaches from `source`; None when liftlock knows none."""
    newest_first = reversed(list(releases().values()))
    return next((s.id for s in newest_first if source in s.follows and s.complete), None)


def _series(deliverable: str, version: str) -> str | None:
    try:
        return series_of(deliverable, version)
    except ValueError:
        # `series_of` wants a number in front; what pip wrote may be `unknown`.
        return None


def _mix(hosts: Iterable[Host]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for host in hosts:
        for series in series_of_host(host):
            found.setdefault(series, []).append(host.name)
    return {series: tuple(found[series]) for series in _oldest_first(found)}


def _oldest_first(found: Iterable[str]) -> tuple[str, ...]:
    order = list(releases())
    return tuple(sorted(set(found), key=order.index))
