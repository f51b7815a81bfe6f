"""What `liftlock proof -f json` said, as far as a plan repeats it: whether old and new code may serve together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liftlock.errors import BadInput
from liftlock.rehearsal.hazards import Verdict

LARGEST = 64 << 20
"""Bytes of such a file: more than any answer takes."""
_PLACES = 3
_WORDS = {
    Verdict.OVERLAP: "nothing was found that old code cannot live with",
    Verdict.SHIM: "with reversible statements applied",
    Verdict.GAP: "the old service stops before its migration, or something fails",
}


@dataclass(frozen=True, slots=True)
class Proven:
    """A verdict on one service."""

    service: str
    source: str
    """Version of the old code."""
    target: str
    verdict: Verdict
    because: str
    """Where it breaks, a few places; what the verdict means where it does not."""


def read(path: Path) -> Mapping[str, tuple[Proven, ...]]:
    """Service -> verdicts on it. Takes an answer of `liftlock proof -f json`, or of `tools/proofs.py`.

    Raises `BadInput` for a file that is none.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path} is larger than {LARGEST >> 20} MiB: no proof is", hint=_HINT)
        rows = list(_rows(json.loads(path.read_text(encoding="utf-8"))))
        found = [proven(row) for row in rows]
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", hint=_HINT) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"{path} is no answer of `liftlock proof`: {error!r}", hint=_HINT) from error
    if not found:
        raise BadInput(f"{path} holds no verdict", hint=_HINT)
    return {one.service: tuple(o for o in found if o.service == one.service) for one in found}


_HINT = "`liftlock proof … -f json > proof.json` writes one (docs/proof.md)"


def _rows(told: Any) -> Iterator[Mapping[str, Any]]:
    """The rows of either shape: a list of them, or hop -> service -> row."""
    if isinstance(told, list):
        yield from told
    else:
        for services in told.values():
            yield from services.values()


def proven(row: Mapping[str, Any]) -> Proven:
    """The verdict of one row of such an answer."""
    verdict = Verdict(row["verdict"])
    places = tuple(dict.fromkeys(_place(hazard) for hazard in row.get("hazards", ())))
    source = row["from"] if "from" in row else row["source"]
    target = row["to"] if "to" in row else row["target"]
    return Proven(str(row["service"]), str(source), str(target), verdict, _because(verdict, places))


def _place(hazard: Mapping[str, Any]) -> str:
    column = f".{hazard['column']}" if hazard.get("column") else ""
    return f"{hazard['table']}{column}: {hazard['why']}"


def _because(verdict: Verdict, places: Iterable[str]) -> str:
    told = tuple(places)
    more = f", and {len(told) - _PLACES} more" if len(told) > _PLACES else ""
    return f"{_WORDS[verdict]} ({'; '.join(told[:_PLACES])}{more})" if told else _WORDS[verdict]
