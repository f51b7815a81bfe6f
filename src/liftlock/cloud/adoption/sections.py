"""Sections whose names operators choose, and the section that declares their options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock import ini
from liftlock.knowledge.option_hop import normal

_TEMPLATES = {"cinder": "backend_defaults", "glance": "glance_store"}
"""Service -> section under which its packages declare the options of every backend (cinder 28.0, glance_store 5.4)."""
_RESERVED = "os_glance_"
"""What glance's own stores begin with, for staging and tasks, which nobody has to enable."""
_NAMED_BY = ("DEFAULT", "enabled_backends")


def templates(service: str, settings: Sequence[ini.Setting]) -> Mapping[str, str]:
    """Section that the operator named -> section that declares its options; both as oslo.config compares them."""
    if service not in _TEMPLATES:
        return {}
    reserved = {normal(s.section): _TEMPLATES[service] for s in settings if s.section.startswith(_RESERVED)}
    words = [s.value for s in settings if (normal(s.section), s.name) == _NAMED_BY]
    # glance writes `name:kind`, cinder the name alone.
    names = [member.partition(":")[0].strip() for word in words for member in word.split(",")]
    return {**reserved, **{normal(name): _TEMPLATES[service] for name in names if name}}
