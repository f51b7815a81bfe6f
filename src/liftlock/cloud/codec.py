"""Snapshots as JSON: for reports, for tests, and to keep what a plan was made from."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from liftlock.cloud.model import Cloud
from liftlock.collecting import collecting_nothing, stays
from liftlock.errors import BadInput
from liftlock.files import read_text, write_text

KIND: Final = "liftlock cloud"
ADDED: Final[Mapping[int, tuple[str, ...]]] = {
    2: (
        "since when programs run, and which release",
        "options and policies",
        "hypervisors and instances",
        "nova's cells",
        "Galera",
        "the broker's alarms, queues and flags",
    ),
    3: (
        "versions in packages of the distribution",
        "which options are set",
        "hosts' addresses and compute ids",
        "held packages and OVN's versions",
        "rotations of keystone's keys",
        "nova's mappings without an instance",
        "the broker's version on each node",
        "backups, and runs on other bastions",
    ),
}
"""Number of the format -> what snapshots hold since then. Whoever lets them hold more adds the next number."""
NUMBER: Final = max(ADDED)
"""Of the format. Snapshots of a lower one are read; what they lack has its usual value, and the cloud says so."""
FORMAT: Final = f"{KIND} {NUMBER}"
"""First word of every snapshot: what it is and in which format."""
LARGEST: Final = 1 << 30
"""Bytes of a snapshot file: more than 10,000 hosts with 200,000 instances take."""
AGAIN: Final = "make a new one with `liftlock assess --save FILE`"


def to_json(cloud: Cloud) -> str:
    """The snapshot as text that `from_json` turns back into an equal one; what has its usual value is left out."""
    return json.dumps({"format": FORMAT, **_bare(cloud)}, default=_bare, indent=1, ensure_ascii=False)


def from_json(text: str, *, name: str = "the snapshot") -> Cloud:
    """The snapshot a text holds; `name` is what errors call it.

    Raises `BadInput` when it holds none, or one that only a newer liftlock can read.
    """
    try:
        with collecting_nothing():
            held = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{name} is torn, or no snapshot: {error}", hint=AGAIN) from error
    except RecursionError:
        raise BadInput(f"{name} is nested too deep to be a snapshot", hint=AGAIN) from None
    made = _number(held.pop("format", None) if isinstance(held, dict) else None, name)
    try:
        with collecting_nothing():
            found: Cloud = _maker(Cloud)(held)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise BadInput(
            f"{name} cannot be read: {_plainly(error)}", hint=f"it was edited, or is torn: {AGAIN}"
        ) from error
    lacks = tuple(what for number, more in ADDED.items() if number > made for what in more)
    return dataclasses.replace(found, lacks=(*found.lacks, *lacks)) if lacks else found


def write(cloud: Cloud, path: Path) -> None:
    """Save the snapshot; nobody else may read the file. Raises `BadInput` if it cannot be written."""
    write_text(path, to_json(cloud) + "\n", "snapshot", private=True)


def read(path: Path) -> Cloud:
    """The snapshot in a file; raises `BadInput` like `from_json`, and when the file cannot be read."""
    source = "give a file of `liftlock assess --save FILE`"
    text = read_text(path, "snapshot", largest=LARGEST, source=source, again=AGAIN)
    found = from_json(text, name=str(path))
    stays()
    return found


def _number(told: object, name: str) -> int:
    """Number of the format that a snapshot says it has; raises `BadInput` where that is none that can be read here."""
    kind, _, number = str(told).rpartition(" ")
    if told is None or kind != KIND or not number.isdecimal():
        raise BadInput(f"{name} is no snapshot of liftlock", hint=AGAIN)
    if int(number) > NUMBER:
        raise BadInput(
            f"{name} was made by a newer liftlock: it has the snapshot format {number}, this one reads up to {NUMBER}",
            hint="upgrade liftlock here, or " + AGAIN,
        )
    return int(number)


def _plainly(error: Exception) -> str:
    """The error without Python's words around it."""
    if isinstance(error, KeyError):
        return f"nobody knows the key `{error.args[0]}`"
    missing = re.search(r"^(\w+)\.__init__\(\) missing \d+ required positional arguments?: (.*)$", str(error))
    return f"a {missing[1]} lacks {missing[2]}" if missing else str(error) or type(error).__name__


def _bare(value: Any) -> dict[str, Any]:
    """A dataclass as a mapping of the fields that differ from their defaults."""
    kind: Any = type(value)
    return {name: found for name, default in _fields(kind) if (found := getattr(value, name)) != default()}


@cache
def _fields(kind: Any) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple((field.name, _default(field)) for field in dataclasses.fields(kind))


def _default(field: dataclasses.Field[Any]) -> Callable[[], Any]:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    return lambda: field.default


@cache
def _maker(kind: Any) -> Callable[[Any], Any]:
    """What turns JSON into a `kind`; worked out once per type, because a snapshot holds tens of thousands."""
    origin, inner = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass_maker(kind)
    if origin is tuple:
        make = _maker(inner[0])
        return lambda value: tuple(make(item) for item in value)
    if origin is Mapping:
        return lambda value: dict(value.items())
    if origin is UnionType:
        make = _maker(next(k for k in inner if k is not type(None)))
        return lambda value: None if value is None else make(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    return _plain_maker((int, float) if kind is float else kind)


def _dataclass_maker(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    makers = {name: _maker(hint) for name, hint in hints.items()}

    def make(value: Any) -> Any:
        for name, item in value.items():
            # Most values are what they should be already.
            if type(item) is not hints.get(name):
                value[name] = makers[name](item)
        return kind(**value)

    return make


def _plain_maker(kind: Any) -> Callable[[Any], Any]:
    def make(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} is no {kind}")
        return value

    return make
