"""What `liftlock proof -f json` said, as far as a plan repeats it: whether old and new code may serve together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from liftlock.cloud.shim import Shim
from liftlock.errors import BadInput
from liftlock.files import read_text
from liftlock.rehearsal.hazards import Verdict, Why

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
    shims: tuple[Shim, ...] = ()
    """What makes an overlap of it."""
    breaks: tuple[str, ...] = ()
    """Kinds of objects that old code cannot read or write without them."""
    aborts: tuple[str, ...] = ()
    """Where a migration ended with an error on this data, and with which; empty if all ended well."""


@dataclass(frozen=True, slots=True)
class Following:
    """What proofs said, and how far whoever plans follows them."""

    proven: Mapping[str, tuple[Proven, ...]] = field(default_factory=dict)
    """Service -> verdicts."""
    shims: bool = True
    """Whether shims are applied where a verdict asks for them."""
    overlap: tuple[str, ...] = ()
    """Services handed over as if old and new code could share the schema, whatever the verdict."""

    def also(self, more: Mapping[str, tuple[Proven, ...]]) -> Following:
        """The same, with more verdicts behind those there are: the first on the right versions counts."""
        names = dict.fromkeys((*self.proven, *more))
        return replace(self, proven={n: (*self.proven.get(n, ()), *more.get(n, ())) for n in names})

    def verdict(self, service: str, before: str, after: str) -> Proven | None:
        """On these very versions; a proof of others is none."""
        return next(iter(self.verdicts(service, before, after)), None)

    def verdicts(self, service: str, before: str, after: str) -> tuple[Proven, ...]:
        """All on these very versions, the one that counts first."""
        found = self.proven.get(service, ())
        return tuple(one for one in found if (one.source, one.target) == (before, after))

    def shims_of(self, told: Proven | None) -> tuple[Shim, ...]:
        """Those the plan applies; raises `BadInput` where the proof has not kept what is needed to apply them."""
        if told is None or told.verdict is not Verdict.SHIM or not self.shims:
            return ()
        if not told.shims:
            raise BadInput(
                f"the proof of {told.service} is by an older liftlock: it does not tell how its shims are seen",
                hint="make it again (`liftlock proof`), or plan with `--no-shim`",
            )
        return told.shims

    def apart(self, told: Proven | None) -> bool:
        """Whether the plan lets the old service stop before its migration."""
        return told is not None and told.verdict is Verdict.GAP and told.service not in self.overlap

    def breaks(self, told: Proven | None, *, galera: bool = False) -> tuple[str, ...]:
        """Kinds of objects with which old code will fail beside the new, as far as the proof knows.

        On a cluster with `galera` nobody can be made to wait while a migration takes something away.
        """
        if told is None or self.apart(told) or (self.shims_of(told) and not galera):
            return ()
        return told.breaks


def read(path: Path) -> Mapping[str, tuple[Proven, ...]]:
    """Service -> verdicts on it. Takes an answer of `liftlock proof -f json`, or of `tools/proofs.py`.

    Raises `BadInput` for a file that is none.
    """
    text = read_text(path, "proof", largest=LARGEST, source=_HINT, again=_HINT)
    try:
        found = [proven(row) for row in _rows(json.loads(text))]
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
    return Proven(
        service=str(row["service"]),
        source=str(source),
        target=str(target),
        verdict=verdict,
        because=_because(verdict, places),
        shims=tuple(_shim(shim) for shim in row.get("shims", ()) if "bare" in shim),
        breaks=tuple(sorted({kind.rpartition(".")[2] for h in row.get("hazards", ()) for kind in _kinds(h)})),
        aborts=tuple(_abort(h) for h in row.get("hazards", ()) if h["why"] == Why.ABORTS),
    )


def _shim(told: Mapping[str, Any]) -> Shim:
    apply, undo, save = (tuple(map(str, told[name])) for name in ("apply", "undo", "save"))
    words = ("database", "table", "column", "form")
    database, table, column, form = (str(told[name]) for name in words)
    ends = {name: str(told[name]) for name in ("bare", "aside", "why")}
    return Shim(database, table, column, form, apply, undo, save=save, **ends)


def _kinds(hazard: Mapping[str, Any]) -> Iterator[str]:
    yield from hazard.get("kinds_read", ())
    yield from hazard.get("kinds_written", ())


def _abort(hazard: Mapping[str, Any]) -> str:
    """`neutron.portforwardings, revision I43e0b669096: (1062, "Duplicate entry …")`."""
    where = ".".join(str(hazard[name]) for name in ("database", "table") if hazard.get(name))
    revision = f", revision {hazard['revision']}" if hazard.get("revision") else ""
    return f"{where}{revision}: {'; '.join(map(str, hazard.get('seen', ()))) or hazard['why']}"


def _place(hazard: Mapping[str, Any]) -> str:
    # A migration that aborts may have said of no table that it is at work there.
    table = hazard["table"] or hazard.get("database", "")
    column = f".{hazard['column']}" if hazard.get("column") else ""
    return f"{table}{column}: {hazard['why']}"


def _because(verdict: Verdict, places: Iterable[str]) -> str:
    told = tuple(places)
    more = f", and {len(told) - _PLACES} more" if len(told) > _PLACES else ""
    return f"{_WORDS[verdict]} ({'; '.join(told[:_PLACES])}{more})" if told else _WORDS[verdict]
