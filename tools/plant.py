"""Faults planted on the real lab, one after the other: each must be found by its name, and gone when it is taken out.

    python tools/plant.py              # all of them, on the lab that is up; code 1 if one was not as it should be
    python tools/plant.py rpc_pinned   # only those whose check is named
    python tools/plant.py --list

Before anything is planted the lab is assessed: what is found then must be what `planted_faults.CLEAN` lists. While a
fault is in, the lab must have exactly that and the fault's own findings more; afterwards nothing more than that again.
A fault that cannot be planted, is not found or does not go is told of, and the next one is tried.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kills import on_host
from planted_faults import CLEAN, FAULTS, Fault
from rounds import bastion, new_lab

TARGET = "2026.1"
ASSESS_S = 300
"""How long one assessment may take, in seconds."""
TYPED_S = 120
"""How long a command on a host may take, in seconds."""
PATIENCE_S = 90.0
"""How long what is found may take to become what is awaited, in seconds: workers report and recover by and by."""
LIMIT_S = 90 * 60.0
"""After so long no further fault is begun, in seconds."""

Findings = Mapping[str, str]
"""Name of each finding -> its sentence."""


def found(*more: str) -> Findings:
    """What is found on the lab now; `more` are words for `liftlock assess`."""
    words = ("liftlock", "assess", "--to", TARGET, "-f", "json", *more)
    rows = json.loads(bastion("timeout", str(ASSESS_S), *words))
    return {row["Name"]: row["What"] for row in rows}


def looked(wrong: Callable[[Findings], list[str]], *more: str) -> Findings:
    """What is found once nothing is `wrong` with it, or after a while whatever it is then."""
    deadline = time.monotonic() + PATIENCE_S
    now = found(*more)
    while wrong(now) and time.monotonic() < deadline:
        now = found(*more)
    return now


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """The fault is in while the block runs; it is taken out even where it could only be planted half."""
    try:
        typed(fault, fault.plant)
        time.sleep(fault.settle_s)
        yield
    finally:
        typed(fault, fault.undo)


def typed(fault: Fault, command: str) -> None:
    """Run a command on the fault's host; ends everything, as `rounds.liftlock` does, where it fails."""
    on_host(f"ssh root@{fault.host}", bounded(command))


def bounded(command: str) -> str:
    """A command line that ends what does not end by itself."""
    return f"timeout -k 5 {TYPED_S} sh -c {shlex.quote(command)}"


def differences(fault: Fault, before: Findings, now: Findings) -> list[str]:
    """What is not as it should be while the fault is in, in words."""
    more = {name: what for name, what in now.items() if name not in before}
    missed = [] if any(m.startswith(fault.finds[0]) for m in more) else [f"{fault.finds[0]} was not found"]
    strange = [f"{m}: {what} was found too" for m, what in more.items() if not m.startswith(fault.finds)]
    lost = [f"{name} is not found any more" for name in before if name not in now]
    return [*missed, *strange, *lost]


def remains(before: Findings, now: Findings) -> list[str]:
    """What is not as it was before the fault, in words."""
    left = [f"{name}: {what} is still found" for name, what in now.items() if name not in before]
    return [*left, *(f"{name} is not found any more" for name in before if name not in now)]


def try_out(fault: Fault, before: Findings) -> tuple[dict[str, Any], Findings]:
    """Plant it, look, take it out, look again: what came of it, and what is found from now on."""
    began, wrong, sentence = time.monotonic(), [], ""
    try:
        with planted(fault):
            now = looked(lambda seen: differences(fault, before, seen), *fault.asks)
            sentence = next(
                (w for n, w in now.items() if n.startswith(fault.finds[0]) and n not in before), ""
            )
            wrong += differences(fault, before, now)
    except SystemExit as failed:
        # Taking it out fails too where it was planted half.
        wrong += [str(one) for one in (failed.__context__, failed) if isinstance(one, SystemExit)]
    try:
        after = looked(lambda seen: remains(before, seen))
        wrong += remains(before, after)
    except SystemExit as failed:
        after = before
        wrong.append(str(failed))
    took = round(time.monotonic() - began, 1)
    return {"on": fault.host, "typed": fault.plant, "found": sentence, "wrong": wrong, "seconds": took}, after


def tried(faults: Sequence[Fault], before: Findings) -> dict[str, dict[str, Any]]:
    """First finding of each fault -> what came of it, printed as it goes; what a fault leaves is the next one's lab."""
    told: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + LIMIT_S
    for fault in faults:
        name = fault.finds[0]
        if time.monotonic() > deadline:
            told[name] = {"on": fault.host, "wrong": [f"not tried: {LIMIT_S / 60:.0f} minutes were over"]}
        else:
            told[name], before = try_out(fault, before)
        print(f"{name}:", "; ".join(told[name]["wrong"]) or "found, and gone", flush=True)
    return told


def clean_lab() -> tuple[dict[str, Any], Findings]:
    """What a lab with no fault is found to have, beside what it should; and that as it is."""
    now = looked(unlisted)
    wrong = unlisted(now)
    print("clean:", *(f"\n  {name}: {what}" for name, what in now.items()), *wrong, flush=True)
    told = {
        name: {"what": what, "because": CLEAN.get(name, "nobody expected it")} for name, what in now.items()
    }
    return {"found": told, "wrong": wrong}, now


def unlisted(now: Findings) -> list[str]:
    """What is found and not listed for a clean lab, or listed and not found, in words."""
    more = [f"{name}: {what} was not expected" for name, what in now.items() if name not in CLEAN]
    return [*more, *(f"{name} was expected" for name in CLEAN if name not in now)]


def planting(folder: Path) -> dict[str, Any]:
    """A fresh lab as it is, and with every fault in turn."""
    new_lab(folder)
    return of(FAULTS)


def of(faults: Sequence[Fault]) -> dict[str, Any]:
    """The lab that is up as it is, and with these faults in turn."""
    clean, before = clean_lab()
    told = tried(faults, before)
    good = sum(not one["wrong"] for one in told.values())
    checks = len({fault.check for fault in faults if not told[fault.finds[0]]["wrong"]})
    return {"clean": clean, "as_they_should_be": good, "of": len(told), "checks": checks, "faults": told}


def main() -> int:
    """Try the faults that are asked for; 0 if each was found and went away."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checks", nargs="*", help="only faults of these checks")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--save", type=Path, help="write what came of it as JSON")
    asked = parser.parse_args()
    chosen = [f for f in FAULTS if not asked.checks or f.check in asked.checks]
    if asked.list:
        print("\n".join(f"{f.check}\n  on {f.host}: {f.plant}\n  undo: {f.undo}" for f in chosen))
        return 0
    told = of(chosen)
    if asked.save:
        asked.save.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return int(bool(told["clean"]["wrong"]) or told["as_they_should_be"] < told["of"])


if __name__ == "__main__":
    sys.exit(main())
