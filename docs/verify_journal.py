"""Says whether a journal of liftlock is what was written. Imports nothing of liftlock, changes nothing.

    python3 verify_journal.py journal.db [--last DIGEST]

The digest of a line is the SHA-256 of the digest before it (empty before line 1), a newline, and the line's other
columns as a JSON list. With `--last`, a digest kept elsewhere (or how it begins) must be in the chain.
"""

import argparse
import json
import sqlite3
import sys
from hashlib import sha256
from pathlib import Path

LINES = "SELECT seq, at, run, event, stage, ordinal, who, detail, digest FROM lines ORDER BY seq"
words = argparse.ArgumentParser(description="Verify a journal of liftlock.")
words.add_argument("journal", type=Path)
words.add_argument("--last", default="", metavar="DIGEST", help="kept elsewhere: it must be in the chain")
path, last = words.parse_args().journal.resolve(strict=True), words.parse_args().last
# Without a write-ahead log beside it nobody writes: then SQLite need not make files to look at it.
nobody_writes = "" if Path(f"{path}-wal").exists() else "&immutable=1"
book = sqlite3.connect(f"{path.as_uri()}?mode=ro{nobody_writes}", uri=True)
plans = {f"run-{n}": sha256(p.encode()).hexdigest() for n, p in book.execute("SELECT number, plan FROM runs")}
seq, digest, kept, wrong = 0, "", not last, ""
for *line, written in book.execute(LINES):
    content = json.dumps(line, ensure_ascii=False, default=str)
    if line[0] != seq + 1:
        wrong = f"line {seq + 1} is gone: after line {seq} comes line {line[0]}"
    elif sha256(f"{digest}\n{content}".encode()).hexdigest() != written:
        wrong = f"line {line[0]} ({line[2]}, {line[3]}) is not what was written"
    elif line[3] == "run begun" and plans.pop(line[2], "") != json.loads(line[7])["plan_sha256"]:
        wrong = f"line {line[0]}: the plan of {line[2]} is not what was written"
    if wrong:
        break
    seq, digest = line[0], written
    kept = kept or digest.startswith(last)
if not wrong and plans:
    wrong = f"{min(plans)} was put in without a line"
if not wrong and not kept:
    wrong = f"line {seq + 1} is gone, or was written anew: no line has the digest {last}"
print(wrong or f"good: {seq} lines, the last is {seq} {digest}")
sys.exit(bool(wrong))
