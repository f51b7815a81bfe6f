"""A snapshot to show to others: without what looks like a secret, and with numbers for what users call their things."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from liftlock.blots import BLOT, blotted
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import parts, services

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]|[A-Za-z0-9]")
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_UPSTREAMS = frozenset({"127.0.0.1", "0.0.0.0"})  # noqa: S104  (they say nothing about anybody)
_SECRETS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\bgAAAA[\w-]{20,}"),
    re.compile(r"(?<![\w+/=-])[A-Za-z0-9_-]{43}=(?![\w=])"),
)
"""A private key; what keystone's keys sealed: a token, a stack's secret; such a key itself."""


def blot(cloud: Cloud, *, hosts: bool = False) -> Cloud:
    """The same cloud for the eyes of others: every text without what looks like a secret, users' things by number.

    What was equal stays equal. With `hosts`, the cloud, its hosts, their domains and addresses go by number too.
    """
    shown = numbered(cloud)
    other = _other_names(shown) if hosts else {}
    made: Cloud = _each_text(shown, lambda text: _shown(text, other))
    return made


def numbered(cloud: Cloud) -> Cloud:
    """With `instance-1`, `project-1`, `group-1` for names and ids of instances, projects and server groups."""
    compute = cloud.compute
    projects = _numbers([*cloud.tenancy.project_names, *(i.project for i in compute.instances if i.project)])
    ids = {i.id: f"{n:08x}-0000-4000-8000-000000000000" for n, i in enumerate(compute.instances, start=1)}
    return replace(
        cloud,
        compute=replace(
            compute,
            instances=tuple(
                replace(
                    i,
                    id=ids[i.id],
                    name=f"instance-{n}",
                    project=f"{projects[i.project]:032x}" if i.project else "",
                )
                for n, i in enumerate(compute.instances, start=1)
            ),
            groups=tuple(
                replace(
                    g,
                    id=f"group-{n}",
                    name=f"group-{n}",
                    # A member that is gone is in no list of instances.
                    members=tuple(ids.get(m, f"gone-{k}") for k, m in enumerate(g.members, start=1)),
                )
                for n, g in enumerate(compute.groups, start=1)
            ),
        ),
        tenancy=replace(
            cloud.tenancy,
            project_names={
                f"{projects[p]:032x}": f"project-{projects[p]}" for p in cloud.tenancy.project_names
            },
        ),
    )


def leftovers(cloud: Cloud) -> tuple[str, ...]:
    """Texts of it that still look like a key or a token, cut short: nobody but a human can judge those."""
    found: list[str] = []

    def look(text: str) -> str:
        if any(secret.search(text) for secret in _SECRETS):
            found.append(f"{text[:12]}{BLOT}")
        return text

    _each_text(cloud, look)
    return tuple(found)


def _numbers(names: Iterable[str]) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names), start=1)}


def _other_names(cloud: Cloud) -> Mapping[str, str]:
    """Word of the cloud -> what stands in its place; upstream's own words stay, whatever hosts are called."""
    other = {cloud.name: "cloud"}
    for number, host in enumerate(cloud.hosts, start=1):
        role = str(host.roles[0]) if host.roles else "host"
        for name in (host.name, host.hostname):
            if name:
                other.setdefault(name.partition(".")[0], f"{role}-{number}")
    addresses: dict[str, None] = {}

    def look(text: str) -> str:
        addresses.update(dict.fromkeys(_ADDRESS.findall(text)))
        return text

    _each_text(cloud, look)
    for number, address in enumerate(a for a in addresses if a not in _UPSTREAMS):
        other[address] = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
    for endpoint in cloud.endpoints:
        name = re.sub(r"^\w+://([^/:]*).*$", r"\1", endpoint.url)
        if not _ADDRESS.fullmatch(name):
            other.setdefault(name, f"entrance-{len(other)}.example")
    upstreams = {*services(), *parts()}
    return {word: instead for word, instead in other.items() if word not in upstreams}


def _shown(text: str, other: Mapping[str, str]) -> str:
    return _WORD.sub(lambda word: _renamed(word[0], other), blotted(text)) if other else blotted(text)


def _renamed(word: str, other: Mapping[str, str]) -> str:
    """The word as it is called now; `ctl.harbour.example` goes by what `ctl` is called."""
    if word in other:
        return other[word]
    label, dot, _ = word.partition(".")
    return f"{other[label]}.example" if dot and label in other else word


def _each_text(value: Any, make: Callable[[str], str]) -> Any:
    """The same value with other texts in it; words of a fixed list are no texts."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return make(value)
    if isinstance(value, tuple):
        return tuple(_each_text(item, make) for item in value)
    if isinstance(value, Mapping):
        return {make(name): _each_text(item, make) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _each_text(getattr(value, f.name), make) for f in fields(value)})
    return value
