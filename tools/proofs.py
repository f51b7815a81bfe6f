"""Prove hops between releases, without a cloud: the evidence for issue 5, part B.

    python tools/proofs.py /var/cache/liftlock-dev/envs 2023.1:2024.1 2024.1:2025.1 2025.1:2026.1

For each hop it makes databases of the old release by that release's own migrations, puts rows into them (made up by
the old code's mapping, and a few that only a cloud in use has), dumps them, and runs the proof over the dumps. What
came out is written to `docs/evidence/5-proof-<commit>.json` hop by hop, so that a run that is stopped keeps what it
has; the table for `docs/proof.md` is printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.drivers.scratch.server import program
from liftlock.errors import LiftlockError
from liftlock.flow.copies.gathering import Ground
from liftlock.flow.proof import Proof, Wish, proofs
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.service import Service
from liftlock.rehearsal.families import of_database
from liftlock.rehearsal.trials import row

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.made_up_rows import in_use, made_up  # noqa: E402

EVIDENCE = ROOT / "docs" / "evidence"


def main() -> None:
    """All hops, one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("environments", type=Path, help="folder with one environment per series")
    parser.add_argument("hops", nargs="+", metavar="OLD:NEW")
    parser.add_argument(
        "--dumps", type=Path, default=Path("/var/cache/liftlock-dev/dumps"), help="kept between runs"
    )
    parser.add_argument("--service", action="append", default=[], help="only these")
    parser.add_argument("--into", type=Path, default=evidence_file(), help="evidence that exists is added to")
    told = parser.parse_args()
    # A release's code is asked once, however often it is old or new.
    series = {name for hop in told.hops for name in hop.split(":")}
    code = {name: VenvCode(told.environments / name) for name in series}
    for hop in told.hops:
        old, new = hop.split(":")
        chosen = [
            s for s in services().values() if s.databases and (s.name in told.service or not told.service)
        ]
        dumps = old_databases(code[old], told.dumps / old, chosen)
        with scratch_server() as server:
            ground = Ground(server, code[old], code[new])
            wish = Wish(tuple(map(str, dumps)), services=tuple(s.name for s in chosen))
            for proof in proofs(ground, wish, partial(print, hop, flush=True)):
                keep(told.into, hop, proof)
                print(table_row(hop, proof), flush=True)


def old_databases(code: VenvCode, folder: Path, chosen: list[Service]) -> list[Path]:
    """Dumps of the old release's databases, made unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {d: folder / f"{d}.sql.gz" for s in chosen for d in s.databases}
    if not all(path.exists() for path in wanted.values()):
        with scratch_server() as server:
            for service in chosen:
                if not all(wanted[d].exists() for d in service.databases):
                    fill(server, code, service)
                    for database in service.databases:
                        dump(server, database, wanted[database])
    return list(wanted.values())


def fill(server: ScratchMariaDb, code: VenvCode, service: Service) -> None:
    """Make a service's databases as its own release does, with rows."""
    for database in service.databases:
        server.make(database)
    others = (("api_database", "nova_api"), ("placement_database", "placement"))
    settings = {section: {"connection": server.address(name)} for section, name in others}
    for migration in service.migrations:
        for database in migration.databases if migration.alone else migration.databases[:1]:
            if migration.phase != "online":
                own = {"database": {"connection": server.address(database)}}
                ended = code.run([*migration.command, *migration.alone], {**settings, **own})
                print(
                    service.name,
                    migration.name,
                    database,
                    ended.code,
                    ended.words if ended.code else "",
                    flush=True,
                )
    families = code.mapped(service.name).families
    for database in service.databases:
        schema = server.schema(database)
        taken = [
            s for s in made_up(of_database(families, schema), schema, row) if not insert(server, database, s)
        ]
        used = [s for s in in_use(database) if not insert(server, database, s)]
        print(f"{database}: {len(taken)} rows made up, {len(used)} as in use", flush=True)


def insert(server: ScratchMariaDb, database: str, statement: str) -> str:
    """Run it; what the server said if it did not take it."""
    try:
        server.do(database, ["SET foreign_key_checks = 0", statement])
    except LiftlockError as refused:
        return refused.what
    return ""


def dump(server: ScratchMariaDb, database: str, path: Path) -> None:
    """Write a database to a packed file, in one move."""
    words = [
        program("mariadb-dump"),
        "--no-defaults",
        f"--socket={server.socket}",
        "--user=root",
        "--hex-blob",
    ]
    told = subprocess.run([*words, database], capture_output=True, check=True).stdout
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(gzip.compress(told))
    unfinished.rename(path)


def evidence_file() -> Path:
    """Where the evidence of this commit goes."""
    words = ["git", "rev-parse", "--short=10", "HEAD"]
    commit = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    return EVIDENCE / f"5-proof-{commit}.json"


def keep(path: Path, hop: str, proof: Proof) -> None:
    """Add a proof to the evidence."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    found.setdefault(hop, {})[proof.service] = asdict(proof)
    path.write_text(json.dumps(found, indent=1) + "\n")


def table_row(hop: str, proof: Proof) -> str:
    """A row of the page's table."""
    places = "; ".join(
        dict.fromkeys(f"{h.place} ({h.why}, {h.revision or 'no revision'})" for h in proof.hazards)
    )
    kinds = ", ".join(k.rsplit(".", 1)[-1] for k in dict.fromkeys((*proof.unreadable, *proof.unwritable)))
    cells = (hop.replace(":", " → "), proof.service, proof.verdict, places, kinds, f"{proof.seconds:.0f}")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
