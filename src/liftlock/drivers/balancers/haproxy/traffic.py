"""Requests shared between blue and green over every HAProxy node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Condition

from liftlock.drivers.balancers.haproxy import written
from liftlock.drivers.balancers.haproxy.node import Node, Places
from liftlock.drivers.balancers.haproxy.running import Seen
from liftlock.drivers.clocks.system import SystemClock
from liftlock.errors import BadInput, LiftlockError, Refused, StepFailed
from liftlock.knowledge.catalogue import services
from liftlock.ports.by_hand import ByHand
from liftlock.ports.clock import Clock
from liftlock.ports.shell import Shell
from liftlock.ports.traffic import Server, Share

_CLOCK = SystemClock()
_PAUSE_S = 0.25


class HaProxyTraffic:
    """Keeps the `Traffic` port: HAProxy told by its runtime socket, its file rewritten between markers (2.6 or newer).

    The share of every service is one number in a map that the running worker holds; a configuration is rewritten only
    to arm, disarm and settle. May be used from several threads.
    """

    def __init__(
        self,
        shell: Shell,
        nodes: tuple[str, ...],
        *,
        socket: str = "/run/haproxy/admin.sock",
        master: str = "/run/haproxy-master.sock",
        configuration: str = "/etc/haproxy/haproxy.cfg",
        backends: Mapping[str, str] | None = None,
        reload: str = "systemctl reload haproxy",
        share_map: str = "/etc/haproxy/liftlock-share.map",
        state_file: str = "/var/lib/haproxy/liftlock-server-state",
        patience_s: float = 30.0,
        clock: Clock = _CLOCK,
    ) -> None:
        self._shell = shell
        self._nodes = nodes
        self._backends = dict(backends or {})
        self._places = Places(socket, master, configuration, share_map, state_file, reload)
        self._patience_s = patience_s
        self._clock = clock
        self._doors = _Doors()

    def share(self, service: str) -> Share:
        """What all nodes say; counts are summed over them."""
        nodes = [node.look() for node in self._each(service)]
        both = [now for now in nodes if now.armed]
        # A file without green whose worker still has it: it was written, and not yet loaded.
        loaded = all(now.armed or now.runs_what_is_written for now in nodes)
        return Share(
            percent_green=max(now.percent_green for now in nodes),
            green_up=bool(both) and all(any(s.up for s in now.green) for now in both),
            blue_up=all(any(s.up for s in now.blue) for now in nodes),
            armed=bool(both),
            open_on_green=sum(s.open for now in nodes for s in now.green),
            open_on_blue=sum(s.open for now in both or nodes for s in now.blue),
            agreed=loaded and len({(now.armed, now.percent_green) for now in nodes}) == 1,
            armed_everywhere=len(both) == len(nodes),
            said=_said(nodes),
        )

    def retries(self, service: str) -> int:
        """How often HAProxy tried a request of the service again, on all nodes, each since its last reload."""
        return sum(node.look().retries for node in self._each(service))

    def arm(self, service: str, green: tuple[Server, ...]) -> None:
        """Rewrite the file, reload, let green be checked; does nothing where that is done, whatever the share is."""

        def change(node: Node, before: Seen) -> None:
            before = self._with_room(node, before, green)
            text = before.text
            if not written.greens(text, node.backend):
                text = written.armed(
                    text,
                    node.backend,
                    green,
                    share_map=self._places.share_map,
                    state=self._places.state_file,
                    # Without tokens of its own it is no API: browsers load pages.
                    browsed=service in services() and not services()[service].catalogue_type,
                )
            node.rewrite(before, text)

        self._rewrite_every_node(service, change)

    def disarm(self, service: str) -> None:
        """Take our lines out of the file again, node by node."""
        self._rewrite_every_node(service, lambda node, before: self._take_out(node, before, written.disarmed))

    def settle(self, service: str) -> None:
        """Take blue's lines and ours out of the file; raises `Refused` on a node where green does not serve all."""

        def change(node: Node, before: Seen) -> None:
            # By the file, not by what runs: an `arm` that died before its reload must not end with green alone.
            serves = before.percent_green == 100 and any(s.up for s in before.green)
            if before.greens_written and not serves:
                raise Refused(
                    f"{service}: green cannot become the only colour: {_said([before])}",
                    now="blue is still there",
                    hint="send all requests to green first, and see that its health checks pass",
                )
            self._leave(node, before, written.settled)

        self._rewrite_every_node(service, change)

    def send(self, service: str, percent_green: int) -> None:
        """Told to every node in turn, and read back there.

        Raises `BadInput` for a share outside 0..100. Going back to blue (0) is done on every node that answers,
        whatever the others do: a dead balancer node must not hold the living ones on green.
        """
        if not 0 <= percent_green <= 100:
            raise BadInput(f"{percent_green} is not a share in percent", hint="0 to 100")
        if percent_green == 0:
            self._send_back(service)
            return
        self._wait_for_servers(service, percent_green)
        with self._doors.shared():
            self._one_by_one(
                self._each(service),
                lambda node, before: self._shift(node, before, percent_green),
                lambda node, before: self._shift(node, before, before.percent_green),
            )

    def back_by_hand(self, services: Sequence[str]) -> ByHand:
        """One line for all of them: what runs is told by its socket, and the map's file for the next reload."""
        share_map, socket = self._places.share_map, self._places.socket
        backends = " ".join(self._backends.get(service, service) for service in services)
        told = f'echo "set map {share_map} $b 0" | socat - {socket}'
        kept = f'sed -i "s/^$b .*/$b 0/" {share_map}'
        return ByHand(
            (f"for b in {backends}; do {told}; {kept}; done",),
            f"echo 'show map {share_map}' | socat - {socket}",
            "every line ends with 0: no new request goes to green",
        )

    def _send_back(self, service: str) -> None:
        problems = []
        for node in self._each(service):
            try:
                now = self._blue_serves(node)
                if now.armed:
                    with self._doors.shared():
                        self._shift(node, now, 0)
            except LiftlockError as problem:
                problems.append(problem)
        if problems:
            raise problems[0]

    def _blue_serves(self, node: Node) -> Seen:
        """The node once blue passes its checks there."""
        deadline = self._clock.now() + self._patience_s
        now = node.look()
        while now.armed and not any(s.up for s in now.blue):
            if self._clock.now() >= deadline:
                raise Refused(
                    f"{node.backend}: no server of blue passes its health check on {node.name}",
                    now=_said([now]),
                    hint="start blue's API, then send again",
                )
            self._clock.sleep(_PAUSE_S)
            now = node.look()
        return now

    def _wait_for_servers(self, service: str, percent: int) -> None:
        """Return once every colour that would get requests passes its checks on every node."""
        nodes = self._each(service)
        seen = [node.look() for node in nodes]
        if not all(now.armed for now in seen):
            raise Refused(f"{service}: green is not armed on every node: {_said(seen)}", hint="arm it first")
        deadline = self._clock.now() + self._patience_s
        while missing := _missing(seen, percent):
            if self._clock.now() >= deadline:
                raise Refused(
                    f"{service}: {missing}",
                    now=f"{_said(seen)}; nothing was changed",
                    hint="see why its health check fails; what would get requests must answer it",
                )
            self._clock.sleep(_PAUSE_S)
            seen = [node.look() for node in nodes]

    def _shift(self, node: Node, before: Seen, percent: int) -> None:
        """Give one node its share and see that it has it; once more if a reload came between."""
        after = before
        for _ in range(2):
            after = node.shift(before, percent)
            if after.armed and after.percent_green == percent:
                return
        raise StepFailed(
            f"{node.name}: `{node.backend}` does not hold {percent}% green: {_said([after])}",
            now="both colours are up",
            hint=f"look at HAProxy on {node.name}, then `liftlock resume` or `liftlock rollback`",
        )

    def _take_out(self, node: Node, before: Seen, without: Callable[[str, str], str]) -> None:
        if before.percent_green:
            raise Refused(
                f"{node.backend}: green still gets requests: {_said([before])}",
                now="both colours are up",
                hint="send 0% to green first",
            )
        self._leave(node, before, without)

    def _with_room(self, node: Node, before: Seen, green: Sequence[Server]) -> Seen:
        """The node without any other colour beside its ordinary one, and without a share that such a one left."""
        greens = set(written.greens(before.text, node.backend))
        if greens and greens != set(green):
            ordinary = [s for s in written.servers(before.text, node.backend) if not s.green]
            known = {name for s in ordinary for name in (s.name, s.address)}
            if before.percent_green == 100 and all(
                s.name in known or f"{s.address}:{s.port}" in known for s in green
            ):
                # Those were to go, and did on the nodes that `settle` came to.
                self._leave(node, before, written.settled)
            else:
                self._take_out(node, before, written.disarmed)
            return node.look()
        if not greens and before.share:
            # The file was written and not yet loaded: what goes would leave its share to what comes.
            return node.rewrite(before, before.text, leaving=True)
        return before

    def _leave(self, node: Node, before: Seen, without: Callable[[str, str], str]) -> None:
        text = without(before.text, node.backend)
        now = node.rewrite(before, text, leaving=True)
        if not written.anything_armed(text) and written.bare(text) != text:
            # That reload still had to read the states kept; the next one is the operator's own business again.
            node.write(now, written.bare(text))
            node.forget(text)

    def _rewrite_every_node(self, service: str, change: Callable[[Node, Seen], None]) -> None:
        """Change configuration files, alone: a share sent while a worker is replaced would be lost with the old one."""
        with self._doors.alone():
            self._one_by_one(self._each(service), change, Node.put_back)

    def _one_by_one(
        self,
        nodes: Sequence[Node],
        change: Callable[[Node, Seen], None],
        undo: Callable[[Node, Seen], None],
    ) -> None:
        """Change the nodes in turn; if one fails, it and those before it are put back, then it raises."""
        found = [(node, node.look()) for node in nodes]
        for position, (node, before) in enumerate(found):
            try:
                change(node, before)
            except LiftlockError as problem:
                self._undo(found[: position + 1], undo, problem)
                raise

    def _undo(
        self,
        touched: Sequence[tuple[Node, Seen]],
        undo: Callable[[Node, Seen], None],
        problem: LiftlockError,
    ) -> None:
        for node, before in reversed(touched):
            try:
                undo(node, before)
            except LiftlockError as second:
                problem.now = f"{node.name} could not be put back either ({second.what})"

    def _each(self, service: str) -> list[Node]:
        backend = self._backends.get(service, service)
        return [Node(self._shell, self._clock, self._places, name, backend) for name in self._nodes]


class _Doors:
    """Lets many change shares at once, or one rewrite configuration files: all services share those."""

    def __init__(self) -> None:
        self._moved = Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._moved:
            self._moved.wait_for(lambda: not self._closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._moved:
                self._inside -= 1
                self._moved.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._moved:
            self._moved.wait_for(lambda: not self._closed and not self._inside)
            self._closed = True
        try:
            yield
        finally:
            with self._moved:
                self._closed = False
                self._moved.notify_all()


def _missing(seen: Sequence[Seen], percent: int) -> str:
    """Which colour cannot take its requests yet, in a sentence; empty if all can."""
    for now in seen:
        if not any(s.proven for s in now.green):
            return f"no server of green passes its health check on {now.node}"
        if percent < 100 and not any(s.up for s in now.blue):
            return f"no server of blue passes its health check on {now.node}"
    return ""


def _said(seen: Sequence[Seen]) -> str:
    """How each node shares requests: `lb1 sends 20% to green`."""
    return ", ".join(
        f"{now.node} sends {now.percent_green}% to green" if now.armed else f"{now.node} has no green"
        for now in seen
    )
