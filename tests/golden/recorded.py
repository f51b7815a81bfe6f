"""Recorded clouds: snapshots packed into files, each with its cloud file where green hosts are declared in one.

`python tools/golden_cloud.py` makes them, from the simulator or from a snapshot of a real cloud.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from pathlib import Path

from liftlock.cloud.codec import from_json, to_json
from liftlock.cloud.file import CloudFile, load
from liftlock.cloud.model import Cloud

FOLDER = Path(__file__).parent / "snapshots"
ENDING = ".json.xz"


def recorded() -> Mapping[str, Path]:
    """Name of each -> its file."""
    return {p.name.removesuffix(ENDING): p for p in sorted(FOLDER.glob(f"*{ENDING}"))}


def read(name: str) -> Cloud:
    """The snapshot of that name."""
    return from_json(lzma.decompress(recorded()[name].read_bytes()).decode(), name=name)


def cloud_file(name: str) -> CloudFile | None:
    """The cloud file that was kept with it, if one was."""
    path = FOLDER / f"{name}.yaml"
    return load(path) if path.is_file() else None


def keep(name: str, cloud: Cloud, declared: str = "") -> Path:
    """Write the snapshot, and the text of its cloud file if there is one; the same bytes for the same cloud."""
    path = FOLDER / f"{name}{ENDING}"
    path.parent.mkdir(exist_ok=True)
    text = to_json(cloud).encode()
    # The strongest needs 700 MB of memory, and is better only where the text is longer than the others look back.
    path.write_bytes(lzma.compress(text, preset=9 if len(text) > 8 << 20 else 6))
    if declared:
        path.with_name(f"{name}.yaml").write_text(declared)
    return path
