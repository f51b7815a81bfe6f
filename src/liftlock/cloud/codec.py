"""Snapshots as JSON: for reports, for tests, and to keep what a plan was made from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from liftlock.cloud.model import Cloud
from liftlock.errors import BadInput

FORMAT: Final = "liftlock cloud 1"
"""First word of every snapshot: what it is and in which format."""


def to_json(cloud: Cloud) -> str:
    """The snapshot as text that `from_json` turns back into an equal one; what has its usual value is left out."""
    return json.dumps({"format": FORMAT, **_bare(cloud)}, default=_bare, indent=1, ensure_ascii=False)


def from_json(text: str) -> Cloud:
    """The snapshot a text holds; raises `BadInput` when it holds none, or one of another format."""
    try:
        held = json.loads(text)
    except ValueError as error:
        raise BadInput(
            f"the snapshot is not JSON: {error}", hint="make a new one with `liftlock assess`"
        ) from error
    if not isinstance(held, dict) or held.pop("format", None) != FORMAT:
        raise BadInput(
            f"this is no snapshot in the format `{FORMAT}`", hint="make a new one with `liftlock assess`"
        )
    try:
        found: Cloud = _maker(Cloud)(held)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadInput(
            f"the snapshot cannot be read: {error}", hint="make a new one with `liftlock assess`"
        ) from error
    return found


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
    makers = {name: _maker(hint) for name, hint in get_type_hints(kind).items()}
    return lambda value: kind(**{name: makers[name](item) for name, item in value.items()})


def _plain_maker(kind: Any) -> Callable[[Any], Any]:
    def make(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} is no {kind}")
        return value

    return make
