"""Users' requests: green's servers put beside blue's, and requests sent to them."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.errors import CannotRevert, StepFailed
from liftlock.plan.step import Step, WayBack
from liftlock.ports.hands import Hands
from liftlock.ports.traffic import Server, Share
from liftlock.steps.draining import await_last_answer
from liftlock.steps.waiting import wait_until

UP_PATIENCE_S = 300.0
"""How long a service that was just started may take until the balancer finds it healthy, in seconds."""


@dataclass(frozen=True)
class OnEveryNode(Step):
    """What is done on one balancer node after the other: cut between two, it is neither done nor undone."""

    service: str

    def share(self, hands: Hands) -> Share:
        """How the service's requests are shared; raises `StepFailed` when nodes differ, saying how."""
        share = hands.traffic.share(self.service)
        if not share.agreed:
            raise StepFailed(
                f"{self.service}: the balancer nodes differ: {share.said}",
                now="users are served by each node as it says",
                hint="see who else writes them; `liftlock resume` writes all of them again",
            )
        return share

    def prove(self, hands: Hands, since: float | None) -> None:
        """See that all nodes say the same, and that it is this."""
        self.share(hands)
        super().prove(hands, since)

    def prove_undone(self, hands: Hands) -> None:
        """See that all nodes say the same, and nothing of it."""
        self.share(hands)
        super().prove_undone(hands)


@dataclass(frozen=True)
class ArmBalancer(OnEveryNode):
    """Put green's servers beside blue's, without traffic."""

    servers: tuple[Server, ...]

    @property
    def title(self) -> str:
        return f"put {', '.join(s.name for s in self.servers)} behind the balancer for {self.service}, without traffic"

    way_back = WayBack.REVERSIBLE

    @property
    def seconds(self) -> float:
        return 2.0

    def done(self, hands: Hands, since: float | None) -> bool:
        share = hands.traffic.share(self.service)
        return share.armed and share.agreed

    def execute(self, hands: Hands) -> None:
        hands.traffic.arm(self.service, self.servers)

    def revert(self, hands: Hands) -> None:
        """Let green answer what it was asked, then take it out; one that is dead answers no more."""
        await_last_answer(hands, self.service, green=True)
        hands.traffic.disarm(self.service)

    def undone(self, hands: Hands) -> bool:
        return not hands.traffic.share(self.service).armed


@dataclass(frozen=True)
class SendTraffic(OnEveryNode):
    """Send a share of a service's new requests to green."""

    percent_green: int
    percent_back: int = 0
    """What going back sends: at once, past any smaller share that came before."""

    @property
    def title(self) -> str:
        return f"send {self.percent_green}% of {self.service} requests to green"

    way_back = WayBack.REVERSIBLE

    @property
    def goes_back_first(self) -> bool:
        return True

    @property
    def falls_back(self) -> bool:
        return True

    def done(self, hands: Hands, since: float | None) -> bool:
        share = hands.traffic.share(self.service)
        return share.agreed and share.percent_green == self.percent_green

    def execute(self, hands: Hands) -> None:
        hands.traffic.send(self.service, self.percent_green)

    def prove(self, hands: Hands, since: float | None) -> None:
        self._look(hands, self.percent_green)

    def revert(self, hands: Hands) -> None:
        hands.traffic.send(self.service, self.percent_back)

    def prove_undone(self, hands: Hands) -> None:
        """See that green gets what going back sends: any smaller share than before is not enough."""
        self._look(hands, self.percent_back)

    def _look(self, hands: Hands, percent: int) -> None:
        share = self.share(hands)
        if share.percent_green != percent:
            raise StepFailed(
                f"{self.service}: the balancer did not take {percent}% green",
                now=f"green gets {share.percent_green}%, blue is {'up' if share.blue_up else 'down'}",
                hint="read the balancer's log, then `liftlock resume` or `liftlock rollback`",
            )


@dataclass(frozen=True)
class OfferBlueAgain(ArmBalancer):
    """Put blue's servers beside green's again, after `SettleTraffic`: for the balancer they are the new ones now."""

    @property
    def title(self) -> str:
        return f"put {', '.join(s.name for s in self.servers)} behind the balancer for {self.service} again"

    def revert(self, hands: Hands) -> None:
        """Take them out; nobody waits for an answer of theirs."""
        hands.traffic.disarm(self.service)


@dataclass(frozen=True)
class AllToBlueAgain(OnEveryNode):
    """Send every request of a service to blue, after a restore."""

    percent: int
    """100 where blue's servers came back as new ones, 0 where they never left."""

    @property
    def title(self) -> str:
        return f"send all {self.service} requests to blue"

    way_back = WayBack.LOSSY

    def done(self, hands: Hands, since: float | None) -> bool:
        share = hands.traffic.share(self.service)
        return share.agreed and share.percent_green == self.percent

    def execute(self, hands: Hands) -> None:
        """Wait until the balancer finds blue healthy: it was started a moment ago."""
        wait_until(hands.clock, lambda: self._blue_is_up(hands), patience_s=UP_PATIENCE_S)
        hands.traffic.send(self.service, self.percent)

    def _blue_is_up(self, hands: Hands) -> bool:
        share = hands.traffic.share(self.service)
        return share.green_up if self.percent else share.blue_up

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"{self.service}: its database is that of the backup, which green cannot use",
            now="blue answers, or will when its services run",
            hint="go on: `liftlock resume`",
        )


@dataclass(frozen=True)
class OnlyBlueAgain(OnEveryNode):
    """Take green's servers out of the balancer, after a restore."""

    settle: bool
    """Whether blue's servers came back as new ones."""

    @property
    def title(self) -> str:
        return f"take green's servers of {self.service} out of the balancer"

    way_back = WayBack.LOSSY

    def done(self, hands: Hands, since: float | None) -> bool:
        share = hands.traffic.share(self.service)
        return share.agreed and not share.armed and since is not None

    def execute(self, hands: Hands) -> None:
        if self.settle:
            hands.traffic.settle(self.service)
        else:
            hands.traffic.disarm(self.service)

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"{self.service}: green's servers are out of the balancer",
            now="blue serves, with the databases of the backup",
            hint="go on: `liftlock resume`",
        )


@dataclass(frozen=True)
class SettleTraffic(OnEveryNode):
    """Make green's servers the ordinary ones and take blue's out: the end of falling back by itself."""

    @property
    def title(self) -> str:
        return f"take blue's servers of {self.service} out of the balancer"

    way_back = WayBack.LOSSY

    def done(self, hands: Hands, since: float | None) -> bool:
        share = hands.traffic.share(self.service)
        return share.agreed and not share.armed and since is not None

    def execute(self, hands: Hands) -> None:
        """Let blue answer what it was asked, then take it out."""
        await_last_answer(hands, self.service, green=False)
        hands.traffic.settle(self.service)

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"{self.service}: blue's servers are out of the balancer",
            now="green serves; there is nothing to fall back to",
            hint="the way back is the backup: `liftlock restore` (docs/point-of-no-return.md)",
        )
