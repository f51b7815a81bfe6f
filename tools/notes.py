"""How well the matcher finds the release notes that matter: against a list judged before, for the lab's files.

    python tools/notes.py docs/evidence/5-notes-judged.json docs/evidence/5-notes-matched.json
    python tools/notes.py docs/evidence/5-notes-judged-2024.1.json docs/evidence/5-notes-matched-2024.1.json

The first list was known to whoever wrote the matcher. The second was judged before the matcher was run on it;
`5-notes-first-try*.json` are what came of each list the first time.

Reads the released files from the cache, or fetches them. The notes' texts stay there: the result names files,
sections, and what of the lab each is tied to.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftlock.cloud.notes import Note, Usage, matter
from liftlock.flow.briefing.noting import notes_of
from liftlock.flow.releases.hop import hops
from liftlock.flow.wiring import artefacts
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.release_facts import facts_of
from liftlock.lab.cloudware import authority, secrets
from liftlock.lab.cloudware.fitting import fittings
from liftlock.lab.cloudware.setting import Setting
from liftlock.lab.cloudware.wishes import wish_for
from liftlock.lab.topology import topology

NOT_RUN = ("cinder-backup",)
HYPERVISOR = "fake"
"""Kind of the lab's hypervisors, as nova tells it (nova's fake driver)."""
PYTHON = (3, 13)
"""Of the hosts' image."""

Key = tuple[str, str, str, str]


def usages(folder: Path, source: str, target: str) -> Mapping[str, Usage]:
    """What each service of the lab has at the older series, as its templates make it."""
    shape = topology("tiny")
    authority.make(folder, shape.public_front_door)
    lab = Setting(source, shape, folder, secrets.load_or_make(folder / "secrets", fittings()))
    files = {f.path: f.content for host in reversed(shape.hosts) for f in wish_for(lab, host).files}
    return {
        name: Usage(
            service=name,
            texts={p: t for p, t in files.items() if p.startswith(tuple(f"{c}/" for c in s.configuration))},
            parts=frozenset(part.name for part in s.parts if part.name not in NOT_RUN),
            old=facts_of(source),
            new=facts_of(target),
            pythons=frozenset({PYTHON}),
            on_the_bus=any(part.topics for part in s.parts),
            hypervisors=frozenset({HYPERVISOR}),
        )
        for name, s in services().items()
    }


def key(note: Note) -> Key:
    """What the judged list calls it."""
    words = " ".join(note.text.split())
    return note.service, note.name, note.section, hashlib.sha256(words.encode()).hexdigest()[:16]


def main(judged_file: Path, result_file: Path) -> int:
    """Write what was matched, and print what differs from what was judged."""
    judged = json.loads(judged_file.read_text())
    wanted = {(n["service"], n["note"], n["section"], n["text_sha256"]): n for n in judged["notes"]}
    source, target = judged["hop"].split(" → ")
    shelf = artefacts(offline=False, tell=lambda line: print(line, file=sys.stderr))
    notes = [note for hop in hops(shelf, (), source, target, ("notes",)) for note in notes_of(hop.facts)]
    strange = [key(note) for note in notes if key(note) not in wanted]
    with tempfile.TemporaryDirectory() as folder:
        found = {key(note): told for note, told in matter(notes, usages(Path(folder), source, target))}
    how = f"python tools/notes.py {judged_file} {result_file}"
    result = {"hop": judged["hop"], "how": how, **measured(wanted, found, len(strange))}
    result_file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    for name in ("precision", "recall", "judged", "matter", "matched", "not_in_the_list"):
        print(f"{name}: {result[name]}")
    for name in ("missed", "wrongly_matched"):
        for one in result[name]:
            print(f"{name}: {one['service']} {one['section']} {one['note']}: {one['because']}")
    return 0


def measured(wanted: Mapping[Key, Any], found: Mapping[Key, Any], strange: int) -> dict[str, Any]:
    """Precision and recall, and each note on which list and matcher disagree or agree."""
    right = {k for k, n in wanted.items() if n["matters"]}
    both = right & set(found)

    def told(keys: set[Key]) -> list[dict[str, Any]]:
        return [
            {
                **{n: wanted[k][n] for n in ("service", "note", "section", "because")},
                "ties": [str(t) for t in found.get(k, ())],
            }
            for k in sorted(keys)
        ]

    known = set(found) & set(wanted)
    return {
        "judged": len(wanted),
        "matter": len(right),
        "matched": len(known),
        "precision": round(len(both) / len(known), 3) if known else None,
        "recall": round(len(both) / len(right), 3),
        "not_in_the_list": strange,
        "missed": told(right - set(found)),
        "wrongly_matched": told(known - right),
        "found": told(both),
    }


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
