"""What every answer to bad input has in common, and the pieces that bad input is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from liftlock.errors import LiftlockError

CONTROL = "".join(map(chr, range(32)))

WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            "~",
            "~nobody-here/key",
            "/",
            ".",
            "..",
            "-",
            "--",
            "-o",
            "\0",
            "\n",
            "\x1b[2J",
            "\ud800",
            "ü",
            "名",
        ),
        *(
            "a b",
            "';rm -rf /",
            "$(reboot)",
            "`id`",
            "{{ fabric }}",
            "%s",
            "null",
            "true",
            "1:30",
            "0x_",
            "0b_",
        ),
        *("9" * 5000, "1e999", "-1", "0", "70000", ".nan", ".inf", "a" * 300, "../../etc/passwd", "ctl-blue"),
    ]
)
"""Texts that have broken programs before."""

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**400), float("nan"), float("inf")])
    | WORDS
    | st.text(max_size=20)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
"""Whatever a file of the right syntax may hold."""


def in_three_parts(error: LiftlockError) -> str:
    """What happened; fails unless the error says as well how things are now and what to do next."""
    assert error.what.strip()
    assert error.now.strip()
    assert error.hint.strip()
    return error.what


def places(content: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value of nested mappings and lists, the whole excluded."""
    found = []
    entries = content.items() if isinstance(content, Mapping) else enumerate(content)
    for key, inner in entries:
        found.append((*above, key))
        if isinstance(inner, Mapping | list):
            found += places(inner, (*above, key))
    return found


@st.composite
def spoilt(draw: st.DrawFn, content: Any, most: int = 3) -> Any:
    """A copy in which up to `most` values are dropped, renamed, doubled, replaced or swapped."""
    changed = deepcopy(content)
    for _ in range(draw(st.integers(1, most))):
        ways = places(changed)
        if not ways:
            break
        *way, key = draw(st.sampled_from(ways))
        around = changed
        for name in way:
            around = around[name]
        draw(st.sampled_from(CHANGES))(draw, around, key)
    return changed


def _drop(draw: st.DrawFn, around: Any, key: Any) -> None:
    del around[key]


def _replace(draw: st.DrawFn, around: Any, key: Any) -> None:
    around[key] = draw(ANYTHING)


def _rename(draw: st.DrawFn, around: Any, key: Any) -> None:
    value = around.pop(key)
    if isinstance(around, dict):
        around[draw(WORDS | st.just(f"{key}s"))] = value


def _double(draw: st.DrawFn, around: Any, key: Any) -> None:
    if isinstance(around, dict):
        around[f"{key}-2"] = deepcopy(around[key])
    else:
        around.append(deepcopy(around[key]))


def _swap(draw: st.DrawFn, around: Any, key: Any) -> None:
    other = draw(st.sampled_from(list(around) if isinstance(around, dict) else range(len(around))))
    around[key], around[other] = around[other], around[key]


CHANGES: tuple[Callable[[st.DrawFn, Any, Any], None], ...] = (_drop, _replace, _rename, _double, _swap)


@st.composite
def torn(draw: st.DrawFn, content: bytes) -> bytes:
    """The bytes, cut, with bytes replaced or put in, or in another encoding."""
    how = draw(st.sampled_from(["cut", "bytes", "utf-16", "latin-1", "twice"]))
    if how == "cut":
        return content[: draw(st.integers(0, len(content)))]
    if how == "twice":
        return content + content
    if how == "bytes":
        at = draw(st.integers(0, len(content)))
        return content[:at] + draw(st.binary(max_size=8)) + content[at + draw(st.integers(0, 8)) :]
    return ("é" + content.decode()).encode(how, errors="replace")


def files(folder: Path, *left_out: Path) -> dict[str, str]:
    """Every file below a folder and a hash of its content; what lies in `left_out` does not count."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "-"
        for path in sorted(folder.rglob("*"))
        if not any(path.is_relative_to(out) for out in left_out)
    }
