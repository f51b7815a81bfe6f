"""What is there before the first read: image, flavor and network for servers, and the tenants' own objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liftlock.errors import BadInput, StepFailed
from liftlock.probes.caller import Caller
from liftlock.probes.clearing import age_s
from liftlock.probes.identity import Token
from liftlock.probes.kinds import KINDS, Kind
from liftlock.probes.ledger import Ledger, Life, Stage
from liftlock.probes.reads import listing
from liftlock.probes.writes import Chain, show

WITNESSED = ("server", "volume", "network", "subnet", "image", "stack", "project", "flavor", "volume type")
"""Kinds of which what is found at the start must still be there, unchanged, at the end."""

WITNESSES_AT_MOST = 10
"""Of each kind."""

STEADY = ("", "ACTIVE", "SHUTOFF", "available", "in-use", "active", "CREATE_COMPLETE", "UPDATE_COMPLETE")
"""States in which an object stays by itself."""


def found(caller: Caller, kind: Kind, me: Token) -> list[dict[str, Any]]:
    """The objects of `kind` that are there now; none if the list cannot be had (which the log tells)."""
    reply = caller.ask(listing(kind, me.project_id))
    return list(reply.answer.json()[kind.plural]) if reply.ok and reply.answer else []


def witness(caller: Caller, ledger: Ledger, me: Token, services: frozenset[str]) -> None:
    """Put the tenants' own objects into the ledger, with their fields as they are now."""
    names = (
        (*WITNESSED, "resource provider") if me.is_admin else tuple(n for n in WITNESSED if n != "project")
    )
    for kind in (KINDS[name] for name in names if KINDS[name].service in services):
        own = [item for item in found(caller, kind, me) if age_s(str(item[kind.name_field]), 0.0) is None]
        for item in own[:WITNESSES_AT_MOST]:
            _note_found(caller, ledger, kind, str(item[kind.id_field]), str(item[kind.name_field]))


def _note_found(caller: Caller, ledger: Ledger, kind: Kind, object_id: str, name: str) -> None:
    life = Life(kind.name, name, object_id, Stage.FOUND)
    # Somebody may delete it between the list and now; that is no failure.
    reply = caller.ask(show(kind, life, "look", lambda _answer: "", 200, 404))
    if not reply.ok or reply.answer is None or reply.answer.status == 404:
        return
    item = kind.unwrap(reply.answer.json())
    if not kind.status or item[kind.status] in STEADY:
        ledger.note(life.at(Stage.FOUND, fields=kind.fields(item)))


def furnish(caller: Caller, chain: Chain, ledger: Ledger, me: Token, wanted: Mapping[str, str]) -> None:
    """Find the image, flavor and network of these names for servers, or make them; and keep a port.

    `wanted` is kind → name. Ids end up in `chain.refs`. Raises `BadInput` if a flavor is missing and
    we may not make one, `StepFailed` if making one failed.
    """
    chain.refs["domain"] = me.domain_id
    for name, title in wanted.items():
        kind = KINDS[name]
        ids = [str(item["id"]) for item in found(caller, kind, me) if item["name"] == title]
        chain.refs[name] = ids[0] if ids else _make(chain, ledger, kind, title, me)
    if "network" in chain.refs:
        _make(chain, ledger, KINDS["port"], "", me)


def _make(chain: Chain, ledger: Ledger, kind: Kind, title: str, me: Token) -> str:
    if kind.admin and not me.is_admin:
        raise BadInput(
            f"there is no {kind.name} called {title!r}, and making one takes an administrator",
            hint=f"create it, or name another with --{kind.name}",
        )
    lives = chain.make(kind)
    if not lives:
        raise StepFailed(
            f"the prober could not make a {kind.name} for itself",
            now="what it had made so far was deleted again",
            hint="read requests.jsonl, lines with phase `setup`",
        )
    for life in lives:
        ledger.note(life.at(Stage.KEPT))
    return lives[0].id
