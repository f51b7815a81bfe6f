"""Only a backup that was restored once is known to be one."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.checks.scope import services_databases
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series

DAYS = 7
"""An older one lacks what users have made in a week."""
DAY_S = 86_400.0
TAKE = (
    "`liftlock plan --to {series} --strategy in_place -o backup.json`, then `liftlock run backup.json --no-wait`: it "
    "makes one, restores it on the side, and stops at the gate `start`, before anything that runs is touched"
)


@check(
    "Is there a fresh backup that is known to restore?",
    when=f"judged for the series it runs: no backup of all databases, none that was ever restored on the side, or none "
    f"of the last {DAYS} days",
    says=(ADVICE,),
)
def backup_untried(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Looks at liftlock's own backups; backups made by others it does not know.

    Silent about a hop: the plan for it makes one and restores it on the side first.
    """
    if cloud.backups is None or series_of_cloud(cloud) != target.id:
        return
    wanted = {database.name for database in services_databases(cloud)}
    whole = [b for b in cloud.backups if wanted <= set(b.databases)]
    tried = [b for b in whole if b.proven]
    if not whole:
        what = "there is no backup of all of the services' databases"
    elif not tried:
        what = f"no backup was ever restored on the side, the newest ({whole[-1].name}) neither"
    elif (age := (cloud.taken_at - tried[-1].made_at) / DAY_S) > DAYS:
        what = f"the newest backup that is known to restore ({tried[-1].name}) is {age:.0f} days old"
    else:
        return
    names = ", ".join(b.name for b in cloud.backups) or "none"
    take = TAKE.format(series=target.id)
    yield advice(cloud.name, f"{cloud.name}: {what}", take, f"backups beside the journal: {names}")
