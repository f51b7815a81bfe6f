"""Simulated hosts and their supervisor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock import ini
from liftlock.cloud.model import Host, Role, Unit
from liftlock.errors import StepFailed, Unreachable
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.queues import QUEUE_OPTIONS, SECTION
from liftlock.knowledge.surveyed_options import OPTIONS
from liftlock.ports.by_hand import ByHand
from liftlock.ports.services import Ending
from liftlock.sim.cloud import Life, hash_of
from liftlock.sim.faults import Kind
from liftlock.sim.keys import key_sets
from liftlock.sim.world import OLDEST_COMPUTE, SimHost, SimUnit, age, series_of

_PYTHON = "3.11.2"
_START_S = 2.0
_ASKS_FOR_COMPUTES = ("nova-conductor", "nova-scheduler")
_STOP_S = 5.0  # docs/measured.md: 1 s for uwsgi, 18 s for neutron-rpc-server


class SimHosts:
    """Keeps the `Hosts` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def names(self) -> tuple[str, ...]:
        """Every host, in the snapshot's order."""
        self._life.check()
        return tuple(self._life.cloud.hosts)

    def look(self, host: str) -> Host:
        """The host now; unreachable is a value."""
        known = self._life.cloud.hosts
        try:
            here = self._life.reach(host)
        except Unreachable as away:
            return Host(host, known[host].roles if host in known else (), reachable=False, problem=away.what)
        with self._life.cloud.lock:
            return replace(
                here.recorded_host or Host(here.name, here.roles, reachable=True),
                reachable=True,
                problem="",
                clock_offset_s=0.0,
                hostname=here.name,
                python=_PYTHON,
                system=here.system,
                boot_id=here.boot_id,
                cpus=here.cpus,
                memory_mib=here.memory_mib,
                memory_free_mib=here.memory_mib // 2,
                disk_free_mib=here.disk_free_mib,
                release=here.current,
                releases=tuple(sorted(here.releases)),
                versions=self._versions(here),
                units=tuple(_unit(name, unit) for name, unit in here.units.items()),
                strangers=here.strangers,
                configuration=self._configuration(here),
                key_sets=key_sets(here.files),
                queue_options=self._queue_options(here),
                options=self._options(here),
            )

    def _versions(self, here: SimHost) -> dict[str, str]:
        series = releases().get(series_of(here.current)) if here.current else None
        if series is None:
            return {}
        wanted = self._life.cloud.services if Role.CONTROL in here.roles else ("nova", "neutron")
        return {name: series.versions[name] for name in wanted if name in series.versions}

    def _queue_options(self, here: SimHost) -> dict[str, str]:
        found = {}
        for name in self._life.cloud.services:
            texts = [here.files.get(f"{d}/{name}.conf", "") for d in services()[name].configuration]
            told = {o: v for o in QUEUE_OPTIONS for text in texts if (v := ini.value(text, SECTION, o))}
            if told:
                found[name] = " ".join(f"{option}={value.lower()}" for option, value in sorted(told.items()))
        return found

    def _options(self, here: SimHost) -> dict[str, str]:
        """Those that were recorded, and what its files say now."""
        found = dict(here.recorded_host.options) if here.recorded_host else {}
        for name in self._life.cloud.services:
            for section, option in OPTIONS.get(name, ()):
                for directory in services()[name].configuration:
                    told = ini.value(here.files.get(f"{directory}/{name}.conf", ""), section, option)
                    if told is not None:
                        found[f"{name} [{section}] {option}"] = told
        return found

    def _configuration(self, here: SimHost) -> dict[str, str]:
        found = {}
        for name in self._life.cloud.services:
            hashes = [directory_hash(here, d) for d in services()[name].configuration]
            if any(hashes):
                found[name] = hashes[0] if len(hashes) == 1 else " ".join(hashes)
        return found


class SimServices:
    """Keeps the `Services` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def look(self, host: str, part: str) -> Unit | None:
        """The unit now, None if the host has none of that name."""
        here = self._life.reach(host)
        with self._life.cloud.lock:
            return _unit(part, here.units[part]) if part in here.units else None

    def look_at_all(self, host: str, parts: Sequence[str]) -> Mapping[str, Unit]:
        """The units there are now."""
        found = {part: self.look(host, part) for part in parts}
        return {part: unit for part, unit in found.items() if unit is not None}

    def start(self, host: str, part: str, *, at_boot: bool = True) -> None:
        """Start it with the code `current` points at; one that runs goes on with the code it has."""
        here, unit = self._unit(host, part)
        if unit.active and unit.enabled == at_boot:
            return
        if not here.current:
            raise StepFailed(
                f"{part} on {host}: there is no current release", hint=f"switch {host} to a release"
            )
        with self._life.change(f"start {part} on {host}"):
            unit.enabled = at_boot
            last_words = "" if unit.active else self._why_not(here, part)
            if not unit.active and not last_words:
                unit.active, unit.release, unit.restarts = True, here.current, 0
                if self._life.cloud.strikes(Kind.UNIT_CRASH_LOOPS, host, part):
                    unit.restarts = 5
        self._life.cloud.clock.sleep(_START_S)
        if last_words:
            raise StepFailed(
                f"{part} on {host} did not become active",
                now=f"{part} is stopped on {host}; its log ends: {last_words}",
                hint=f"read `journalctl -u {part}` on {host}, then `liftlock resume`",
            )

    def _why_not(self, here: SimHost, part: str) -> str:
        """The last line of the log of a unit that cannot start now; empty if it can."""
        cloud = self._life.cloud
        if cloud.strikes(Kind.UNIT_DOES_NOT_START, here.name, part):
            return "No local node identity found"
        # Seen: docs/measured.md, "too-old compute".
        floor = OLDEST_COMPUTE.get(series_of(here.current), "")
        if part in _ASKS_FOR_COMPUTES and any(
            age(series) < age(floor) for series in cloud.series_running("nova-compute")
        ):
            return f"TooOldComputeService: computes older than {floor}"
        return ""

    def stop(self, host: str, part: str) -> Ending | None:
        """Stop it and keep it off."""
        _, unit = self._unit(host, part)
        if not unit.active and not unit.enabled:
            return None
        ran = unit.active
        with self._life.change(f"stop {part} on {host}"):
            unit.enabled = False
            stays = unit.active and self._life.cloud.strikes(Kind.UNIT_DOES_NOT_STOP, host, part)
            if unit.active and not stays:
                unit.active, unit.stopped_at = False, self._life.cloud.clock.now()
        self._life.cloud.clock.sleep(_STOP_S)
        if stays:
            raise StepFailed(
                f"{part} on {host} is still there after its time to stop",
                now=f"{part} runs on {host} and will not start at the next boot",
                hint=f"see what it waits for (`systemctl status {part}` on {host}), then `liftlock resume`",
            )
        return Ending(_STOP_S) if ran else None

    def by_hand(self, parts: Sequence[str], *, on: bool) -> ByHand:
        """Words that `SimConsole` understands: simulated hosts have a `systemctl` of a few words."""
        units = " ".join(f"{part}.service" for part in parts)
        verb, word = ("enable", "active") if on else ("disable", "inactive")
        return ByHand(
            (f"systemctl {verb} --now {units}",), f"systemctl is-active {units}", f"`{word}` for each"
        )

    def _unit(self, host: str, part: str) -> tuple[SimHost, SimUnit]:
        here = self._life.reach(host)
        if part not in here.units:
            raise StepFailed(f"{host} has no unit {part}", hint="`liftlock assess` lists what runs where")
        return here, here.units[part]


def directory_hash(here: SimHost, directory: str) -> str:
    """Hash of a directory as a recorded cloud would show it; empty when it does not exist."""
    invented, recorded = here.recorded.get(directory, ("", ""))
    found = hash_of(here.files, directory)
    return recorded if recorded and found == invented else found


def _unit(name: str, unit: SimUnit) -> Unit:
    return Unit(name, unit.active, unit.enabled, unit.restarts, release=unit.release if unit.active else "")
