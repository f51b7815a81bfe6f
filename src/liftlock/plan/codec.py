"""A plan as JSON text and as a file, refused when it is torn or edited."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from liftlock.collecting import collecting_nothing
from liftlock.errors import BadInput
from liftlock.files import read_text, write_text
from liftlock.plan.fingerprint import digest, fingerprint, short
from liftlock.plan.model import Plan
from liftlock.plan.plain import Kinds, canonical, decode, encode

FORMAT = 1
"""Number of the file format; a reader refuses a greater one."""

LARGEST = 256 << 20
"""Bytes of a plan file: more than any plan takes."""

AGAIN = "make a new plan with `liftlock plan`"

_OWN_PARTS = {
    "facts": "facts",
    "fine_print": "the fine print",
    "differences": "green's configuration",
    "by_hand": "what is typed by hand",
    "risks": "the risks",
    "brief": "what explains it",
}
"""Field of a plan that is a part of its own -> what people call it; plans of before lack the last four."""


def dumps(plan: Plan) -> str:
    """The plan as JSON text, with the format's number, its fingerprint and a hash of every part."""
    with collecting_nothing():
        plain = encode(plan)
        whole = {
            "liftlock_plan": FORMAT,
            "fingerprint": fingerprint(plan),
            "parts": _parts(plain),
            "plan": plain,
        }
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def loads(text: str, kinds: Kinds, *, name: str = "the plan") -> Plan:
    """The plan that `dumps` wrote; `name` is what errors call it, `kinds` are the steps there are.

    Raises `BadInput` naming what is torn, edited or unknown.
    """
    whole = _envelope(text, name)
    plan = decode(Plan, whole["plan"], name, kinds)
    assert isinstance(plan, Plan)
    edited = _edited(whole, plan)
    if edited:
        raise BadInput(f"{name} is not what liftlock wrote: {edited}", hint=AGAIN)
    return plan


def write(plan: Plan, path: Path) -> None:
    """Write the plan file: readers see the whole of it or nothing. Raises `BadInput` if it cannot be written."""
    write_text(path, dumps(plan), "plan")


def read(path: Path, kinds: Kinds) -> Plan:
    """The plan in a file; raises `BadInput` like `loads`, and when the file cannot be read."""
    text = read_text(path, "plan", largest=LARGEST, source="give a file of `liftlock plan`", again=AGAIN)
    return loads(text, kinds, name=str(path))


def _envelope(text: str, name: str) -> dict[str, Any]:
    if not text.strip():
        raise BadInput(f"{name} is empty", hint=AGAIN)
    try:
        whole = json.loads(text, parse_constant=_refuse_constant, parse_float=_number)
        if "\\u" in text:
            # Only an escape can hold half a character, which no file can be written with.
            canonical(whole).encode()
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"{name} is torn or edited: {error.msg} at {where}", hint=AGAIN) from error
    except ValueError as error:
        raise BadInput(f"{name} was edited: {error}", hint=AGAIN) from error
    except RecursionError:
        raise BadInput(f"{name} is nested too deep to be a plan", hint=AGAIN) from None
    if not isinstance(whole, dict) or type(whole.get("liftlock_plan")) is not int:
        raise BadInput(f"{name} is no plan of liftlock", hint=AGAIN)
    if whole["liftlock_plan"] != FORMAT:
        raise BadInput(
            f"{name} has plan format {whole['liftlock_plan']}, this liftlock knows {FORMAT}",
            hint="use the liftlock that made it, or " + AGAIN,
        )
    if set(whole) != {"liftlock_plan", "fingerprint", "parts", "plan"}:
        wrong = sorted(set(whole) ^ {"liftlock_plan", "fingerprint", "parts", "plan"})
        raise BadInput(f"{name} is torn or edited: look at {', '.join(map(repr, wrong))}", hint=AGAIN)
    return whole


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number a plan can hold")


def _number(word: str) -> float:
    found = float(word)
    if not isfinite(found):
        raise ValueError(f"{word} is no number a plan can hold")
    return found


def _edited(whole: Mapping[str, Any], plan: Plan) -> str:
    """What was edited, in words; empty if nothing was."""
    written, now = whole["parts"], _parts(whole["plan"])
    if not isinstance(written, dict):
        return "its list of parts is gone"
    moved = [part for part in [*now, *(set(written) - set(now))] if written.get(part) != now.get(part)]
    if moved:
        return f"{', '.join(moved)} changed since"
    actual = fingerprint(plan)
    if whole["fingerprint"] != actual:
        return f"it says #{short(str(whole['fingerprint']))}, its content is #{short(actual)}"
    return ""


def _parts(plain: Mapping[str, Any]) -> dict[str, str]:
    """Name of each part of a plan -> hash of all of its words."""
    parts = {words: digest(plain[name]) for name, words in _OWN_PARTS.items() if name in plain}
    for number, stage in enumerate(plain["stages"], start=1):
        parts[f"stage {number}"] = digest(stage)
    rest = {k: v for k, v in plain.items() if k not in (*_OWN_PARTS, "stages")}
    return {"the header": digest(rest), **parts}
