"""Frozen dataclasses as plain dicts, lists and scalars, and back by their type hints."""

from __future__ import annotations

import difflib
import json
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from liftlock.errors import BadInput
from liftlock.plan.step import Step

Kinds = Mapping[str, type[Step]]
"""Class name of each step there is -> the class."""

NEWER = {"newer": True}
"""Metadata of a field that plans written before it do not have: reading one of them gives the field's default."""


def encode(value: object) -> Any:
    """What `json` can write: dataclasses as dicts by field name, steps with their `kind` first, tuples as lists."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        found: dict[str, Any] = {"kind": type(value).__name__} if isinstance(value, Step) else {}
        for name in _shape(type(value)):
            if name in found:
                raise TypeError(f"{type(value).__name__}.{name}: a step cannot have a field of that name")
            found[name] = encode(getattr(value, name))
        return found
    raise TypeError(f"{type(value).__name__} cannot be written into a plan")


def canonical(plain: object) -> str:
    """The one way to write it as JSON: keys sorted, no spaces. Raises ValueError for NaN and infinity."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def decode(hint: Any, plain: object, at: str, kinds: Kinds) -> Any:
    """The value of type `hint` that `encode` wrote as `plain`.

    `at` is where in the file it stands, for errors (`stages[2].lanes[0][1]`). Raises `BadInput` naming what is
    wrong; a wrong word comes with the nearest known one.
    """
    origin = get_origin(hint)
    if origin is tuple:
        return _tuple(get_args(hint), plain, at, kinds)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint), plain, at, kinds)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(get_args(hint)[1], plain, at, kinds)
    if isinstance(hint, type) and issubclass(hint, Step):
        return decode_step(plain, at, kinds)
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint, plain, at, kinds)
    return _scalar(hint, plain, at)


def decode_step(plain: object, at: str, kinds: Kinds) -> Step:
    """The step written as `plain`; raises `BadInput` like `decode`, also for a kind that is not in `kinds`."""
    _expect(isinstance(plain, dict), at, "a step", plain)
    assert isinstance(plain, dict)
    kind = plain.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise _wrong(f"{at}: there is no step of kind {kind!r}", kind, kinds)
    step = _dataclass(kinds[kind], {name: v for name, v in plain.items() if name != "kind"}, at, kinds)
    assert isinstance(step, Step)
    return step


@cache
def _shape(kind: type) -> Mapping[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {f.name: (f, hints[f.name]) for f in fields(kind) if f.init}


def _dataclass(kind: type, plain: object, at: str, kinds: Kinds) -> Any:
    _expect(isinstance(plain, dict), at, "a mapping", plain)
    assert isinstance(plain, dict)
    shape = _shape(kind)
    for name in plain:
        if name not in shape:
            raise _wrong(f"{at}: {kind.__name__} has no field {name!r}", name, shape)
    for name, (field, _) in shape.items():
        if name not in plain and not field.metadata.get("newer"):
            optional = field.default is not MISSING or field.default_factory is not MISSING
            why = "it was written by another liftlock, or edited" if optional else "it is torn or edited"
            raise _wrong(f"{at}: the field {name!r} of {kind.__name__} is missing; {why}", None, ())
    given = {n: hint for n, (_, hint) in shape.items() if n in plain}
    return kind(**{n: decode(hint, plain[n], f"{at}.{n}", kinds) for n, hint in given.items()})


def _tuple(hints: tuple[Any, ...], plain: object, at: str, kinds: Kinds) -> tuple[Any, ...]:
    _expect(isinstance(plain, list), at, "a list", plain)
    assert isinstance(plain, list)
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = (hints[0],) * len(plain)
    _expect(len(hints) == len(plain), at, f"{len(hints)} items", plain)
    return tuple(
        decode(hint, item, f"{at}[{i}]", kinds)
        for i, (hint, item) in enumerate(zip(hints, plain, strict=True))
    )


def _mapping(hint: Any, plain: object, at: str, kinds: Kinds) -> dict[str, Any]:
    _expect(isinstance(plain, dict), at, "a mapping", plain)
    assert isinstance(plain, dict)
    return {key: decode(hint, item, f"{at}[{key!r}]", kinds) for key, item in plain.items()}


def _union(hints: tuple[Any, ...], plain: object, at: str, kinds: Kinds) -> Any:
    if plain is None and type(None) in hints:
        return None
    told: BadInput | None = None
    # Scalars are tried strictest first: True is an int and 1 is a float to Python, but not to us.
    for hint in sorted((h for h in hints if h is not type(None)), key=lambda h: h is float):
        try:
            return decode(hint, plain, at, kinds)
        except BadInput as error:
            told = told or error
    raise told or TypeError(f"{at}: an empty union")


def _scalar(hint: Any, plain: object, at: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = [member.value for member in hint]
        if plain not in known:
            raise _wrong(f"{at}: {plain!r} is not known", plain, known)
        return hint(plain)
    if hint is bool:
        _expect(isinstance(plain, bool), at, "true or false", plain)
    elif hint is int:
        _expect(isinstance(plain, int) and not isinstance(plain, bool), at, "a whole number", plain)
    elif hint is float:
        # A whole number stays one, so that the value is written the same again.
        _expect(isinstance(plain, int | float) and not isinstance(plain, bool), at, "a number", plain)
    elif hint is str:
        _expect(isinstance(plain, str), at, "a string", plain)
    else:
        raise TypeError(f"{at}: a plan cannot hold {hint!r}")
    return plain


def _expect(holds: bool, at: str, wanted: str, plain: object) -> None:
    if not holds:
        raise _wrong(f"{at}: expected {wanted}, found {json.dumps(plain, default=str)[:60]}", None, ())


def _wrong(what: str, word: object, known: Iterable[object]) -> BadInput:
    near = difflib.get_close_matches(str(word), [str(k) for k in known], n=1, cutoff=0.5) if word else []
    return BadInput(
        what + (f"; did you mean {near[0]!r}?" if near else ""),
        hint="do not edit plans: make a new one with `liftlock plan`",
    )
