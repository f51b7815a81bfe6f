"""Keeps what a bench measured: one JSON file, a part for each bench, with the commit it was measured on."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path


def keep(file: Path, part: str, figures: Mapping[str, object]) -> None:
    """Write the figures of one bench into the file, and leave what other benches wrote there."""
    held = json.loads(file.read_text()) if file.is_file() else {}
    held[part] = {
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "figures": figures,
    }
    file.write_text(json.dumps(held, indent=1) + "\n")


def commit() -> str:
    """Short id of the commit that is measured, with a mark if files differ from it."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]
    told = subprocess.run(words, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True)
    return told.stdout.strip()
