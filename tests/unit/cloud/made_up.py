"""Two made-up releases of nova, with one option of every fate; the names are nobody's."""

from __future__ import annotations

import re
from typing import Any

from liftlock.cloud.adoption.model import Adopted
from liftlock.cloud.adoption.path import of_service
from liftlock.knowledge.options import Facts, parse

OLD, NEW = "2025.1-aaaaaaaaaaaa", "2027.1-bbbbbbbbbbbb"


def option(name: str, section: str = "DEFAULT", **more: Any) -> dict[str, Any]:
    return {"section": section, "name": name, "type": "string value", **more}


def point(kind: str, name: str, *declares: dict[str, Any], problem: str = "") -> dict[str, Any]:
    entry = {"kind": kind, "name": name, "address": f"{name.replace('.', '_')}:list_opts"}
    return {**entry, "problem": problem} if problem else {**entry, "declares": list(declares)}


def facts(release: str, **packages: list[dict[str, Any]]) -> Facts:
    """Facts of a release; packages are `nova_31_0_0=[entry points]`."""
    titles = {re.sub(r"_(?=\d)", " ", name, count=1): points for name, points in packages.items()}
    told = {
        title.partition(" ")[0] + " " + title.partition(" ")[2].replace("_", "."): p
        for title, p in titles.items()
    }
    return parse(release, {"format": 1, "packages": told})


def both(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> tuple[Facts, Facts]:
    """Two releases that differ in what nova declares."""
    return (
        facts(OLD, nova_31_0_0=[point("options", "nova.conf", *old)]),
        facts(NEW, nova_33_0_0=[point("options", "nova.conf", *new)]),
    )


def rules(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> tuple[Facts, Facts]:
    """Two releases that differ in nova's policy."""
    return (
        facts(OLD, nova_31_0_0=[point("rules", "nova", *old)]),
        facts(NEW, nova_33_0_0=[point("rules", "nova", *new)]),
    )


def adopted(text: str, releases: tuple[Facts, Facts], path: str = "/etc/nova/nova.conf") -> Adopted:
    """The one file for the second release."""
    (found,) = of_service("nova", {path: text}, *releases)
    return found


def kinds(found: Adopted) -> list[tuple[str, str]]:
    """(kind, name) of every change."""
    return [(change.kind.value, change.name) for change in found.changes]
