"""What a check must say about a cloud."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.checks.finding import Severity
from liftlock.cloud.model import Cloud


@dataclass(frozen=True)
class Story:
    """A cloud in one kind of trouble."""

    check: str
    cloud: Cloud
    severity: Severity
    about: str
    says: str
    """Words its sentence must contain."""
    fix: str = ""
    """Words its way out must contain."""
    target: str = "2026.1"
