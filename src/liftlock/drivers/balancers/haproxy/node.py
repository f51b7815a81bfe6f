"""One HAProxy node: looked at, told, rewritten and reloaded, put back."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liftlock.blots import blotted
from liftlock.drivers.balancers.haproxy import written
from liftlock.drivers.balancers.haproxy.running import Seen, seen
from liftlock.drivers.on_host import ask
from liftlock.errors import Refused, StepFailed, Unreachable
from liftlock.ports.clock import Clock
from liftlock.ports.shell import Shell

_PAUSE_S = 0.1
_RELOAD_S = 60.0
"""How long a new worker may take; it is there in 0.3 s on an idle machine."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are on every balancer host."""

    socket: str
    """HAProxy's runtime socket, level admin."""
    master: str
    """The master process's socket, by which workers of before a reload are told; they are not if there is none."""
    configuration: str
    share_map: str
    """Our map: backend -> share of green in percent, one line each."""
    state_file: str
    """Where servers' states are kept for reloads if the operator's configuration names no file."""
    reload: str
    """Command that makes HAProxy read its configuration again without losing a connection."""


class Node:
    """One balancer host, for one backend."""

    def __init__(self, shell: Shell, clock: Clock, places: Places, name: str, backend: str) -> None:
        self.name = name
        """The host's name in the cloud file."""
        self.backend = backend
        """The backend's name in HAProxy."""
        self._shell = shell
        self._clock = clock
        self._places = places

    def look(self) -> Seen:
        """The node now; raises `Unreachable` if the host or its HAProxy does not answer."""
        return self._ask((), None)

    def shift(self, now: Seen, percent: int) -> Seen:
        """Send `percent` of the requests to green; then the node as it is.

        One word in one map decides, so there is no moment between two states; workers that a reload left behind with
        kept-alive connections are told too (they refuse to change servers: "Proxy is disabled", seen with 2.6.12).
        """
        held = [s.name for s in now.green if percent and (s.maintenance or s.drain)]
        ready = [f"set server {self.backend}/{name} state ready" for name in held]
        share = f"set map {self._places.share_map} {self.backend} {percent}"
        return self._ask((*ready, share), self._kept(now.text))

    def rewrite(self, before: Seen, text: str, *, leaving: bool = False) -> Seen:
        """Make HAProxy run `text` as its configuration, unless it does already; then the node as it is.

        The file is checked before it is put in place in one move, and what runs is kept, so that the new worker goes on
        as the old one was. `leaving`: the backend's share is not kept. Raises `Refused` if HAProxy finds fault with the
        text (nothing is changed), `StepFailed` if no new worker comes.
        """
        now = before
        if text == before.text and before.runs_what_is_written:
            return now
        now = self._ask((), self._kept(text, leaving=leaving))
        if text != before.text:
            self._place(before, text)
        return self._reload(now)

    def write(self, before: Seen, text: str) -> None:
        """Put a configuration in place for the next reload, whenever that is."""
        if text != before.text:
            self._place(before, text)

    def put_back(self, before: Seen) -> None:
        """Make the node what it was: configuration, states, weights and shares."""
        now = self.look()
        if (now.worker, now.text) == (before.worker, before.text):
            return
        shares = "".join(f"{backend} {share}\n" for backend, share in (before.shares or {}).items())
        if before.shares is not None:
            self._shell.write(self.name, self._places.share_map, shares.encode(), mode=0o644)
        state = written.state_file(before.text)
        if state:
            self._shell.write(self.name, state, before.state.encode(), mode=0o644)
        self.write(now, before.text)
        self._reload(self.look())

    def forget(self, text: str) -> None:
        """Remove our map and, if it was ours, the state file that the configuration `text` named."""
        ours = [self._places.share_map, f"{self._places.share_map}.lock"]
        if written.state_file(text) == self._places.state_file:
            ours.append(self._places.state_file)
        self._shell.run(self.name, ["rm", "-f", *ours])

    def _kept(self, text: str, *, leaving: bool = False) -> Mapping[str, object]:
        return {
            "state_file": written.state_file(text) or self._places.state_file,
            "add": {} if leaving else {self.backend: 0},
            "leave_out": [self.backend] if leaving else [],
        }

    def _ask(self, commands: Sequence[str], kept: Mapping[str, object] | None) -> Seen:
        wish = {
            "socket": self._places.socket,
            "configuration": self._places.configuration,
            "share_map": self._places.share_map,
            "master": self._places.master,
            "commands": list(commands),
            "kept": kept,
        }
        said = ask(self._shell, self.name, "colours", wish)
        if "silent" in said:
            raise Unreachable(
                f"{self.name}: {said['silent']}",
                now=f"how {self.name} shares requests is not known",
                hint=f"see whether HAProxy runs on {self.name}, then `liftlock resume`",
            )
        return seen(self.name, self.backend, said)

    def _place(self, before: Seen, text: str) -> None:
        path, fresh = shlex.quote(before.path), shlex.quote(f"{before.path}.liftlock")
        self._shell.write(
            self.name, f"{before.path}.liftlock", text.encode(errors="surrogateescape"), mode=0o600
        )
        command = (
            f"chown --reference={path} {fresh} && chmod --reference={path} {fresh} && haproxy -c -f {fresh}"
        )
        checked = self._shell.run(self.name, command)
        if not checked.ok:
            self._shell.run(self.name, ["rm", "-f", f"{before.path}.liftlock"])
            said = [line for line in (checked.out + checked.err).splitlines() if line.strip()]
            alert = next(
                (line for line in said if "ALERT" in line), said[0] if said else "it does not say why"
            )
            raise Refused(
                f"{self.name}: HAProxy refuses the configuration for `{self.backend}`: {blotted(alert)}",
                now=f"{self.name} runs as before",
                hint=f"`haproxy -c -f {before.path}` on {self.name} shows whether the fault was there already",
            )
        keep = f"cp -p {path} {path}.before-liftlock && " if written.untouched(before.text) else ""
        self._run(f"{keep}mv -f {fresh} {path}")

    def _reload(self, before: Seen) -> Seen:
        self._run(self._places.reload)
        deadline = self._clock.now() + _RELOAD_S
        now = self.look()
        while now.worker == before.worker or not now.runs_what_is_written:
            if self._clock.now() > deadline:
                raise StepFailed(
                    f"{self.name}: no HAProxy worker with the new configuration after {_RELOAD_S:.0f} s",
                    now="the old worker serves on",
                    hint=f"read HAProxy's log on {self.name}, then `liftlock resume`",
                )
            self._clock.sleep(_PAUSE_S)
            now = self.look()
        return now

    def _run(self, command: str) -> None:
        ended = self._shell.run(self.name, command)
        if not ended.ok:
            raise StepFailed(
                f"{self.name}: `{command}` failed: {blotted((ended.err or ended.out).strip())}",
                now="the old worker serves on",
                hint=f"mend that on {self.name}, then `liftlock resume`",
            )
