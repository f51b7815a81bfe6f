"""Types of columns: whether every value that fitted one fits another (MariaDB 10.11)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORDS = re.compile(r"^(\w+)\s*(?:\((.*)\))?\s*(.*)$", re.DOTALL)
_ENUM_WORD = re.compile(r"'((?:[^']|'')*)'")
_BITS = {
    "tinyint": 8,
    "bool": 8,
    "boolean": 8,
    "smallint": 16,
    "mediumint": 24,
    "int": 32,
    "integer": 32,
    "bigint": 64,
}
_TEXTS = {
    "tinytext": 255,
    "text": 2**16 - 1,
    "mediumtext": 2**24 - 1,
    "longtext": 2**32 - 1,
    "json": 2**32 - 1,
}
_BINARIES = {"tinyblob": 255, "blob": 2**16 - 1, "mediumblob": 2**24 - 1, "longblob": 2**32 - 1}
_MOMENTS = ("datetime", "timestamp")
_CHARSETS = {
    "utf8mb4": 4,
    "utf8mb3": 3,
    "utf8": 3,
    "ucs2": 3,
    "utf16": 4,
    "utf32": 4,
    "latin1": 2,
    "ascii": 1,
}
_UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type, taken apart."""

    family: str
    """`number`, `decimal`, `float`, `text`, `enum`, `binary`, `moment`, or the type's own name."""
    low: float = 0
    """Least whole number."""
    high: float = 0
    """Greatest whole number, or capacity: characters, bytes, digits before the point, digits of a second."""
    scale: int = 0
    """Digits behind the point."""
    words: tuple[str, ...] = ()
    """Values of an enum."""
    name: str = ""

    @property
    def like(self) -> str:
        """What Python gets when it reads one: families of one likeness read alike."""
        alike = {"enum": "text", "set": "text", "uuid": "text", "inet6": "text", "decimal": "decimal"}
        return alike.get(self.family, self.family)


def kind(text: str) -> Kind:
    """A type as the server or SQLAlchemy writes it.

    >>> kind("varchar(36)").high, kind("TINYINT(1)").low, kind("enum('a','b')").words
    (36, -128, ('a', 'b'))
    """
    found = _WORDS.match(text.strip())
    name = found[1].lower() if found else ""
    inside, rest = (found[2] or "", found[3].lower()) if found else ("", "")
    if name in _BITS:
        bits = _BITS[name]
        low, high = (0, 2**bits - 1) if _UNSIGNED in rest else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if name.startswith("bool") or (name == "tinyint" and inside == "1" and text.isupper()):
            return Kind("number", 0, 1, name="bool")
        return Kind("number", low, high, name=name)
    if name in ("varchar", "char", "nvarchar"):
        return Kind("text", high=int(inside or 1), name=name)
    if name in _TEXTS:
        return Kind("text", high=_TEXTS[name], name=name)
    if name in ("varbinary", "binary"):
        return Kind("binary", high=int(inside or 1), name=name)
    if name in _BINARIES:
        return Kind("binary", high=_BINARIES[name], name=name)
    if name in ("enum", "set"):
        return Kind(name, words=tuple(w.replace("''", "'") for w in _ENUM_WORD.findall(inside)), name=name)
    return _measured(name, inside)


def _measured(name: str, inside: str) -> Kind:
    digits = [int(d) for d in re.findall(r"\d+", inside)]
    if name in ("decimal", "numeric"):
        total, scale = [*digits, 10, 0][:2] if digits else (10, 0)
        return Kind("decimal", high=total - scale, scale=scale, name=name)
    if name in ("float", "double", "real"):
        return Kind("float", high=2 if name != "float" else 1, name=name)
    if name in _MOMENTS:
        return Kind("moment", high=digits[0] if digits else 0, name=name)
    return Kind(name, name=name)


def narrowest(one: Kind, other: Kind) -> Kind:
    """What can be said in both: values that code writes into a column that was wider than the code says, or narrower."""
    if one.family != other.family or not one.name:
        # What the code calls JSON or an enum of its own is a text for the server, and the other way round.
        return other if other.name else one
    if one.family in ("enum", "set"):
        return Kind(one.family, words=tuple(w for w in one.words if w in other.words), name=one.name)
    return Kind(
        one.family,
        max(one.low, other.low),
        min(one.high, other.high),
        min(one.scale, other.scale),
        name=other.name,
    )


def misfit(old: Kind, new: Kind) -> str:
    """Which values of `old` do not fit `new`, in words; empty when all do."""
    same = old.family == new.family
    if old.family in ("enum", "set") and new.family == old.family:
        lost = [w for w in old.words if w not in new.words]
        return f"{', '.join(repr(w) for w in lost)}" if lost else ""
    if old.family == "enum" and new.family == "text":
        lost = [w for w in old.words if len(w) > new.high]
        return f"{', '.join(repr(w) for w in lost)}" if lost else ""
    if old.family == "number" and same:
        fits = old.low >= new.low and old.high <= new.high
        return "" if fits else f"numbers outside {new.low:.0f} … {new.high:.0f}"
    if old.family in ("text", "binary") and same:
        return "" if old.high <= new.high else f"values longer than {new.high:.0f}"
    if old.family == "decimal" and same:
        fits = old.high <= new.high and old.scale <= new.scale
        return (
            "" if fits else f"numbers with more than {new.high:.0f} digits and {new.scale} behind the point"
        )
    if old.family == "float" and same:
        return "" if old.high <= new.high else "numbers that need double precision"
    return _moments(old, new)


def _moments(old: Kind, new: Kind) -> str:
    if old.family == new.family == "moment":
        if new.name == "timestamp" != old.name:
            return "moments before 1970 or after 2038"
        return "" if old.high <= new.high else f"more than {new.high:.0f} digits of a second"
    if old.family == "number" and new.family in ("decimal", "float"):
        return ""
    return "" if old == new else f"values that are no {new.name}"


def charset_misfit(old: str, new: str) -> str:
    """Which characters of one set the other lacks, in words; empty when it has them all."""
    if not old or not new or old == new or _CHARSETS.get(old, 1) <= _CHARSETS.get(new, 0):
        return ""
    lost = {3: "characters beyond the basic plane (emoji)", 2: "characters that are not Western European"}
    return lost.get(_CHARSETS.get(new, 0), "characters that are not ASCII")


def tells_case_apart(collation: str) -> bool:
    """Whether `a` and `A` are two values."""
    return not collation.endswith("_ci")
