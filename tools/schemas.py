"""Record the tables that the migrations of a release leave on an empty server, for `tests/contract/losses`.

    python tools/schemas.py 2026.1 ENVIRONMENT

`ENVIRONMENT` is a folder made by `python -m venv` with the release's services installed. Kept are the tables that
liftlock reads objects of, and a few beside them.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.kinds import object_kinds

ROOT = Path(__file__).parents[1]
BESIDE = {"services", "agents", "alembic_version", "compute_nodes", "instance_actions"}
_SECTIONS = (("api_database", "nova_api"), ("placement_database", "placement"))


def migrated(server: ScratchMariaDb, code: VenvCode) -> None:
    """Make every database, and run the release's own commands on it."""
    for service in services().values():
        for database in service.databases:
            server.make(database)
    for service in services().values():
        for step in (m for m in service.migrations if m.phase != "online"):
            for database in step.databases if step.alone else step.databases[:1]:
                settings = {"database": {"connection": server.address(database)}}
                settings |= {section: {"connection": server.address(name)} for section, name in _SECTIONS}
                ended = code.run((*step.command, *step.alone), settings)
                print(
                    f"{database}: {step.name} ended with {ended.code} after {ended.seconds:.0f} s", flush=True
                )
                if ended.code:
                    sys.exit(ended.words)


def tables(server: ScratchMariaDb) -> dict[str, object]:
    """Database -> table -> primary key and columns."""
    known = {
        (d, t) for k in object_kinds() for d in k.databases for t in (k.table, *(x.table for x in k.details))
    }
    return {
        database: {
            t.name: {
                "primary": t.primary,
                "columns": {
                    c.name: [c.type, c.nullable, c.default, c.automatic, c.charset, c.collation]
                    for c in t.columns.values()
                },
            }
            for t in sorted(server.schema(database).tables.values(), key=lambda t: t.name)
            if (database, t.name) in known or t.name in BESIDE
        }
        for service in services().values()
        for database in service.databases
    }


def main(series: str, environment: str) -> None:
    """Record one series."""
    with scratch_server() as server:
        migrated(server, VenvCode(Path(environment)))
        text = json.dumps(tables(server), separators=(",", ":"))
    path = ROOT / "tests" / "contract" / "losses" / "schemas" / f"{series}.json.gz"
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
