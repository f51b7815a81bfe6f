"""Deleting what probers left: our own at the end, earlier ones' at the start, strays at any time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from liftlock.probes.caller import Caller
from liftlock.probes.judge import Ask, Reply
from liftlock.probes.kinds import KINDS, Kind
from liftlock.probes.ledger import Ledger, Life, Stage
from liftlock.probes.reads import listing
from liftlock.probes.writes import Patience, gone, is_gone

RUN_ID = "%Y%m%dt%H%M%S"
"""The first part of a run id, UTC; a suffix tells runs of one second apart."""

_OURS = re.compile(r"^probe-(?P<begun>\d{8}t\d{6})-[0-9a-f]{4}-(?P<kind>[a-z ]+)-\d+$")


def age_s(name: str, now: float) -> float | None:
    """How many seconds before `now` (epoch) the prober that gave this name began; none: no prober did."""
    match = _OURS.match(name)
    if not match or match["kind"] not in KINDS:
        return None
    return now - datetime.strptime(match["begun"], RUN_ID).replace(tzinfo=UTC).timestamp()


class Clearing:
    """Deletes, without fuss about what is gone already, and tells what would not go."""

    def __init__(self, caller: Caller, ledger: Ledger, patience: Patience, project: str) -> None:
        self._caller = caller
        self._ledger = ledger
        self._patience = patience
        self._project = project

    def clear(self, lives: Iterable[Life], *, insist: bool = True) -> None:
        """Delete these and wait until they are gone, users before what they use.

        Without `insist`, what the cloud does not answer about is left for another time.
        """
        by_kind: dict[str, list[Life]] = {}
        for life in lives:
            by_kind.setdefault(life.kind, []).append(life)
        for kind in KINDS.values():
            if todo := list(self._with_ids(kind, by_kind.get(kind.name, []))):
                self._delete(kind, todo, insist)

    def leftovers(self, kinds: Iterable[Kind], older_than_s: float) -> list[Life]:
        """What earlier probers left, going by the names."""
        now = time.time()
        return [
            Life(kind.name, name, object_id, Stage.CREATED)
            for kind in kinds
            for object_id, name in self._listed(kind) or ()
            if (age := age_s(name, now)) is not None and age > older_than_s
        ]

    def strays(self, kinds: Iterable[Kind], prefix: str) -> list[Life]:
        """Objects with our prefix that our ledger does not know: a request was carried out twice."""
        known = {life.id for life in self._ledger.lives(*Stage)}
        return [
            Life(kind.name, name, object_id, Stage.CREATED)
            for kind in kinds
            for object_id, name in self._listed(kind) or ()
            if name.startswith(f"{prefix}{kind.name}-") and object_id not in known
        ]

    def _listed(self, kind: Kind) -> list[tuple[str, str]] | None:
        """Id and name of every object of `kind`; none if the list cannot be had."""
        reply = self._caller.ask(listing(kind, self._project))
        if not reply.ok or reply.answer is None:
            return None
        return [
            (str(each[kind.id_field]), str(each[kind.name_field]))
            for each in reply.answer.json()[kind.plural]
        ]

    def _with_ids(self, kind: Kind, lives: list[Life]) -> Iterator[Life]:
        """`lives`, those of unknown id looked up by name; one that is not there has never been made."""
        unknown = {life.name: life for life in lives if not life.id}
        yield from (life for life in lives if life.id)
        listed = self._listed(kind) if unknown else None
        if listed is None:
            return
        there = {name: object_id for object_id, name in listed}
        for name, life in unknown.items():
            if name in there:
                yield life.at(Stage.CREATED, id=there[name])
            else:
                self._ledger.note(life.at(Stage.GONE, "was never made"))

    def _delete(self, kind: Kind, lives: list[Life], insist: bool) -> None:
        end = time.monotonic() + self._patience.deadline_s
        todo = {life.id: self._ledger.note(life.at(Stage.DELETING)) for life in lives}
        accepted: set[str] = set()
        while todo:
            for life in tuple(todo.values()):
                if life.id not in accepted:
                    reply = self._send_away(kind, life)
                    if not reply.ok and not insist:
                        del todo[life.id]
                        continue
                    if reply.status in (kind.delete_status, 404):
                        accepted.add(life.id)
                if self._settled(kind, life, end):
                    del todo[life.id]
            if todo:
                time.sleep(self._patience.poll_s)

    def _send_away(self, kind: Kind, life: Life) -> Reply:
        path = kind.show_path(life.id, life.name)
        # 400 (cinder) and 409: not in this state, not yet.
        expected = (kind.delete_status, 404, 400, 409)
        return self._caller.ask(Ask(kind.service, f"{kind.name} clear", "DELETE", path, expected))

    def _settled(self, kind: Kind, life: Life, end: float) -> bool:
        reply = self._caller.ask(gone(kind, life, end, self._patience.deadline_s))
        if is_gone(kind, reply):
            self._ledger.note(life.at(Stage.GONE))
            return True
        if reply.ok or time.monotonic() <= end:
            return False
        self._ledger.note(life.at(Stage.FAILED, reply.outcome))
        self._ledger.find("not gone", life, reply.outcome)
        return True
