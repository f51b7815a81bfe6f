"""A lab to render files for, without a machine under it."""

from __future__ import annotations

from pathlib import Path

from liftlock.lab.cloudware import authority, secrets
from liftlock.lab.cloudware.fitting import fittings
from liftlock.lab.cloudware.setting import Setting
from liftlock.lab.topology import topology


def lab_in(folder: Path, series: str = "2025.1") -> Setting:
    shape = topology("tiny")
    authority.make(folder, shape.public_front_door)
    return Setting(series, shape, folder, secrets.load_or_make(folder / "secrets", fittings()))
