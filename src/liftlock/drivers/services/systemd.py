"""Parts as systemd units of the same name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from liftlock.blots import blotted
from liftlock.cloud.model import Unit
from liftlock.drivers.on_host import ask
from liftlock.errors import StepFailed, Unreachable
from liftlock.ports.by_hand import ByHand
from liftlock.ports.clock import Clock
from liftlock.ports.services import Ending
from liftlock.ports.shell import Shell

_PAUSE_S = 0.5
_GRACE_S = 15.0
"""Added to systemd's own time-outs: it needs a moment to kill and to tell."""
_LONGEST_S = 900.0
"""How long we wait for a unit whose own time-out is infinite."""
_LOG_LINES = 5
_BROKERS = (5672, 5671)
"""Ports of RabbitMQ, plain and with TLS."""
_TRIES = 3
"""How often systemd is asked: while it starts itself anew it answers nobody for a moment."""
_PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "NRestarts",
    "Result",
    "ControlGroup",
    "TimeoutStartUSec",
    "TimeoutStopUSec",
)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class SystemdServices:
    """Keeps the `Services` port; raises `Unreachable` when a host answers and its systemd does not."""

    def __init__(self, shell: Shell, clock: Clock) -> None:
        self._shell = shell
        self._clock = clock

    def look(self, host: str, part: str) -> Unit | None:
        """The unit now."""
        seen = self._show(host, part)
        return _unit(part, seen) if _is_there(seen) else None

    def look_at_all(self, host: str, parts: Sequence[str]) -> Mapping[str, Unit]:
        """All of them by one command; systemd prints a paragraph per unit."""
        if not parts:
            return {}
        properties = "Id,LoadState,ActiveState,UnitFileState,NRestarts"
        units = " ".join(f"{part}.service" for part in parts)
        found = self._asked(host, f"systemctl show --property={properties} {units}")
        return {
            seen["Id"].removesuffix(".service"): _unit(seen["Id"], seen) for seen in found if _is_there(seen)
        }

    def start(self, host: str, part: str, *, at_boot: bool = True) -> None:
        """Enable (or disable) and start it, and wait until it is active."""
        unit = f"{part}.service"
        verb = "enable" if at_boot else "disable"
        # Forgotten failures first: a `failed` that is seen afterwards is a new one.
        self._run(
            host,
            f"systemctl {verb} --quiet {unit}; systemctl reset-failed {unit}; systemctl start --no-block {unit}",
        )
        seen = self._show(host, part)
        deadline = self._clock.now() + _patience(seen["TimeoutStartUSec"])
        while not _unit(part, seen).active and self._clock.now() < deadline and not _gave_up(seen):
            self._clock.sleep(_PAUSE_S)
            seen = self._show(host, part)
        if _unit(part, seen).active and (_unit(part, seen).enabled or not at_boot):
            return
        raise StepFailed(
            f"{part} on {host} did not become active: {seen['ActiveState'] or 'no such unit'} ({seen['SubState']})"
            if not _unit(part, seen).active
            else f"{part} on {host} is active but will not start at the next boot ({seen['UnitFileState']})",
            now=f"{part} on {host}; its log ends: {self._log(host, unit)}",
            hint=f"read `journalctl -u {unit}` on {host}, mend, then `liftlock resume`",
        )

    def stop(self, host: str, part: str) -> Ending | None:
        """Disable and stop it, and wait until its last process is gone."""
        unit = f"{part}.service"
        before = self._show(host, part)
        # A unit that nobody knows is as stopped as can be; disabling it would be an error.
        if before["LoadState"] == "not-found":
            return None
        began = self._clock.now()
        patience_s = _patience(before["TimeoutStopUSec"])
        wish = {"unit": unit, "ports": _BROKERS, "patience_s": patience_s}
        back, kept = ask(self._shell, host, "giving_back", wish, timeout_s=patience_s + _GRACE_S)
        deadline = began + patience_s
        while not self._is_gone(host, part):
            if self._clock.now() >= deadline:
                raise StepFailed(
                    f"{part} on {host} is still there after its time to stop",
                    now=f"{part} runs on {host} and will not start at the next boot",
                    hint=f"see what it waits for (`systemctl status {unit}` on {host}), then `liftlock resume`",
                )
            self._clock.sleep(_PAUSE_S)
        if not _unit(part, before).active:
            return None
        # systemd.service(5), Result: `timeout` when the time to stop ran out, and the rest was killed.
        forced = self._show(host, part)["Result"] == "timeout"
        return Ending(self._clock.now() - began, forced, back, kept)

    def by_hand(self, parts: Sequence[str], *, on: bool) -> ByHand:
        """One `systemctl` for all of them; `is-active` says a word per unit, whatever its exit code."""
        units = " ".join(f"{part}.service" for part in parts)
        verb, word = ("enable", "active") if on else ("disable", "inactive")
        count = f", {len(parts)} times" if len(parts) > 1 else ""
        return ByHand(
            (f"systemctl {verb} --now {units}",), f"systemctl is-active {units}", f"`{word}`{count}"
        )

    def _is_gone(self, host: str, part: str) -> bool:
        seen = self._show(host, part)
        return seen["ActiveState"] in ("inactive", "failed") and not seen["processes"]

    def _show(self, host: str, part: str) -> Mapping[str, str]:
        """Properties of the unit, and the numbers of the processes in its control group."""
        unit = f"{part}.service"
        # An inactive unit has a control group only if something it started is left.
        left = (
            'g=$(systemctl show -p ControlGroup --value "$1") || exit 1; [ -z "$g" ] || '
            'find /sys/fs/cgroup/*"$g" /sys/fs/cgroup"$g" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u'
        )
        command = (
            f"systemctl show --property={','.join(_PROPERTIES)} {unit} && "
            f"p=$(sh -c '{left}' sh {unit}) && echo processes=$p"
        )
        (seen,) = self._asked(host, command)
        return {name: seen.get(name, "") for name in (*_PROPERTIES, "processes")}

    def _asked(self, host: str, command: str) -> Sequence[Mapping[str, str]]:
        """What systemd says, a mapping per paragraph; raises `Unreachable` where it says nothing of any unit.

        A unit that it does not know has a LoadState too (`not-found`): without one, nobody was asked.
        """
        for again in range(_TRIES - 1, -1, -1):
            ended = self._shell.run(host, command)
            paragraphs = [p for p in ended.out.split("\n\n") if p.strip()]
            found = [dict(line.split("=", 1) for line in p.splitlines() if "=" in line) for p in paragraphs]
            if ended.ok and found and all(seen.get("LoadState") for seen in found):
                return found
            if again:
                self._clock.sleep(_PAUSE_S)
        said = (ended.err.strip() or ended.out.strip() or "nothing").splitlines()[-1]
        raise Unreachable(
            f"{host}: systemctl does not tell how its units are (exit code {ended.code}): {blotted(said)}",
            now=f"what runs on {host} is not known",
            hint=f"see why `systemctl show` fails on {host}, then `liftlock resume`",
        )

    def _log(self, host: str, unit: str) -> str:
        text = self._run(host, f"journalctl --no-pager -q -o cat -n {_LOG_LINES} -u {unit}")
        return " / ".join(line.strip()[:200] for line in text.splitlines() if line.strip()) or "it is empty"

    def _run(self, host: str, command: str) -> str:
        return self._shell.run(host, command).out


def _is_there(seen: Mapping[str, str]) -> bool:
    """Whether the host has it; one that was masked while it ran runs on."""
    return seen["LoadState"] == "loaded" or _runs(seen)


def _runs(seen: Mapping[str, str]) -> bool:
    return seen["ActiveState"] in ("active", "reloading")


def _unit(part: str, seen: Mapping[str, str]) -> Unit:
    return Unit(
        name=part.removesuffix(".service"),
        active=_runs(seen),
        enabled=seen["UnitFileState"] in ("enabled", "enabled-runtime"),
        restarts=int(seen["NRestarts"] or 0),
    )


def _gave_up(seen: Mapping[str, str]) -> bool:
    return seen["ActiveState"] == "failed" or seen["LoadState"] != "loaded"


def _patience(span: str) -> float:
    """Seconds to wait for a unit whose time-out systemd prints as `span`: `1min 30s`, `infinity`."""
    found = re.findall(r"([\d.]+)(us|ms|s|min|h|d)\b", span)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in found)
    return min(seconds, _LONGEST_S) + _GRACE_S if found else _LONGEST_S
