"""Is everything as the ledger says? Asked of the cloud, object by object."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.probes.caller import Caller
from liftlock.probes.kinds import KINDS
from liftlock.probes.ledger import Ledger, Life, Stage
from liftlock.probes.writes import altered, gone, is_gone, show


def check_all(caller: Caller, ledger: Ledger) -> None:
    """Look at every kept, found and gone object, and note in the ledger what is not as it must be."""
    for life in ledger.lives(Stage.KEPT, Stage.FOUND):
        check_present(caller, ledger, life)
    for life in ledger.lives(Stage.GONE):
        if life.id:
            check_gone(caller, ledger, life)


def check_present(caller: Caller, ledger: Ledger, life: Life) -> None:
    """Whether `life` is there unchanged."""
    kind = KINDS[life.kind]
    reply = caller.ask(show(kind, life, "check", lambda answer: altered(kind, life, answer)))
    if reply.ok:
        return
    if reply.status == 404:
        ledger.find("lost", life, "not found")
    elif reply.kind in ("changed", "content"):
        ledger.find("changed", life, reply.outcome)
    else:
        ledger.find("unreadable", life, reply.outcome)


def check_gone(caller: Caller, ledger: Ledger, life: Life) -> None:
    """Whether `life` is still gone."""
    kind = KINDS[life.kind]
    reply = caller.ask(gone(kind, life, 0.0, 0.0))
    if is_gone(kind, reply):
        return
    if reply.kind == "state":
        ledger.find("not gone", life, "it is there again")
    else:
        ledger.find("unreadable", life, reply.outcome)


def unfinished(lives: Iterable[Life]) -> list[Life]:
    """Objects whose prober died in the middle of their life: nothing can be said of them."""
    begun = (Stage.INTENDED, Stage.UNSURE, Stage.CREATED, Stage.READY, Stage.DELETING)
    return [life for life in lives if life.stage in begun]
