"""On a host: which releases are there, which one is chosen, and choosing another."""

from __future__ import annotations

import json
from pathlib import Path


def releases(root: Path) -> list[str]:
    """Complete releases; those that are still coming have a dot in front."""
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if p.is_dir() and not p.is_symlink() and p.name[0] != ".")


def point_at(root: Path, release: str) -> None:
    """Point the link at `release`: readers see the old one or the new."""
    fresh = root / ".current"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(release)
    fresh.replace(root / "current")


def current(root: Path) -> str:
    """The chosen release; empty if none is chosen."""
    link = root / "current"
    return link.readlink().name if link.is_symlink() else ""


def main(root: str, choose: str) -> None:
    """Choose, if that is asked and possible, and print what is."""
    folder = Path(root)
    if choose in releases(folder) and current(folder) != choose:
        point_at(folder, choose)
    print(json.dumps({"releases": releases(folder), "current": current(folder)}))
