"""Control groups: how a lab knows, and ends, every process that belongs to it.

Version 2 of the kernel's interface is used (`Documentation/admin-guide/cgroup-v2.rst`); on machines that still mount
version 1 it is found under `/sys/fs/cgroup/unified`, and only the processor is divided by version 1.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from liftlock.errors import LabFailed

_LAB_WEIGHS = 3


def unified_root() -> Path:
    """Where this machine shows its version 2 control groups; raises `LabFailed` if nowhere."""
    for root in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
        if (root / "cgroup.controllers").exists():
            return root
    raise LabFailed(
        "this machine shows no version 2 control groups",
        hint="mount them: `mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified`",
    )


def own() -> Path:
    """The group this process is in."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return unified_root() / line[3:].lstrip("/")
    return unified_root()


def join(group: Path) -> None:
    """Move this process, with all its threads, into `group`; children started later are born there."""
    group.mkdir(parents=True, exist_ok=True)
    (group / "cgroup.procs").write_text("0")


def processor_share(group: Path) -> Path:
    """The group in which processes of `group` get as much of the processor as each group beside it; made if need be.

    Hosts are machines of their own: the programs of one that starts must not take their share from another's, however
    many they are. `group` itself where version 2 divides the processor; its namesake where version 1 still does
    (`Documentation/scheduler/sched-design-CFS.rst`, group scheduling: 1024 shares each). The lab as a whole weighs
    as much as `_LAB_WEIGHS` programs beside it.
    """
    root = unified_root()
    twin = _twin(group)
    if twin is not None:
        twin.mkdir(parents=True, exist_ok=True)
        (twin.parent / "cpu.shares").write_text(str(1024 * _LAB_WEIGHS))
        return twin
    for above in (root, group.parent):
        with suppress(OSError):  # a machine that does not let us: all are equal there, as without groups
            (above / "cgroup.subtree_control").write_text("+cpu")
    with suppress(OSError):
        (group.parent / "cpu.weight").write_text(str(100 * _LAB_WEIGHS))
    return group


def _twin(group: Path) -> Path | None:
    """The group's namesake where version 1 divides the processor, there or not; None where it does not."""
    version_1 = Path("/sys/fs/cgroup/cpu")
    return version_1 / group.relative_to(unified_root()) if (version_1 / "cgroup.procs").exists() else None


def members(group: Path) -> tuple[int, ...]:
    """Ids of the processes in `group` and below it."""
    pids: list[int] = []
    for folder, _, _ in os.walk(group):
        try:
            pids += [int(pid) for pid in Path(folder, "cgroup.procs").read_text().split()]
        except OSError:
            continue  # removed while we looked
    return tuple(pids)


def is_populated(group: Path) -> bool:
    """Whether a living process is in `group` or below it."""
    try:
        return "populated 1" in (group / "cgroup.events").read_text()
    except OSError:
        return False


def _described(pid: int) -> str:
    """A process by what it is and does, for an error: `sleep (27388, state D)`."""
    try:
        name, rest = Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
    except OSError:
        return f"a process that is gone by now ({pid})"
    return f"{name} ({pid}, state {rest.split()[0]})"


def kill(group: Path, *, patience_s: float = 120.0) -> None:
    """End every process in `group` and below it, at once, and return when none is left.

    A process that joins while the others die is ended too.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            (group / "cgroup.kill").write_text("1")
        except OSError:
            return  # no such group, so nobody in it
        if not is_populated(group):
            return
        if time.monotonic() > deadline:
            raise LabFailed(
                f"{', '.join(map(_described, members(group)))} did not die within {patience_s:.0f} s",
                now="they still run, in the control group " + str(group),
                hint="look at them with `ps`, then try again",
            )
        time.sleep(0.01)


def remove(group: Path, *, patience_s: float = 10.0) -> None:
    """Kill what is in `group` and remove it with all groups below it, and what `processor_share` made for it."""
    kill(group)
    for one in filter(None, (group, _twin(group))):
        _remove_tree(one, patience_s)


def _remove_tree(group: Path, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while group.exists():
        for folder, _, _ in os.walk(group, topdown=False):
            try:
                Path(folder).rmdir()
            except OSError:
                # Busy for a moment after the last process died.
                if time.monotonic() > deadline:
                    raise
        if group.exists():
            time.sleep(0.01)
