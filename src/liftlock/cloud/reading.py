"""Reads YAML strictly into frozen dataclasses and reports every mistake at once, with its line.

The dataclass is the declaration: a field without a default is mandatory, its type says what is accepted, and a key
that is no field is a mistake that names the nearest field. Understood are `str`, `int`, `float`, `bool`, `Path`
(relative ones start at the file's folder), `StrEnum`, `Secret`, dataclasses, `tuple[X, ...]`, `Mapping[str, X]`,
`X | None`, and `Annotated[X, …]` with `Between`, `Matches` or `OneOf`. A tuple of dataclasses of which one field is
marked with `KEYED` is written as a mapping, and the key becomes that field.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from liftlock.cloud.secret import Secret, SecretSource

T = TypeVar("T")

KEYED: Final = {"keyed": True}
"""Metadata of the field that takes the key under which its dataclass stands."""

SECRET_WORDS: Final = ("password", "secret", "passphrase", "token")
"""Words in the name of a key whose value is never repeated in a message."""

_STR, _INT, _FLOAT, _BOOL, _NULL, _MERGE, _DAY = (
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "merge", "timestamp")
)

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9_]{0,17})")
"""Whole numbers as people write them: to YAML `022` is 18, and `1:30` is 90."""

_UNTYPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What nobody types: signs that command a terminal, zeros that end a path, halves of characters."""

_SHOWN: Final = 80
"""As many characters of a wrong value are repeated."""


@dataclass(frozen=True, slots=True)
class Between:
    """A number's range, both ends included."""

    low: float
    high: float

    def mistake(self, value: Any) -> str | None:
        """What is wrong with `value`, or None."""
        return (
            None
            if self.low <= value <= self.high
            else f"must be from {self.low:g} to {self.high:g}, is {_clipped(str(value))}"
        )


@dataclass(frozen=True, slots=True)
class Matches:
    """A text's form."""

    pattern: str
    meaning: str
    """What such a text is: `a host name`."""

    def mistake(self, value: Any) -> str | None:
        """What is wrong with `value`, or None."""
        return (
            None
            if re.fullmatch(self.pattern, value)
            else f"must be {self.meaning}, is {_clipped(repr(value))}"
        )


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text that must be a known word."""

    known: Callable[[], Iterable[str]]
    """The known words, asked when a file is read."""

    def mistake(self, value: Any) -> str | None:
        """What is wrong with `value`, or None."""
        known = sorted(self.known())
        return None if value in known else f"`{_clipped(value)}` is unknown{_meant(value, known)}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in the file."""

    line: int
    """Line in the file, from 1; 0 when it is about the whole."""
    path: str
    """`hosts.ctl-blue.port`; empty when it is about the whole."""
    what: str

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line else ""
        return f"{place}{_clipped(self.path)}: {self.what}" if self.path else f"{place}{self.what}"


class _Wrong:
    """Stands for a value that could not be read; its mistake is already noted."""


_WRONG: Final = _Wrong()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None when none is."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.55)), None)


class Reading:
    """One text being read: its lines and the mistakes found in it so far."""

    def __init__(self, text: str, folder: Path) -> None:
        self._folder = folder
        self.mistakes: list[Mistake] = []
        self._lines: dict[str, int] = {}
        self._flat: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        self._root: yaml.Node | None = None
        try:
            self._loader = yaml.SafeLoader(text)
            self._root = self._loader.get_single_node()
        except yaml.YAMLError as error:
            self._note_syntax(error)
        except RecursionError:
            self.note("", TOO_DEEP)

    def read(self, kind: type[T]) -> T | None:
        """The whole text as a `kind`; None when there are mistakes."""
        if self.mistakes:
            return None
        if self._root is None:
            self.note("", "the file is empty")
            return None
        try:
            found = self._dataclass(kind, self._root, "")
        except RecursionError:
            self.note("", TOO_DEEP)
        return None if self.mistakes else found

    def note(self, path: str, what: str) -> None:
        """Add a mistake about the value at `path`, or about the nearest thing around it that the file has."""
        place = path
        while place and place not in self._lines:
            place = place.rpartition(".")[0]
        self.mistakes.append(Mistake(self._lines.get(place, 0) if place else 0, path, what))

    def _note_syntax(self, error: yaml.YAMLError) -> None:
        line, problem = 0, str(error).splitlines()[0]
        if isinstance(error, yaml.MarkedYAMLError):
            line, problem = error.problem_mark.line + 1 if error.problem_mark else 0, error.problem or ""
        # Long quoted words are the file's own, and one of them may be a password: `password: *hunter2`.
        problem = re.sub(r"'(?!<)[^']{2,}'", "…", problem)
        self.mistakes.append(Mistake(line, "", f"is not YAML: {problem}"))

    def _value(self, kind: Any, node: yaml.Node, path: str) -> Any:
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Annotated:
            found = self._obey(inner[1:], self._value(inner[0], node, path), path)
        elif origin in (Union, UnionType):
            (kind,) = (k for k in inner if k is not type(None))
            found = None if node.tag == _NULL else self._value(kind, node, path)
        elif origin is tuple:
            found = self._tuple(inner[0], node, path)
        elif origin is Mapping:
            found = self._mapping(inner[1], node, path)
        elif kind is Secret:
            found = self._secret(node, path)
        elif dataclasses.is_dataclass(kind):
            found = self._dataclass(kind, node, path)
        else:
            found = self._scalar(kind, node, path)
        return found

    def _obey(self, rules: Iterable[Any], value: Any, path: str) -> Any:
        if value is _WRONG:
            return _WRONG
        for rule in rules:
            if mistake := rule.mistake(value):
                self.note(path, mistake)
                return _WRONG
        return value

    def _scalar(self, kind: Any, node: yaml.Node, path: str) -> Any:
        if not isinstance(node, yaml.ScalarNode) or node.tag == _NULL:
            self.note(path, f"must be {_MEANINGS.get(kind, 'one word')}, is {_shape(node)}")
            return _WRONG
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return self._word(kind, node.value, path)
        shown = f", is {_clipped(repr(node.value))}" if not _sounds_secret(path) else ""
        if _UNTYPED.search(node.value):
            self.note(path, f"has characters that nobody types{shown}")
            return _WRONG
        try:
            return self._meaning(kind, node)
        except (ValueError, OverflowError, KeyError):
            padded = kind is int and re.fullmatch(r"0+[1-9][0-9]{0,17}", node.value)
            meant = f"; to YAML it is an octal number, write {node.value.lstrip('0')}" if padded else ""
            self.note(path, f"must be {_MEANINGS[kind]}{shown}{meant}")
            return _WRONG
        except RuntimeError:
            self.note(path, f"must be {_MEANINGS[kind]}{shown}: nobody here has that home")
            return _WRONG

    def _meaning(self, kind: Any, node: yaml.ScalarNode) -> Any:
        """What the word stands for; raises ValueError and its like when it is none of `kind`."""
        if node.tag not in _TAGS[kind] or (kind is int and not _WHOLE.fullmatch(node.value)):
            raise ValueError(node.tag)
        if kind is str:
            # `2025.1` without quotes is a number to YAML; what was written is what was meant.
            return node.value
        if kind is Path:
            return (self._folder / Path(node.value).expanduser()).absolute()
        return kind(self._loader.construct_object(node))

    def _word(self, kind: type[StrEnum], text: str, path: str) -> Any:
        known = [str(member) for member in kind]
        if text in known:
            return kind(text)
        self.note(
            path, f"{_clipped(repr(text))} is unknown{_meant(text, known)}; known are {', '.join(known)}"
        )
        return _WRONG

    def _secret(self, node: yaml.Node, path: str) -> Any:
        forms = "{file: PATH}, {env: VARIABLE} or {command: COMMAND LINE}"
        if not isinstance(node, yaml.MappingNode):
            # The value may be the secret itself: it must not be repeated.
            self.note(path, f"must not stand in this file; refer to it: {forms}")
            return _WRONG
        entries = dict(self._entries(node, path))
        if len(entries) != 1 or next(iter(entries)) not in list(SecretSource):
            self.note(path, f"must be one of {forms}")
            return _WRONG
        ((word, inner),) = entries.items()
        source = SecretSource(word)
        kind: Any = Path if source is SecretSource.FILE else str
        where = self._value(kind, inner, f"{path}.{word}")
        return _WRONG if where is _WRONG else Secret(source, str(where))

    def _tuple(self, kind: Any, node: yaml.Node, path: str) -> Any:
        key = _keyed_field(kind)
        if key is not None:
            entries = self._entries(node, path)
            return _all(self._dataclass(kind, n, _join(path, k), {key: (k, n)}) for k, n in entries)
        if not isinstance(node, yaml.SequenceNode):
            self.note(path, f"must be a list, is {_shape(node)}")
            return _WRONG
        items = [(f"{path}.{number}", item) for number, item in enumerate(node.value, start=1)]
        self._lines.update({place: item.start_mark.line + 1 for place, item in items})
        return _all(self._value(kind, item, place) for place, item in items)

    def _mapping(self, kind: Any, node: yaml.Node, path: str) -> Any:
        found = {k: self._value(kind, n, _join(path, k)) for k, n in self._entries(node, path)}
        return _WRONG if any(v is _WRONG for v in found.values()) else found

    def _dataclass(
        self, kind: Any, node: yaml.Node, path: str, given: Mapping[str, tuple[str, yaml.Node]] | None = None
    ) -> Any:
        given = given or {}
        hints = get_type_hints(kind, include_extras=True)
        fields = {f.name: f for f in dataclasses.fields(kind) if f.init and f.name not in given}
        before = len(self.mistakes)
        values: dict[str, Any] = {
            name: self._obey(getattr(hints[name], "__metadata__", ()), text, path)
            for name, (text, _) in given.items()
        }
        meant = set()
        for key, inner in self._entries(node, path):
            if key in fields:
                values[key] = self._value(hints[key], inner, _join(path, key))
            else:
                guess = nearest(key, fields)
                meant.add(guess)
                self.note(_join(path, key), f"unknown key{_meant(key, fields)}")
        for name, field in fields.items():
            if name not in values and name not in meant and _is_mandatory(field) and _is_mapping(node):
                self.note(_join(path, name), "is missing")
        return _WRONG if len(self.mistakes) > before else kind(**values)

    def _entries(self, node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node]]:
        """Keys and values of a mapping; notes keys that stand twice, and a node that is no mapping."""
        if not isinstance(node, yaml.MappingNode):
            self.note(path, f"must be a mapping (`key: value`), is {_shape(node)}")
            return
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.note(
                    path,
                    f"line {key_node.start_mark.line + 1}: a key must be one word, is {_shape(key_node)}",
                )
                continue
            key = key_node.value
            place = _join(path, key)
            if key in seen:
                self._lines[place] = key_node.start_mark.line + 1
                self.note(place, "stands twice")
            seen.add(key)
            self._lines.setdefault(place, key_node.start_mark.line + 1)
        if (flat := self._merged(node, frozenset())) is None:
            self.note(path, "`<<` must refer to a mapping")
            return
        yield from ((key, inner) for key, (_, inner) in flat.items())

    def _merged(
        self, node: yaml.MappingNode, above: frozenset[int]
    ) -> dict[str, tuple[yaml.Node, yaml.Node]] | None:
        """Keys and values, those it takes over by `<<` first; None where that leads to no mapping, or to itself.

        Every mapping is worked out once: PyYAML's own way takes a gigabyte for ten lines that refer to each other.
        """
        if id(node) in self._flat:
            return self._flat[id(node)]
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        taken: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, inner in node.value:
            if key_node.tag != _MERGE:
                if isinstance(key_node, yaml.ScalarNode):
                    own[key_node.value] = (key_node, inner)
                continue
            for source in inner.value if isinstance(inner, yaml.SequenceNode) else [inner]:
                if not isinstance(source, yaml.MappingNode) or id(source) in {*above, id(node)}:
                    return None
                found = self._merged(source, above | {id(node)})
                if found is None:
                    return None
                taken = {**found, **taken}
        self._flat[id(node)] = {**taken, **own}
        return self._flat[id(node)]


TOO_DEEP: Final = "is nested too deep to be read"

_MEANINGS: Final[Mapping[Any, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
}


_TAGS: Final[Mapping[Any, tuple[str, ...]]] = {
    bool: (_BOOL,),
    int: (_INT,),
    float: (_INT, _FLOAT),
    str: (_STR, _INT, _FLOAT, _DAY),
    Path: (_STR, _INT, _FLOAT),
}
"""What YAML may take a value for, by the type that is wanted."""


def _all(found: Iterable[Any]) -> Any:
    values = tuple(found)
    return _WRONG if any(v is _WRONG for v in values) else values


def _clipped(text: str) -> str:
    """As much of it as anybody reads."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _meant(word: str, known: Iterable[str]) -> str:
    known = list(known)
    guess = nearest(word, known)
    if guess:
        return f"; the nearest known one is `{guess}`"
    return f"; known are {', '.join(known)}" if known else ""


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "empty" if node.tag == _NULL else "one word"


def _is_mapping(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)


def _is_mandatory(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _keyed_field(kind: Any) -> str | None:
    if not dataclasses.is_dataclass(kind):
        return None
    return next((f.name for f in dataclasses.fields(kind) if f.metadata.get("keyed")), None)


def _sounds_secret(path: str) -> bool:
    return any(word in path.rpartition(".")[2].lower() for word in SECRET_WORDS)
