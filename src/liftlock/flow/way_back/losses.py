"""losses: what a restore would take from users, object by object, found out before anybody confirms it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from liftlock.errors import StepFailed
from liftlock.flow.site import Site
from liftlock.knowledge.kinds import BOOKKEEPING, Kind, object_kinds
from liftlock.plan.model import Plan
from liftlock.ports.databases import Databases
from liftlock.ports.scratch import Rows, ScratchServer
from liftlock.rehearsal.losses import Loss, Losses, OtherRows, losses_of, other_rows
from liftlock.rehearsal.strays import Placed, Stray, strays
from liftlock.steps.backup import BackUpDatabases

THEN = "_then"
NOW = "_now"
"""Behind the names of the copies on the scratch server."""
_PROJECTS = "SELECT id, name FROM project"
_SERVERS = (
    "SELECT i.uuid, COALESCE(i.display_name, ''), COALESCE(i.project_id, ''), COALESCE(i.host, ''),"
    " COALESCE(i.node, ''), COALESCE((SELECT f.name FROM {api}.flavors f WHERE f.id = i.instance_type_id), ''),"
    " COALESCE(IF(COALESCE(i.image_ref, '') = '', b.volume_id, ''), ''), {volume_host}"
    " FROM instances i"
    " LEFT JOIN block_device_mapping b ON b.instance_uuid = i.uuid AND b.boot_index = 0 AND b.deleted = 0"
    " WHERE i.deleted = 0"
)
_HYPERVISORS = "SELECT DISTINCT host, hypervisor_type FROM compute_nodes WHERE deleted = 0"


def what_is_lost(
    site: Site, server: ScratchServer, backup: str, databases: Sequence[str], tell: Callable[[str], None]
) -> Losses:
    """What putting `backup` back would lose at this moment; the cloud is only read.

    Its databases are copied once more, the copy is dropped afterwards. Raises `StepFailed` where a copy cannot be made
    or loaded.
    """
    at = site.hands.clock.now()
    now = f"{backup}-now-{time.strftime('%Y%m%dt%H%M%S', time.gmtime(at))}"
    tell(f"copying {len(databases)} databases as they are now")
    try:
        site.hands.databases.back_up(databases, now)
        return lost_between(site, server, (backup, now), databases, tell)
    finally:
        site.hands.databases.discard(now)


def lost_between(
    site: Site,
    server: ScratchServer,
    backups: tuple[str, str],
    databases: Sequence[str],
    tell: Callable[[str], None],
) -> Losses:
    """What of the second backup is not in the first, and the other way round."""
    tell(f"loading {backups[0]} and what is there now into a database server of liftlock's own")
    for backup, side in zip(backups, (THEN, NOW), strict=True):
        load(site.hands.databases, server, backup, side, databases)
    tell("comparing them, object by object")
    kinds = [k for k in object_kinds() if set(k.databases) & set(databases)]
    losses, unread = compared(server, kinds, databases)
    return Losses(
        site.file.name,
        backups[0],
        site.hands.clock.now(),
        tuple(losses),
        tuple(_strays(server, databases, site.file.databases.names)),
        tuple(_others(server, kinds, databases)),
        tuple(unread),
        _projects(server, databases),
    )


def load(port: Databases, server: ScratchServer, backup: str, side: str, databases: Sequence[str]) -> None:
    """Load every copy of a backup, under its usual name with `side` behind it."""
    for name in databases:
        server.drop(name + side)
        server.load(port.copy_of(name, backup), name + side)


def compared(
    server: ScratchServer, kinds: Sequence[Kind], databases: Sequence[str]
) -> tuple[list[Loss], list[str]]:
    """Losses, and what could not be compared, of copies that are loaded."""
    then, now = ({name: name + side for name in databases} for side in (THEN, NOW))
    losses: list[Loss] = []
    unread: list[str] = []
    for kind in kinds:
        try:
            with server.objects(kind, then, now) as kept:
                losses += list(losses_of(kind, kept))
        except StepFailed as failed:
            unread.append(failed.what)
    return losses, unread


def _others(server: ScratchServer, kinds: Sequence[Kind], databases: Sequence[str]) -> Iterator[OtherRows]:
    """Rows of tables that belong to no kind."""
    known = {(d, t) for k in kinds for d in k.databases for t in (k.table, *(x.table for x in k.details))}
    for name in databases:
        tables = {
            t.name: [c for c in t.columns if c not in BOOKKEEPING]
            for t in server.schema(name + THEN).tables.values()
            if not t.view and (name, t.name) not in known and not t.name.startswith("alembic_version")
        }
        yield from other_rows(name, server.altered(name + THEN, name + NOW, tables))


def _projects(server: ScratchServer, databases: Sequence[str]) -> Mapping[str, str]:
    if "keystone" not in databases:
        return {}
    rows = (_rows(server, "keystone" + side, _PROJECTS) for side in (THEN, NOW))
    return {identity: name for side in rows for identity, name in side}


def _rows(server: ScratchServer, database: str, question: str) -> Rows:
    """What a copy answers; a question that it cannot answer is no empty answer."""
    outcome = server.trial(database, [question])
    if outcome.error:
        raise StepFailed(
            f"the copy {database} could not be asked: {outcome.error}", now="nothing was changed"
        )
    return outcome.rows


def _strays(server: ScratchServer, databases: Sequence[str], names: Mapping[str, str]) -> Iterator[Stray]:
    """Instances that would be without their record, by what both sides say about where servers are."""
    if not {"nova", "nova_api"} <= set(databases):
        return
    before, now = (_placed(server, side, volumes="cinder" in databases) for side in (THEN, NOW))
    hypervisors = {host: kind for host, kind in _rows(server, "nova" + NOW, _HYPERVISORS)}  # noqa: C416
    numbered = server.schema("nova" + THEN).column("instances", "compute_id") is not None
    yield from strays(before, now, hypervisors, cell=names.get("nova", "nova"), by_compute_id=numbered)


def _placed(server: ScratchServer, side: str, *, volumes: bool) -> dict[str, Placed]:
    where = f"COALESCE((SELECT v.host FROM cinder{side}.volumes v WHERE v.id = b.volume_id), '')"  # noqa: S608
    question = _SERVERS.format(api="nova_api" + side, volume_host=where if volumes else "''")
    return {row[0]: Placed(*row) for row in _rows(server, "nova" + side, question)}


def kept_copy(plan: Plan) -> tuple[tuple[str, ...], str]:
    """(databases, backup) in which a restore's plan keeps what was there before it."""
    return next((s.databases, s.backup) for _, s in plan.steps() if isinstance(s, BackUpDatabases))


def keep(losses: Losses, folder: Path, name: str, text: str) -> tuple[Path, str]:
    """Write the whole list as text and JSON into `folder`; returns the text's file and the JSON's hash."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = json.dumps({"format": 1, **asdict(losses)}, indent=1, ensure_ascii=False)
    for ending, content in ((".json", document), (".txt", text)):
        path = folder / f"{name}{ending}"
        path.touch(mode=0o600)
        path.write_text(content)
    return folder / f"{name}.txt", sha256(document.encode()).hexdigest()
