"""Each service knows best what it cannot be upgraded with: its own check of the target release was asked."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.answers import FAILURE, FINE, UpgradeAnswer, UpgradeResult
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, services
from liftlock.knowledge.placing import series_of


@check(
    "Do the upgrade checks of the target's own services find nothing?",
    when="`<service>-status upgrade check` of `assess --target-env` fails (blocker), warns, gives no answer, or is of "
    "another series than the target",
    says=(BLOCKER, RISK),
)
def upgrade_check_warns(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service and thing looked at; silent where nobody asked."""
    for answer in cloud.upgrade_answers:
        series = _series(answer)
        if series not in (None, target.id):
            yield risk(
                answer.service,
                f"{answer.service}: its upgrade check that answered is {answer.version}, of {series}, not {target.id}",
                f"name the environment of {target.id} as `--target-env`",
                f"version installed beside the program on {answer.host}: {answer.version}",
            )
        elif answer.lacks:
            yield risk(
                answer.service,
                f"{answer.service}: its upgrade check {answer.lacks}",
                f"on {answer.host}: run `{_typed(answer)}` of the target by hand, with the account of {answer.service}",
                f"`{_typed(answer)}` on {answer.host} ended with code {answer.code}",
            )
        else:
            yield from (_told(answer, result) for result in answer.results if result.code != FINE)


def _series(answer: UpgradeAnswer) -> str | None:
    try:
        return series_of(answer.service, answer.version) if answer.version else None
    except ValueError:
        return None


def _told(answer: UpgradeAnswer, result: UpgradeResult) -> Finding:
    """What one result says."""
    tell = blocker if result.code >= FAILURE else risk
    return tell(
        answer.about(result),
        f"{answer.service}: {result}",
        f"see what {answer.service}'s documentation says about it (`{_typed(answer)}`), then ask again",
        f"`{_typed(answer)}` {answer.version or 'of the target'} on {answer.host}: code {result.code}",
    )


def _typed(answer: UpgradeAnswer) -> str:
    return " ".join(services()[answer.service].status_check)
