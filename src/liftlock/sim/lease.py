"""Who owns a simulated cloud."""

from __future__ import annotations

from liftlock.ports.lease import LEASE_S, Holder, Owned, held, taken_over
from liftlock.sim.cloud import Life
from liftlock.sim.world import SimLease


class SimLeases:
    """Keeps the `Lease` port; every host sees an epoch the moment it is given out."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def take(self, holder: Holder, bastion: str) -> int:
        """The next epoch, unless another bastion's owner lives."""
        self._life.check()
        cloud = self._life.cloud
        with cloud.lock:
            was = cloud.lease
            if was.holder and was.bastion != bastion and cloud.clock.now() - was.renewed < LEASE_S:
                raise held(was.holder)
            cloud.lease = SimLease(was.epoch + 1, holder, bastion, cloud.clock.now())
            self._life.epoch = was.epoch + 1
            return was.epoch + 1

    def renew(self) -> None:
        """A sign of life at this moment."""
        cloud = self._life.cloud
        with cloud.lock:
            if cloud.lease.epoch != self._life.epoch:
                raise taken_over(cloud.lease.holder)
            cloud.lease.renewed = cloud.clock.now()

    def look(self) -> Owned | None:
        """Whoever took it last, unless it let go."""
        cloud = self._life.cloud
        with cloud.lock:
            was = cloud.lease
            if was.holder is None:
                return None
            return Owned(str(was.holder), was.bastion, cloud.clock.now() - was.renewed)

    def release(self) -> None:
        """Nobody owns it."""
        cloud = self._life.cloud
        with cloud.lock:
            if cloud.lease.epoch == self._life.epoch and not self._life.over:
                cloud.lease.holder = None
            self._life.epoch = 0
