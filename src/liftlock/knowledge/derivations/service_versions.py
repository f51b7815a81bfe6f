"""What a release's workers write about themselves, the oldest that it still works with, and the pins between.

nova counts its code (`SERVICE_VERSION`, in `nova/objects/service.py`); its control plane refuses to start below the
number behind `OLDEST_SUPPORTED_SERVICE_VERSION` (`nova.utils.raise_if_old_compute`), and with `[upgrade_levels]
compute = auto` speaks what the oldest worker's entry of `SERVICE_VERSION_HISTORY` says. cinder writes the version of
its objects (`cinder/objects/base.py`) and pins to the oldest by itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_value
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change, Turn
from liftlock.knowledge.syntax import assigned, calls, constant, dotted, parsed

NOVA, CINDER = "nova/objects/service.py", "cinder/objects/base.py"
WRITES, REFUSES_BELOW, OBJECTS = "service version", "refuses below", "object version"
_CAPS = "rpc by service version"
"""Name of the record that is compared across releases, not shown as it is."""


def wants(path: str) -> bool:
    """The two modules that count."""
    return path in (NOVA, CINDER)


def read(texts: Mapping[str, str]) -> Records:
    """What is counted -> the count."""
    found: dict[str, dict[str, str]] = {}
    if NOVA in texts:
        found |= dict(_nova(parsed(NOVA, texts[NOVA])))
    if CINDER in texts:
        found |= dict(_cinder(parsed(CINDER, texts[CINDER])))
    return found


def _nova(tree: ast.Module) -> Iterator[tuple[str, dict[str, str]]]:
    writes = constant(assigned(tree, "SERVICE_VERSION"))
    if isinstance(writes, int):
        yield WRITES, {"value": str(writes)}
    aliases = constant(assigned(tree, "SERVICE_VERSION_ALIASES")) or {}
    floor = aliases.get(constant(assigned(tree, "OLDEST_SUPPORTED_SERVICE_VERSION")))
    if floor is not None:
        yield REFUSES_BELOW, {"value": str(floor)}
    history = assigned(tree, "SERVICE_VERSION_HISTORY")
    if isinstance(history, ast.Tuple | ast.List):
        # An entry may name a constant; then it is unknown, and the count goes on.
        entries = [constant(entry) for entry in history.elts]
        yield (
            _CAPS,
            {str(n): str(e["compute_rpc"]) for n, e in enumerate(entries) if e and "compute_rpc" in e},
        )


def _cinder(tree: ast.Module) -> Iterator[tuple[str, dict[str, str]]]:
    added = [c for c in calls([tree]) if dotted(c.func) == "OBJ_VERSIONS.add" and c.args]
    versions = [constant(call.args[0]) for call in added]
    if versions:
        yield OBJECTS, {"value": str(versions[-1])}


def compare(before: Records, after: Records) -> Iterator[Change]:
    """The counts even where they stay, and at which RPC the newer release speaks with the older one's workers."""
    counts = [{k: v for k, v in records.items() if k != _CAPS} for records in (before, after)]
    yield from by_value(*counts, stays=True)
    oldest = before.get(WRITES, {}).get("value", "")
    cap = after.get(_CAPS, {}).get(oldest)
    if cap:
        own = after[_CAPS].get(after[WRITES]["value"], "unknown")
        text = f"while a nova-compute writes {oldest}, `[upgrade_levels] compute = auto` speaks RPC {cap}; own is {own}"
        yield Change(Turn.STAYS if cap == own else Turn.CHANGED, "compute RPC under auto", text)


DERIVATION = Derivation("service_versions", Kind.WHEEL, wants, read, compare)
