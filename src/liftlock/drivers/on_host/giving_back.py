"""Stops a unit, and gives back to its broker what that hands it while it ends its work.

A worker of oslo.messaging that is told to stop reads no further calls, and stays subscribed until it has ended what it
has under way. As it closes, it reads what has come meanwhile, acknowledges it and drops it (`Connection.close` of
oslo.messaging 16.1 and 17.3: it deletes its fanout queue, and reads until that is answered). What lies unread in a
connection is what nobody reads any more: cut, the broker gives it to the worker that took over.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_LOOK_S = 0.01
_LOOKS = 1
"""For so many looks more nothing was read. At 0.04 s and 3 of them a conductor of the lab had closed before."""
_ESTABLISHED = "01"


def main(unit: str, ports: list[int], patience_s: float) -> None:
    """Print how many connections were cut, and how many could not be."""
    group = folders(_systemctl("show", "--property=ControlGroup", "--value", unit))
    _systemctl("disable", "--quiet", unit)
    _systemctl("stop", "--no-block", unit)
    print(json.dumps(watched(lambda: processes(group), ports, patience_s)))


def watched(processes: Callable[[], list[int]], ports: list[int], patience_s: float) -> tuple[int, int]:
    """Until no process is left: cut what nobody reads. How many connections that were, and how many stayed."""
    cut, stay, before, end = 0, set[str](), dict[str, tuple[int, int]](), time.monotonic() + patience_s
    while (left := processes()) and time.monotonic() < end:
        now = {}
        for inode, local, remote, waiting in unread(left, ports):
            last, looks = before.get(inode, (0, 0))
            looks = looks + 1 if waiting >= last else 1
            if looks <= _LOOKS:
                now[inode] = (waiting, looks)
            elif inode not in stay:
                done = closed(local, remote)
                cut += done
                stay |= set() if done else {inode}
        before = now
        time.sleep(_LOOK_S)
    return cut, len(stay)


def unread(processes: list[int], ports: list[int]) -> Iterator[tuple[str, int, int, int]]:
    """(inode, own port, broker's port, bytes) of each connection to a broker in which something waits to be read."""
    waiting = {}
    for kind in ("tcp", "tcp6"):
        for line in _lines(Path(f"/proc/{processes[0]}/net/{kind}"))[1:]:
            words = line.split()
            local, remote = (int(words[n].rpartition(":")[2], 16) for n in (1, 2))
            count = int(words[4].partition(":")[2], 16)
            if count and words[3] == _ESTABLISHED and remote in ports:
                waiting[words[9]] = (local, remote, count)
    if waiting:
        own = {inode for process in processes for inode in sockets(process)}
        yield from ((inode, *found) for inode, found in waiting.items() if inode in own)


def sockets(process: int) -> Iterator[str]:
    """Inodes of a process's sockets; none if it is gone."""
    try:
        for file in Path(f"/proc/{process}/fd").iterdir():
            link = str(file.readlink())
            if link.startswith("socket:["):
                yield link[len("socket:[") : -1]
    except OSError:
        return


def closed(local: int, remote: int) -> int:
    """1 if the kernel closed it: not every kernel can (`CONFIG_INET_DIAG_DESTROY`), nor is `ss` everywhere."""
    try:
        told = subprocess.run(
            ["ss", "-KHtn", f"sport = :{local} and dport = :{remote}"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return 0
    return int(bool(told.stdout.strip()))


def folders(group: str) -> list[Path]:
    """Where a control group lies: in each hierarchy, where there are several."""
    root = Path("/sys/fs/cgroup")
    places = (root / group[1:], *(root.glob(f"*{group}")))
    return [place for place in places if group and place.is_dir()]


def processes(folders: list[Path]) -> list[int]:
    """Those of a control group and the groups below it."""
    try:
        files = [file for folder in folders for file in folder.rglob("cgroup.procs")]
    except OSError:  # it goes while we look: the unit is gone
        return []
    return sorted({int(line) for file in files for line in _lines(file)})


def _systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False).stdout.strip()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
