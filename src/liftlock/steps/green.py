"""Green hosts: made, made like blue, and told apart from it."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.cloud.model import Host
from liftlock.errors import CannotRevert, StepFailed, Unreachable
from liftlock.plan.step import Step, WayBack
from liftlock.ports.hands import Hands
from liftlock.ports.likeness import Substitution
from liftlock.ports.provisioner import HostOrder
from liftlock.steps.waiting import wait_until

BOOT_PATIENCE_S = 180.0
"""How long a new host may take until it answers, in seconds."""


@dataclass(frozen=True)
class ProvisionHost(Step):
    """Make a new host from an image, with the target release on it."""

    order: HostOrder
    system: str
    """What the image is, for the reader: `Debian 13`."""

    @property
    def title(self) -> str:
        return f"make the host {self.order.name} ({self.system}, {self.order.release})"

    way_back = WayBack.REVERSIBLE

    @property
    def seconds(self) -> float:
        return 10.0

    def done(self, hands: Hands, since: float | None) -> bool:
        """Whether it answers and holds its release; one that an earlier lift left may hold another."""
        name = self.order.name
        there = hands.provisioner.running(name) and hands.hosts.look(name).reachable
        return there and self._holds_its_release(hands)

    def execute(self, hands: Hands) -> str | None:
        """Make it; one that is off is made anew: whoever cut its power did not want its services back at a boot.

        So is one that an earlier lift left with another release, as long as nothing runs there. Raises `StepFailed`
        naming what does.
        """
        left = self._left_with_another(hands)
        if left is not None:
            self._refuse_unless_idle(left)
            hands.provisioner.destroy(left.name)
        hands.provisioner.renew(self.order)
        return "it held another release and nothing ran there: it was made anew" if left else None

    def prove(self, hands: Hands, since: float | None) -> None:
        """See that it answers: a provisioner is done when the host begins to boot."""
        if wait_until(hands.clock, lambda: self.done(hands, since), patience_s=BOOT_PATIENCE_S, pause_s=1.0):
            return
        without = hands.hosts.look(self.order.name).reachable
        what = f"does not hold {self.order.release}" if without else "does not answer"
        raise StepFailed(
            f"{self.order.name} was made, and {what} after {BOOT_PATIENCE_S:.0f} s",
            now=f"{self.order.name} holds nothing yet; users are served as before",
            hint=f"read the console of {self.order.name}, then `liftlock resume`"
            if not without
            else f"see that the image {self.order.image} carries {self.order.release}, then `liftlock resume`",
        )

    def _holds_its_release(self, hands: Hands) -> bool:
        return not self.order.release or self.order.release in hands.deployer.staged(self.order.name)

    def _left_with_another(self, hands: Hands) -> Host | None:
        """The host, if it is on and answers without the release; None if it is as ordered, or to be made anyway."""
        if not hands.provisioner.running(self.order.name):
            return None
        host = hands.hosts.look(self.order.name)
        return host if host.reachable and not self._holds_its_release(hands) else None

    def _refuse_unless_idle(self, host: Host) -> None:
        busy = [*(unit.name for unit in host.units if unit.active), *host.strangers]
        if busy:
            raise StepFailed(
                f"{host.name} is left from an earlier lift without {self.order.release}, and is not idle: "
                f"{', '.join(busy)} runs there",
                now="users are served as before; nothing on it was touched",
                hint=f"see who needs that, and stop it or remove {host.name}; `liftlock resume` then makes it anew",
            )

    def revert(self, hands: Hands) -> str | None:
        """Leave an idle host: it harms nobody, and the next attempt is faster with it.

        One that is off goes: nobody could stop its services, and its next boot would start them beside blue's.
        """
        name = self.order.name
        try:
            if hands.provisioner.running(name) or not hands.provisioner.exists(name):
                return None
            hands.provisioner.destroy(name)
        except Unreachable:
            # A way back does not depend on who makes hosts.
            return f"it is not known whether {name} is on: should it be off, keep it so"
        return (
            f"{name} was off, and is removed: at its next boot it would have started services beside blue's"
        )

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: an idle host was left."""


@dataclass(frozen=True)
class MakeAlike(Step):
    """Give a new host what blue's host has, under its own name."""

    source: str
    target: str
    parts: tuple[str, ...]
    directories: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    """(old, new) words replaced in text files: names and addresses."""
    substitutions: tuple[Substitution, ...]

    @property
    def title(self) -> str:
        words = ", ".join(f"{old} → {new}" for old, new in self.words)
        return f"copy accounts, units and configuration of {self.source} to {self.target} ({words})"

    way_back = WayBack.REVERSIBLE
    harms_nobody = True

    @property
    def seconds(self) -> float:
        return 3.0

    def done(self, hands: Hands, since: float | None) -> bool:
        return hands.likeness.alike(self.source, self.target, self.parts, self.directories)

    def execute(self, hands: Hands) -> None:
        hands.likeness.copy(
            self.source, self.target, self.parts, self.directories, dict(self.words), self.substitutions
        )

    def revert(self, hands: Hands) -> None:
        """Leave it: nothing of it runs."""

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: it was left."""


@dataclass(frozen=True)
class MakeVhost(Step):
    """Give green's workers a virtual host of their own on the broker."""

    vhost: str
    like: str

    @property
    def title(self) -> str:
        return f"make the broker's virtual host {self.vhost}, with the permissions of {self.like}"

    way_back = WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        # Making it again is harmless and sets the permissions right.
        return False

    def execute(self, hands: Hands) -> None:
        hands.broker.ensure_vhost(self.vhost, self.like)

    def prove(self, hands: Hands, since: float | None) -> None:
        """See that it is there; that its permissions are right, green's engine shows, which takes calls on it next."""
        if not hands.broker.has_vhost(self.vhost):
            raise StepFailed(
                f"the broker was told to make the virtual host {self.vhost}, and has none",
                now="green's engine is not started yet; users are served as before",
                hint="read the broker's log, then `liftlock resume`",
            )

    def revert(self, hands: Hands) -> None:
        hands.broker.remove_vhost(self.vhost)

    def prove_undone(self, hands: Hands) -> None:
        """See that it is gone: what is left in it, the next green would take for its own."""
        RemoveVhost(self.vhost).prove(hands, None)


@dataclass(frozen=True)
class RemoveVhost(Step):
    """Remove green's virtual host from the broker, with what was left in it."""

    vhost: str

    @property
    def title(self) -> str:
        return f"remove the broker's virtual host {self.vhost}"

    way_back = WayBack.ONE_WAY

    def done(self, hands: Hands, since: float | None) -> bool:
        return not hands.broker.has_vhost(self.vhost)

    def execute(self, hands: Hands) -> None:
        hands.broker.remove_vhost(self.vhost)

    def prove(self, hands: Hands, since: float | None) -> None:
        """See that it is gone: what is left in it, the next green would take for its own."""
        if not self.done(hands, since):
            raise StepFailed(
                f"the broker was told to remove the virtual host {self.vhost}, and still has it",
                now="blue does not use it",
                hint=f"`rabbitmqctl delete_vhost {self.vhost}` on the broker's host, then `liftlock resume`",
            )

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"the virtual host {self.vhost} was removed with its messages",
            now="blue does not use it",
            hint="go on: `liftlock resume`",
        )


@dataclass(frozen=True)
class RemoveHost(Step):
    """Remove a host that holds nothing else."""

    host: str

    @property
    def title(self) -> str:
        return f"remove the host {self.host}"

    way_back = WayBack.ONE_WAY

    @property
    def seconds(self) -> float:
        return 5.0

    def done(self, hands: Hands, since: float | None) -> bool:
        return not hands.provisioner.exists(self.host)

    def execute(self, hands: Hands) -> None:
        hands.provisioner.destroy(self.host)

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"{self.host} was removed with its disk",
            now="green serves",
            hint="its configuration lies in the backup; make a new host for it",
        )
