"""Units of services: stopped, started, waited for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from liftlock.errors import StepFailed, Unreachable
from liftlock.plan.step import Question, Step, WayBack
from liftlock.ports.hands import Hands
from liftlock.ports.services import Ending
from liftlock.steps.draining import await_last_answer
from liftlock.steps.waiting import wait_until

ANSWER_PATIENCE_S = 300.0
AGENT_PATIENCE_S = 300.0
IDLE_PATIENCE_S = 900.0
LULL_PATIENCE_S = 10.0
LULL_PAUSE_S = 0.1
IDLE_LOOKS = 3
"""How often in a row nothing must be found under way, half a second apart."""
LISTENER_PATIENCE_S = 180.0
_LAST_LOOK_S = 60.0
"""How long the look may take that is the last, in seconds."""


@dataclass(frozen=True)
class StopPart(Step):
    """Stop one part of a service on one host."""

    host: str
    part: str

    @property
    def work(self) -> str:
        return self.part

    @property
    def title(self) -> str:
        return f"stop {self.part} on {self.host}"

    way_back = WayBack.REVERSIBLE

    @property
    def seconds(self) -> float:
        return 5.0

    def done(self, hands: Hands, since: float | None) -> bool:
        return _ended(hands, self.host, self.part)

    @property
    def falls_back(self) -> bool:
        return True

    @property
    def leaves_a_gap(self) -> bool:
        return True

    def execute(self, hands: Hands) -> str | None:
        return _told(hands.services.stop(self.host, self.part))

    def revert(self, hands: Hands) -> None:
        hands.services.start(self.host, self.part)

    def undone(self, hands: Hands) -> bool:
        return _runs(hands, self.host, self.part)


@dataclass(frozen=True)
class StartPart(Step):
    """Start one part of a service on one host."""

    host: str
    part: str

    @property
    def work(self) -> str:
        return self.part

    @property
    def title(self) -> str:
        return f"start {self.part} on {self.host}"

    way_back = WayBack.REVERSIBLE

    @property
    def seconds(self) -> float:
        return 4.0

    def done(self, hands: Hands, since: float | None) -> bool:
        return _runs(hands, self.host, self.part)

    def execute(self, hands: Hands) -> None:
        hands.services.start(self.host, self.part)

    def revert(self, hands: Hands) -> str | None:
        return _told(hands.services.stop(self.host, self.part))

    def undone(self, hands: Hands) -> bool:
        return _ended(hands, self.host, self.part)


@dataclass(frozen=True)
class StartOnGreen(StartPart):
    """Start one part on a host that this lift made."""

    alone: bool = False
    """Whether a second one elsewhere would take its work: it is stopped before blue's is started."""

    answers: str = ""
    """Service whose requests it answers, for an API: it gives its last answer before it is stopped."""

    def done(self, hands: Hands, since: float | None) -> bool:
        """Whether it runs, and starts at a boot unless it must be alone."""
        unit = hands.services.look(self.host, self.part)
        return unit is not None and unit.active and unit.enabled != self.alone

    def execute(self, hands: Hands) -> None:
        """Start it; one that must be alone does not start at a boot, which may come when blue has it again."""
        hands.services.start(self.host, self.part, at_boot=not self.alone)

    def has_died(self, hands: Hands) -> bool:
        unit = hands.services.look(self.host, self.part)
        return unit is None or not unit.active

    def revive(self, hands: Hands) -> None:
        """Start it, and leave as it is whether it starts at a boot: a later step may have changed that."""
        unit = hands.services.look(self.host, self.part)
        hands.services.start(self.host, self.part, at_boot=unit is not None and unit.enabled)

    @property
    def falls_back(self) -> bool:
        return self.alone

    @property
    def must_end_first(self) -> bool:
        return self.alone

    def revert(self, hands: Hands) -> str | None:
        """Stop it; a host that does not answer loses its power, so that what runs there certainly ends."""
        if self._is_off(hands):
            return f"{self.host} is off"
        if self.answers:
            await_last_answer(hands, self.answers, green=True)
        try:
            return super().revert(hands)
        except Unreachable:
            if not hands.provisioner.exists(self.host):
                raise
            hands.provisioner.power_off(self.host)
            return f"{self.host} does not answer: its power was cut"

    def prove_undone(self, hands: Hands) -> None:
        """See that it does not run; on a host that is off nothing does."""
        if not self._is_off(hands):
            super().prove_undone(hands)

    def _is_off(self, hands: Hands) -> bool:
        """Whether its power is known to be off; the way back must not depend on a provisioner that answers."""
        try:
            return hands.provisioner.exists(self.host) and not hands.provisioner.running(self.host)
        except Unreachable:
            return False


@dataclass(frozen=True)
class StartAtBoot(StartPart):
    """Let a part that runs start at every boot as well: nobody else will have its work again."""

    @property
    def title(self) -> str:
        return f"let {self.part} on {self.host} start at every boot"

    @property
    def seconds(self) -> float:
        return 1.0

    def revert(self, hands: Hands) -> str | None:
        """Let it run, and not start at a boot: only who started it stops it."""
        hands.services.start(self.host, self.part, at_boot=False)
        return None

    def undone(self, hands: Hands) -> bool:
        unit = hands.services.look(self.host, self.part)
        return unit is not None and unit.active and not unit.enabled


@dataclass(frozen=True)
class AwaitAnswer(Question):
    """Wait until a service's front door answers a real request."""

    service: str

    @property
    def title(self) -> str:
        return f"wait until {self.service} answers at the front door"

    @property
    def seconds(self) -> float:
        return 10.0

    @property
    def patience_s(self) -> float:
        return ANSWER_PATIENCE_S + _LAST_LOOK_S

    def done(self, hands: Hands, since: float | None) -> bool:
        return hands.api.answers(self.service)

    def execute(self, hands: Hands) -> None:
        if not wait_until(
            hands.clock, lambda: self.done(hands, None), patience_s=ANSWER_PATIENCE_S, pause_s=1.0
        ):
            raise StepFailed(
                f"{self.service} did not answer at the front door within {ANSWER_PATIENCE_S:.0f} s",
                now=f"its units were started; users of {self.service} get errors",
                hint="read its log on the control hosts, then `liftlock resume`; `liftlock status` tells the way back",
            )


@dataclass(frozen=True)
class AwaitAgents(Question):
    """Wait until the workers of a service report again."""

    service: str
    agents: tuple[str, ...]
    """`nova-compute@cmp1`: those that were alive and enabled when the plan was made."""

    @property
    def title(self) -> str:
        agents = f"{len(self.agents)} agents" if len(self.agents) > 1 else self.agents[0]
        return f"wait until {agents} of {self.service} report again"

    @property
    def seconds(self) -> float:
        return 10.0

    @property
    def patience_s(self) -> float:
        return AGENT_PATIENCE_S + _LAST_LOOK_S

    def missing(self, hands: Hands, since: float) -> tuple[str, ...]:
        """Which of the agents have not reported after `since`, in seconds since the epoch.

        Being called alive is not enough: nova calls a dead agent alive for `service_down_time` seconds.
        """
        age_s = hands.clock.now() - since
        fresh = {
            f"{a.kind}@{a.host}" for a in hands.api.agents() if a.alive and a.seconds_since_report <= age_s
        }
        return tuple(sorted(set(self.agents) - fresh))

    def done(self, hands: Hands, since: float | None) -> bool:
        return since is not None and not self.missing(hands, since)

    def execute(self, hands: Hands) -> None:
        began = hands.clock.now()
        if not wait_until(
            hands.clock, lambda: not self.missing(hands, began), patience_s=AGENT_PATIENCE_S, pause_s=2.0
        ):
            silent = ", ".join(self.missing(hands, began))
            raise StepFailed(
                f"these agents of {self.service} do not report: {silent}",
                now="the new services run; what these agents do for users does not",
                hint="read their logs, start them, `liftlock resume`; or go back: `liftlock status` says how",
            )


@dataclass(frozen=True)
class AwaitListener(Question):
    """Wait until a host's worker really takes calls, before the other colour's is stopped."""

    part: str
    topics: tuple[str, ...]
    vhost: str
    host: str
    """The colour that takes over."""
    host_back: str
    """The colour that takes over on the way back."""

    @property
    def title(self) -> str:
        return f"wait until {self.part} on {self.host} takes calls"

    @property
    def seconds(self) -> float:
        return 5.0

    @property
    def patience_s(self) -> float:
        return LISTENER_PATIENCE_S + _LAST_LOOK_S

    def execute(self, hands: Hands) -> None:
        self._wait(hands, self.host)

    def revert(self, hands: Hands) -> None:
        if self.host_back:
            self._wait(hands, self.host_back)

    def _wait(self, hands: Hands, host: str) -> None:
        def listens() -> bool:
            return all(host in hands.broker.listeners(topic, self.vhost) for topic in self.topics)

        if not wait_until(hands.clock, listens, patience_s=LISTENER_PATIENCE_S):
            raise StepFailed(
                f"{self.part} on {host} takes no calls after {LISTENER_PATIENCE_S:.0f} s",
                now="its unit runs; the other colour's goes on working",
                hint=f"read its log on {host}, then `liftlock resume` or `liftlock rollback`",
            )


@dataclass(frozen=True)
class AwaitIdle(Question):
    """Wait until one colour's worker has nothing under way that a second one would claim, before it is stopped."""

    service: str
    host: str
    """Where the worker runs that is about to be stopped."""
    part: str
    on_the_way_back: bool = False
    """Whether it is stopped by a rollback, and not on the way there."""

    @property
    def title(self) -> str:
        when = ", should this be rolled back" if self.on_the_way_back else ""
        return f"wait until {self.part} on {self.host} has no work under way{when}"

    @property
    def seconds(self) -> float:
        return 0.0 if self.on_the_way_back else 2.0

    def idle(self, hands: Hands) -> bool:
        """Whether nothing is under way now, or nobody is left who would finish it."""
        return not hands.databases.work_under_way(self.service, self.host) or not self._works(hands)

    def execute(self, hands: Hands) -> None:
        if not self.on_the_way_back:
            self._wait(hands)

    def revert(self, hands: Hands) -> None:
        """On the way back it is the other colour's worker that is about to be stopped."""
        if self.on_the_way_back:
            self._wait(hands)

    def _works(self, hands: Hands) -> bool:
        try:
            unit = hands.services.look(self.host, self.part)
        except Unreachable:
            return False
        return unit is not None and unit.active

    def _wait(self, hands: Hands) -> None:
        # A job of several parts has moments between them.
        looks: deque[bool] = deque(maxlen=IDLE_LOOKS)

        def calm() -> bool:
            looks.append(self.idle(hands))
            return len(looks) == IDLE_LOOKS and all(looks)

        if not wait_until(hands.clock, calm, patience_s=IDLE_PATIENCE_S):
            left = hands.databases.work_under_way(self.service, self.host)
            raise StepFailed(
                f"{self.part} on {self.host} still had {left} jobs under way after {IDLE_PATIENCE_S:.0f} s",
                now="it goes on with them, and was not stopped",
                hint="wait for long jobs to end, then `liftlock resume`",
            )


@dataclass(frozen=True)
class AwaitLull(Question):
    """Wait a little for a moment at which a service has done what users asked for, before a worker of it is stopped.

    A worker that is told to stop ends what it has under way and reads no further calls, but its broker goes on handing
    them to it. As it closes it acknowledges what has come meanwhile, and drops it: `Connection.close` of oslo.messaging
    16.1 and 17.3 deletes its fanout queue, and reads until that is answered. With nothing under way there is no
    meanwhile. A busy cloud has no such moment: the worker is stopped all the same.
    """

    service: str
    part: str
    """The worker that is about to be stopped."""
    on_the_way_back: bool = False
    """Whether it is stopped by a rollback, and not on the way there."""

    @property
    def title(self) -> str:
        when = ", should this be rolled back" if self.on_the_way_back else ""
        return f"wait for a lull in {self.service} before {self.part} is stopped{when}"

    @property
    def seconds(self) -> float:
        return 0.0 if self.on_the_way_back else 2.0

    def execute(self, hands: Hands) -> str | None:
        return None if self.on_the_way_back else self._wait(hands)

    def revert(self, hands: Hands) -> str | None:
        return self._wait(hands) if self.on_the_way_back else None

    def _wait(self, hands: Hands) -> str | None:
        try:
            lull = wait_until(
                hands.clock,
                lambda: not hands.databases.asked_lately(self.service),
                patience_s=LULL_PATIENCE_S,
                pause_s=LULL_PAUSE_S,
            )
        except Unreachable as silent:
            return f"whether there was one is not known: {silent.what}"
        return None if lull else f"there was none for {LULL_PATIENCE_S:.0f} s"


def _runs(hands: Hands, host: str, part: str) -> bool:
    """Whether it runs, and will after a boot."""
    unit = hands.services.look(host, part)
    return unit is not None and unit.active and unit.enabled


def _ended(hands: Hands, host: str, part: str) -> bool:
    """Whether it neither runs nor would after a boot."""
    unit = hands.services.look(host, part)
    return unit is None or not (unit.active or unit.enabled)


def _told(ending: Ending | None) -> str | None:
    return str(ending) if ending else None
