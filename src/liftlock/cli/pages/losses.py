"""What a restore would lose, as text: a page that fits a screen, or the whole list."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.rehearsal.losses import Fate, Losses
from liftlock.rehearsal.strays import Stray

_ROWS = 30
"""Lines of the table of counts that are shown on a screen."""
_OBJECTS = 12
_STRAYS = 5
_NOBODY = "(no project)"
_STRAY_HEAD = "Instances whose record would not fit what runs"


def summary(losses: Losses) -> list[str]:
    """The counts by project and kind, and the first strays; never longer than a few dozen lines."""
    lines = [_head(losses)]
    rows = list(_table(losses))
    lines += rows[: _ROWS + 1]
    if len(rows) > _ROWS + 1:
        lines.append(f"  … and {len(rows) - _ROWS - 1} more lines, in the file")
    if losses.losses:
        lines += ["", "Objects", *_objects(losses)[:_OBJECTS]]
    if len(losses.losses) > _OBJECTS:
        lines.append(f"  … and {len(losses.losses) - _OBJECTS} more objects, in the file")
    if losses.strays:
        lines += ["", _STRAY_HEAD]
    for stray in losses.strays[:_STRAYS]:
        lines += _of_stray(losses, stray)
    if len(losses.strays) > _STRAYS:
        lines.append(f"  … and {len(losses.strays) - _STRAYS} more instances, in the file")
    return [*lines, *_tail(losses)]


def whole(losses: Losses) -> list[str]:
    """Everything, one line for each object."""
    lines = [_head(losses), *_table(losses)]
    if losses.losses:
        lines += ["", "Objects", *_objects(losses)]
    if losses.strays:
        lines += ["", _STRAY_HEAD]
    for stray in losses.strays:
        lines += _of_stray(losses, stray)
    if losses.others:
        lines += ["", "Rows that are no objects of users: services' notes, and tables of plug-ins"]
    lines += [f"  {o.table}: {o.made} made, {o.changed} changed, {o.deleted} deleted" for o in losses.others]
    return [*lines, *_unread(losses)]


def _head(losses: Losses) -> str:
    total = losses.total()
    if not losses.losses and losses.unread:
        return f"What putting {losses.backup} back would lose could not be found out whole"
    if not losses.losses:
        return f"Putting {losses.backup} back would lose no object: nothing was written since"
    counts = ", ".join(f"{total[fate]} {fate}" for fate in Fate)
    return f"Putting {losses.backup} back would lose what became of {total.total()} objects since: {counts}"


def _table(losses: Losses) -> Iterator[str]:
    counts = losses.counts()
    if not counts:
        return
    wide = max(len(project or _NOBODY) for project, _ in counts)
    kinds = max(len(kind) for _, kind in counts)
    yield "  " + "project".ljust(wide) + "  " + "kind".ljust(kinds) + "".join(f.rjust(9) for f in Fate)
    for (project, kind), fates in counts.items():
        numbers = "".join(str(fates[f] or "").rjust(9) for f in Fate)
        yield f"  {(project or _NOBODY).ljust(wide)}  {kind.ljust(kinds)}{numbers}"


def _objects(losses: Losses) -> list[str]:
    """A line for each, in the order of projects, kinds and names."""
    lines = []
    for loss in losses.losses:
        differs = f": {', '.join(loss.facets)}" if loss.facets else ""
        project = losses.projects.get(loss.project, loss.project) or _NOBODY
        lines.append(f"  {project}  {loss.kind} {loss.name or '-'} ({loss.id}) {loss.fate}{differs}")
    return sorted(lines)


def _of_stray(losses: Losses, stray: Stray) -> Iterator[str]:
    project = losses.projects.get(stray.project, stray.project)
    yield f"  server {stray.name or '-'} ({stray.id}, {project}) on {stray.host} {stray.why}"
    for words, commands in (
        ("before the restore, to keep it", stray.keep_first),
        ("after it, to adopt", stray.adopt),
        ("after it, to remove", stray.remove),
    ):
        if commands:
            yield f"    {words}:"
            yield from (f"      {command}" for command in commands)


def _tail(losses: Losses) -> Iterator[str]:
    if losses.others:
        yield (
            f"  besides, rows of {len(losses.others)} tables that hold no objects of users"
            " (services' notes, plug-ins): in the file"
        )
    yield from _unread(losses)


def _unread(losses: Losses) -> Iterator[str]:
    for sentence in losses.unread:
        yield f"  NOT COMPARED: {sentence}"
