"""The target's own upgrade checks: the last word of the new release before anything of the databases is changed."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.cloud.answers import UpgradeAnswer
from liftlock.errors import StepFailed
from liftlock.plan.step import Question
from liftlock.ports.hands import Hands

TRIES = 4
"""How often a check is asked that fails: cinder's takes a volume that is just being made for one without a service."""
PAUSE_S = 5.0
NOW = "nothing of the databases was changed; users are served as before"


@dataclass(frozen=True)
class AskUpgradeCheck(Question):
    """Ask one service's upgrade check, by the code of the release that is to serve and with the cloud's own files.

    What fails holds the run: nobody can accept it. What warns, or gives no answer, is told, and holds the run only
    where policy wants somebody to accept every risk, and nobody has.
    """

    service: str
    host: str
    """Where the service's configuration and the release lie."""
    release: str
    command: tuple[str, ...]
    """As it may be typed by hand: `nova-status upgrade check`."""

    @property
    def title(self) -> str:
        return f"{self.service}: {' '.join(self.command)} ({self.release.split('-')[0]}, on {self.host})"

    @property
    def seconds(self) -> float:
        return 4.0

    def execute(self, hands: Hands) -> str:
        """What it warns of goes into the journal, with the names under which it can be accepted."""
        answer = self._ask(hands)
        if answer.failures:
            raise StepFailed(
                f"{self._its_check} fails: {'; '.join(map(str, answer.failures))}",
                now=NOW,
                hint=f"mend that, then `liftlock resume` asks again; `{self._typed(hands)}` on {self.host} says it too",
            )
        risks = dict(answer.risks())
        if undecided := hands.decisions.undecided(tuple(risks)):
            told = "; ".join(f"{name}: {risks[name]}" for name in undecided)
            raise StepFailed(
                f"{self._its_check} found what nobody has accepted, and policy lets no risk stand open: {told}",
                now=NOW,
                hint=f"remove it, or `liftlock risk accept {undecided[0]} --until DAY --reason WHY`, then "
                "`liftlock resume`",
            )
        return "; ".join(f"{name}: {words}" for name, words in risks.items()) or "it found nothing"

    def _ask(self, hands: Hands) -> UpgradeAnswer:
        """What fails is asked again: it may have been under way. What warns is not."""
        folder = hands.deployer.folder(self.release)
        answer = hands.upgrade_checks.ask(self.host, folder, self.service)
        for _ in range(TRIES - 1):
            if not answer.failures:
                break
            hands.clock.sleep(PAUSE_S)
            answer = hands.upgrade_checks.ask(self.host, folder, self.service)
        return answer

    @property
    def _its_check(self) -> str:
        return f"{self.service}: the upgrade check of {self.release.split('-')[0]}"

    def _typed(self, hands: Hands) -> str:
        return f"{hands.deployer.folder(self.release)}/bin/{' '.join(self.command)}"
