"""What a restore after `finalize` loses, on the real lab: liftlock's list beside the word of those who wrote.

People make, change and delete objects of every kind through the APIs (`tools/at_work.py`), and keep a ledger of what
became of each. The list that `liftlock restore` shows before anybody confirms is compared with it object by object;
then the restore is done and timed, and what the APIs show before and after it is compared with the list too.
"""

from __future__ import annotations

import calendar
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faults import cloud_file, status
from rounds import bastion, fresh_lab, seconds, tenants_things, upgrade
from tenants.ledger import DELETED, MADE, Fates, fates
from tenants.sight import KINDS, QUOTAS, Look, differences

from liftlock.cloud.file import load
from liftlock.rehearsal.strays import Astray

AT_WORK = Path(__file__).parent / "at_work.py"
NAMED = 200
"""So many differences are named at most; all are counted."""


def losses(folder: Path) -> dict[str, Any]:
    """Lift, finalize, write, list, restore, look: what was listed, what was written, and what was gone."""
    fresh_lab(folder)
    took = {"before": seconds(lambda: at_work("before", folder)), "look": look(folder, 0)}
    upgrade(folder / "plan.json")
    bastion("liftlock", "finalize", "--cloud", "lab")
    bastion("liftlock", "verify")
    took["writes"] = seconds(lambda: at_work("after", folder))
    look(folder, 1)
    took["list"] = seconds(lambda: bastion("liftlock", "restore", "--what-is-lost"))
    listed = newest("before")
    took["restore"] = seconds(lambda: bastion("liftlock", "restore", "--yes-lose-writes-of", "lab"))
    took["restore_without_lists"] = run_seconds(str(status()["run"]))
    bastion("liftlock", "verify")
    look(folder, 2)
    return {
        "seconds": took,
        **judged(folder, listed),
        "final_list": beside(fates(newest("lost")["losses"]), ledger(folder)),
        "users_things": tenants_things(folder),
    }


def judged(folder: Path, listed: Mapping[str, Any]) -> dict[str, Any]:
    """The list beside the ledger and beside what could be seen; the folder has both."""
    told, wrote = fates(listed["losses"]), read(folder / "ledger.json")
    looks: list[Look] = [read(folder / f"look-{number}.json") for number in range(3)]
    gone = {key: fate for key, fate in differences(looks[2], looks[1]).items() if visible(key)}
    return {
        "writes": len(wrote["writes"]),
        "writes_by_service": dict(Counter(str(one["port"]) for one in wrote["writes"])),
        "writes_that_failed": [*read(folder / "made-before.json")["failed"], *wrote["failed"]],
        "objects": dict(Counter(fates(wrote["fates"]).values())),
        "kinds": len({kind for kind, _ in fates(wrote["fates"])}),
        "not_compared": listed["unread"],
        "list_beside_ledger": beside(told, ledger(folder)),
        "strays_beside_ledger": beside(strays(listed), servers(ledger(folder))),
        "list_beside_what_was_gone": beside({k: f for k, f in told.items() if visible(k)}, gone),
        "not_as_at_the_backup": named(differences(looks[0], looks[2])),
    }


def at_work(*words: str | Path) -> None:
    """People at work, on the lab's bastion; what they say is printed."""
    print(bastion(sys.executable, str(AT_WORK), *map(str, words)), end="", flush=True)


def look(folder: Path, number: int) -> float:
    """Write down what can be seen of everything; seconds it took."""
    return seconds(lambda: at_work("look", folder, folder / f"look-{number}.json"))


def read(file: Path) -> Any:
    """Content of a JSON file."""
    return json.loads(file.read_text())


def ledger(folder: Path) -> Fates:
    """What became of every object, by those who did it."""
    return fates(read(folder / "ledger.json")["fates"])


def newest(when: str) -> dict[str, Any]:
    """The newest list that liftlock kept, `before` a restore or of what was `lost`."""
    folder = load(cloud_file()).state / "losses"
    found: dict[str, Any] = read(max(folder.glob(f"*-{when}-*.json"), key=lambda file: file.stat().st_mtime))
    return found


def run_seconds(run: str) -> float:
    """From the first line of a run in the journal to its last."""
    lines = json.loads(bastion("liftlock", "audit", run, "-f", "json"))
    times = [calendar.timegm(time.strptime(line["At"], "%Y-%m-%d %H:%M:%S UTC")) for line in lines]
    return float(max(times) - min(times))


def strays(listed: Mapping[str, Any]) -> Fates:
    """Servers that the list calls astray, as if the ledger had them."""
    meant = {Astray.UNKNOWN: MADE, Astray.GONE: DELETED}
    return {("server", one["id"]): meant.get(one["why"], one["why"]) for one in listed["strays"]}


def servers(all_fates: Fates) -> Fates:
    """Those that a restored database would not know, or would know in vain."""
    return {key: fate for key, fate in all_fates.items() if key[0] == "server" and fate in (MADE, DELETED)}


def visible(key: tuple[str, str]) -> bool:
    """Whether a look sees such an object: of limits it sees a few."""
    kind, thing = key
    looked_at = {name for names in QUOTAS.values() for name in names}
    return kind in KINDS and (kind != "quota" or thing.rpartition("/")[2] in looked_at)


def beside(told: Fates, true: Fates) -> dict[str, Any]:
    """What agrees, what is missing in the first, what is surplus, and what is told otherwise."""
    missing = {key: fate for key, fate in true.items() if key not in told}
    surplus = {key: fate for key, fate in told.items() if key not in true}
    otherwise = {
        key: f"{fate}, and {true[key]} in truth"
        for key, fate in told.items()
        if key in true and true[key] != fate
    }
    return {
        "agree": len(told) - len(surplus) - len(otherwise),
        "missing": named(missing),
        "surplus": named(surplus),
        "otherwise": named(otherwise),
    }


def named(found: Fates) -> dict[str, Any]:
    """How many, of which kinds, and which."""
    lines = sorted(f"{kind} {thing}: {fate}" for (kind, thing), fate in found.items())
    return {"count": len(lines), "kinds": dict(Counter(kind for kind, _ in found)), "which": lines[:NAMED]}
