"""Hosts out of an Ansible inventory, read by `ansible-inventory` as a program of its own: Ansible is never imported."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liftlock.cloud.model import Role
from liftlock.errors import BadInput

_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Inventory:
    """Groups with their hosts, and what the inventory says about each host."""

    members: Mapping[str, tuple[str, ...]]
    """Group -> its hosts, those of its child groups included, in the inventory's order."""
    variables: Mapping[str, Mapping[str, Any]]
    """Host -> its variables."""


@dataclass(frozen=True, slots=True)
class InventoryHost:
    """A host that is in a group with a role."""

    name: str
    address: str
    roles: tuple[Role, ...]
    user: str | None
    port: int | None


def read_inventory(path: Path) -> Inventory:
    """The inventory at `path`; raises `BadInput` when it or `ansible-inventory` is missing or fails."""
    if not path.exists():
        raise BadInput(f"{path} does not exist")
    try:
        ended = subprocess.run(
            ["ansible-inventory", "--inventory", str(path), "--list"],
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except FileNotFoundError:
        raise BadInput(
            "`ansible-inventory` is not on this machine's PATH: install Ansible, or list the hosts inline"
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInput(f"`ansible-inventory` did not end: {type(error).__name__}") from None
    if ended.returncode:
        last = (ended.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise BadInput(f"`ansible-inventory` ended with code {ended.returncode}: {last}")
    try:
        listed = json.loads(ended.stdout)
        if isinstance(listed, dict):
            return parse_inventory(listed)
    except (ValueError, RecursionError):
        pass
    raise BadInput("`ansible-inventory --list` did not print a JSON object that anybody can use")


def parse_inventory(listed: Mapping[str, Any]) -> Inventory:
    """What `ansible-inventory --list` printed; raises `BadInput` where it is not as Ansible's guide has it."""
    groups = {name: entry for name, entry in listed.items() if name != "_meta" and isinstance(entry, Mapping)}
    meta = listed.get("_meta", {})
    variables = meta.get("hostvars", {}) if isinstance(meta, Mapping) else None
    if not isinstance(variables, Mapping) or not all(isinstance(v, Mapping) for v in variables.values()):
        raise BadInput("the inventory's `_meta.hostvars` is no mapping of hosts to their variables")
    for name, entry in groups.items():
        for what in ("hosts", "children"):
            words = entry.get(what, [])
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise BadInput(f"`{what}` of the inventory's group {name} is no list of names")
    return Inventory(
        members={name: tuple(dict.fromkeys(_members(name, groups, set()))) for name in groups},
        variables=variables,
    )


def hosts_of_groups(inventory: Inventory, roles: Mapping[str, tuple[Role, ...]]) -> tuple[InventoryHost, ...]:
    """Hosts of the groups that have roles, each once, with the roles of all of its groups.

    Raises `BadInput` for a port that is no number.
    """
    found: dict[str, list[Role]] = {}
    for group, given in roles.items():
        for name in inventory.members.get(group, ()):
            found.setdefault(name, []).extend(given)
    return tuple(_host(name, tuple(dict.fromkeys(given)), inventory) for name, given in found.items())


def _members(name: str, groups: Mapping[str, Mapping[str, Any]], seen: set[str]) -> list[str]:
    """Hosts of the group and of the groups in it, each of which is looked at once."""
    seen.add(name)
    group = groups.get(name, {})
    found = list(group.get("hosts", ()))
    for child in group.get("children", ()):
        if child not in seen:
            found += _members(child, groups, seen)
    return found


def _host(name: str, roles: tuple[Role, ...], inventory: Inventory) -> InventoryHost:
    variables = inventory.variables.get(name, {})
    user, port = variables.get("ansible_user"), variables.get("ansible_port")
    if port is not None and not (isinstance(port, int | str) and re.fullmatch(r"-?[0-9]{1,9}", str(port))):
        raise BadInput(f"`ansible_port` of {name} is no number")
    return InventoryHost(
        name=name,
        address=str(variables.get("ansible_host", name)),
        roles=roles,
        user=None if user is None else str(user),
        port=None if port is None else int(port),
    )
