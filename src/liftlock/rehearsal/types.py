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
_SIZES = {
    "text": {
        **dict.fromkeys(("varchar", "char", "nvarchar", "nchar"), 0),
        "tinytext": 255,
        "text": 2**16 - 1,
        "mediumtext": 2**24 - 1,
        "longtext": 2**32 - 1,
        "json": 2**32 - 1,
    },
    "binary": {
        **dict.fromkeys(("varbinary", "binary"), 0),
        "tinyblob": 255,
        "blob": 2**16 - 1,
        "mediumblob": 2**24 - 1,
        "longblob": 2**32 - 1,
    },
}
"""Family -> type -> capacity; 0 where the type says it itself."""
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
    (36, 0, ('a', 'b'))
    """
    found = _WORDS.match(text.strip())
    name = found[1].lower() if found else ""
    inside, rest = (found[2] or "", found[3].lower()) if found else ("", "")
    if name in _BITS:
        return _number(name, text, rest)
    if name in ("enum", "set"):
        return Kind(name, words=tuple(w.replace("''", "'") for w in _ENUM_WORD.findall(inside)), name=name)
    for like, sizes in _SIZES.items():
        if name in sizes:
            return Kind(like, high=sizes[name] or int(inside or 1), name=name)
    return _measured(name, inside)


def _number(name: str, text: str, rest: str) -> Kind:
    # SQLAlchemy writes BOOL in capitals; the server writes tinyint(1) for a number of eight bits just as well.
    if name.startswith("bool") or text.startswith("TINYINT(1)"):
        return Kind("number", 0, 1, name="bool")
    bits = _BITS[name]
    low, high = (0, 2**bits - 1) if _UNSIGNED in rest else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return Kind("number", low, high, name=name)


def _measured(name: str, inside: str) -> Kind:
    digits = [int(d) for d in re.findall(r"\d+", inside)]
    if name in ("decimal", "numeric"):
        total, scale = [*digits, 0][:2] if digits else (10, 0)
        return Kind("decimal", high=total - scale, scale=scale, name=name)
    if name in ("float", "double", "real"):
        return Kind("float", high=1 if name == "float" else 2, name=name)
    if name in ("datetime", "timestamp"):
        return Kind("moment", high=digits[0] if digits else 0, name=name)
    return Kind(name, name=name)


def narrowest(one: Kind, other: Kind) -> Kind:
    """What fits both: what code may write into a column that is wider or narrower than the code says."""
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
    if old.family == new.family == "set" or (old.family == "enum" and new.family in ("enum", "text")):
        lost = [w for w in old.words if (w not in new.words if new.words else len(w) > new.high)]
        return ", ".join(repr(w) for w in lost)
    if old.family == "number" and new.family in ("decimal", "float"):
        return ""
    if old.family != new.family or old.family not in _LIMITS:
        return "" if old == new else f"values that are no {new.name}"
    if old.name != new.name == "timestamp":
        return "moments before 1970 or after 2038"
    fits = old.low >= new.low and old.high <= new.high and old.scale <= new.scale
    return "" if fits else _LIMITS[old.family].format(new)


_LIMITS = {
    "number": "numbers outside {0.low:.0f} … {0.high:.0f}",
    "text": "values longer than {0.high:.0f}",
    "binary": "values longer than {0.high:.0f}",
    "decimal": "numbers with more than {0.high:.0f} digits before the point or {0.scale} behind it",
    "float": "numbers that need double precision",
    "moment": "more than {0.high:.0f} digits of a second",
}
"""Family -> what does not fit a narrower type of it."""


def charset_misfit(old: str, new: str) -> str:
    """Which characters of one set the other lacks, in words; empty when it has them all."""
    if not old or not new or old == new or _CHARSETS.get(old, 1) <= _CHARSETS.get(new, 0):
        return ""
    lost = {3: "characters beyond the basic plane (emoji)", 2: "characters that are not Western European"}
    return lost.get(_CHARSETS.get(new, 0), "characters that are not ASCII")


def tells_case_apart(collation: str) -> bool:
    """Whether `a` and `A` are two values."""
    return not collation.endswith("_ci")
