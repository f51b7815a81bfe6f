"""The life of an object: make it, see it ready, look again, delete it, see it gone."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from liftlock.probes.caller import Caller
from liftlock.probes.judge import Ask, Check, Reply, as_json
from liftlock.probes.kinds import IMAGE_BYTES, KINDS, Kind, differences
from liftlock.probes.ledger import Ledger, Life, Stage
from liftlock.probes.pace import Stop
from liftlock.probes.wire import Answer


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take."""

    deadline_s: float = 120.0
    """From the answer to a create or delete until the object must be ready or gone."""
    poll_s: float = 1.0
    linger_s: float = 3.0
    """How long an object lives between ready and delete."""
    finish_s: float = 60.0
    """How long, once a stop was wished, begun lives may go on; then they are only cleared away."""


class Names:
    """Names nobody else gives: `probe-<run id>-<kind>-<number>`."""

    def __init__(self, run_id: str) -> None:
        self.prefix = f"probe-{run_id}-"
        self._numbers = itertools.count(1)

    def new(self, kind: Kind) -> str:
        """A name for an object of `kind`."""
        return f"{self.prefix}{kind.name}-{next(self._numbers)}"


def mismatch(kind: Kind, life: Life, answer: Answer) -> str:
    """What is wrong with a show of `life`, its state apart."""
    found = kind.unwrap(answer.json())
    if found[kind.id_field] != life.id:
        return f"content: {kind.name} {found[kind.id_field]} instead of {life.id}"
    if found[kind.name_field] != life.name:
        return f"content: {kind.name} {life.id} is called {found[kind.name_field]!r}, not {life.name!r}"
    return ""


def altered(kind: Kind, life: Life, answer: Answer) -> str:
    """What is wrong with a show of `life`, which nobody may have touched since its fields were noted."""
    if wrong := mismatch(kind, life, answer):
        return wrong
    changed = differences(life.fields, kind.fields(kind.unwrap(answer.json())))
    return f"changed: {kind.name} {life.name}: {changed}" if changed else ""


def show(kind: Kind, life: Life, verb: str, check: Callable[[Answer], str], *expected: int) -> Ask:
    """Ask for `life`."""
    path = kind.show_path(life.id, life.name)
    return Ask(kind.service, f"{kind.name} {verb}", "GET", path, expected or (200,), check=check)


class Chain:
    """Makes and unmakes objects of one run, one after the other; not to be shared between threads."""

    def __init__(
        self,
        caller: Caller,
        ledger: Ledger,
        *,
        patience: Patience,
        stop: Stop,
        names: Names,
        refs: Mapping[str, str],
    ) -> None:
        self.caller = caller
        """The client that does it all."""
        self._ledger = ledger
        self._patience = patience
        self._stop = stop
        self._names = names
        self.refs = dict(refs)
        """Ids that new objects refer to."""
        self.kept: list[Life] = []
        """What this chain made and left alive."""

    def live(self, kind: Kind, *, keep: bool) -> None:
        """One whole life; with `keep` it ends ready and goes on the list of what must exist."""
        lives = self.make(kind)
        if not lives:
            return
        if keep:
            self.kept.append(lives[0])
            for life in lives:
                self._ledger.note(life.at(Stage.KEPT))
            return
        self._stop.wait(self._patience.linger_s)
        if all([self._unchanged(life) for life in lives]):  # noqa: C419  (every one is asked)
            self._unmake(*lives)

    def make(self, kind: Kind) -> tuple[Life, ...]:
        """A ready object and its companions, or nothing if that failed (which has then been told)."""
        life = self._create(kind, self.refs)
        if life is None or not _FILLS.get(kind.name, _nothing_to_do)(self, life):
            return ()
        companions = []
        for name in kind.companions:
            companion = self._create(KINDS[name], {**self.refs, kind.name: life.id})
            if companion is None:
                return ()
            companions.append(companion)
        ready = [self._reach(each) for each in (life, *companions)]
        lives = tuple(each for each in ready if each is not None)
        if len(lives) < len(ready) or not _PROOFS.get(kind.name, _nothing_to_do)(self, lives[0]):
            return ()
        return lives

    def send(self, life: Life, ask: Ask) -> bool:
        """Send a request that is part of making `life`; if it fails, so has `life`."""
        reply = self.caller.ask(ask)
        if not reply.ok:
            self._failed(life, f"{ask.verb}: {reply.outcome}")
        return reply.ok

    def _create(self, kind: Kind, refs: Mapping[str, str]) -> Life | None:
        assert kind.body is not None
        life = self._ledger.note(Life(kind.name, self._names.new(kind)))

        def check(answer: Answer) -> str:
            found = kind.unwrap(answer.json())
            name = found.get(kind.name_field, life.name)
            if not isinstance(found["id"], str) or not found["id"]:
                return "content: no id"
            return "" if name == life.name else f"content: called {name!r}, not {life.name!r}"

        body = as_json(kind.body(life.name, refs))
        ask = Ask(
            kind.service, f"{kind.name} create", "POST", kind.collection, (kind.create_status,), check, body
        )
        reply = self.caller.ask(ask)
        if not reply.ok or reply.answer is None:
            self._ledger.note(life.at(Stage.UNSURE, reply.outcome))
            self._ledger.find("failed", life, f"{ask.verb}: {reply.outcome}")
            return None
        return self._ledger.note(life.at(Stage.CREATED, id=kind.unwrap(reply.answer.json())["id"]))

    def _reach(self, life: Life) -> Life | None:
        """`life` with its fields once it is ready."""
        kind = KINDS[life.kind]
        end = time.monotonic() + self._patience.deadline_s
        ask = show(kind, life, "poll", self._readiness(kind, life, end))
        while True:
            reply = self.caller.ask(ask)
            if reply.ok and reply.answer:
                found = kind.unwrap(reply.answer.json())
                if not kind.status or found[kind.status] == kind.ready:
                    return self._ledger.note(life.at(Stage.READY, fields=kind.fields(found)))
            elif reply.status == 404:
                self._lost(life, "accepted, then not found")
                return None
            elif _settled(reply) or time.monotonic() > end:
                self._failed(life, reply.outcome)
                return None
            if self._abandoned():
                return None
            time.sleep(self._patience.poll_s)

    def _readiness(self, kind: Kind, life: Life, end: float) -> Check:
        def check(answer: Answer) -> str:
            if (wrong := mismatch(kind, life, answer)) or not kind.status:
                return wrong
            state = kind.unwrap(answer.json())[kind.status]
            if state in kind.broken:
                return f"state: {kind.name} {life.name} went {state}"
            if state != kind.ready and time.monotonic() > end:
                return f"state: {kind.name} {life.name} still {state} {self._patience.deadline_s:g} s after create"
            return ""

        return check

    def _unchanged(self, life: Life) -> bool:
        kind = KINDS[life.kind]
        reply = self.caller.ask(show(kind, life, "show", lambda answer: altered(kind, life, answer)))
        if reply.status == 404:
            self._lost(life, "was ready, then not found")
        elif reply.kind == "changed":
            self._ledger.note(life.at(Stage.CHANGED, reply.outcome))
            self._ledger.find("changed", life, reply.outcome)
        elif reply.kind == "content":
            self._failed(life, reply.outcome)
        # An answer that did not come is a failed request, and says nothing about the object.
        return reply.kind not in ("changed", "content") and reply.status != 404

    def _unmake(self, life: Life, *companions: Life) -> None:
        kind = KINDS[life.kind]
        self._ledger.note(life.at(Stage.DELETING))
        path = kind.show_path(life.id, life.name)
        if self.send(life, Ask(kind.service, f"{kind.name} delete", "DELETE", path, (kind.delete_status,))):
            for each in (life, *companions):
                self._see_gone(each)

    def _see_gone(self, life: Life) -> None:
        end = time.monotonic() + self._patience.deadline_s
        ask = gone(KINDS[life.kind], life, end, self._patience.deadline_s)
        while True:
            reply = self.caller.ask(ask)
            if is_gone(KINDS[life.kind], reply):
                self._ledger.note(life.at(Stage.GONE))
                return
            if not reply.ok and (_settled(reply) or time.monotonic() > end):
                self._ledger.note(life.at(Stage.FAILED, reply.outcome))
                self._ledger.find("not gone", life, reply.outcome)
                return
            if self._abandoned():
                return
            time.sleep(self._patience.poll_s)

    def _abandoned(self) -> bool:
        return self._stop.longer_ago_than(self._patience.finish_s)

    def _failed(self, life: Life, reason: str) -> None:
        self._ledger.note(life.at(Stage.FAILED, reason))
        self._ledger.find("failed", life, reason)

    def _lost(self, life: Life, reason: str) -> None:
        self._ledger.note(life.at(Stage.LOST, reason))
        self._ledger.find("lost", life, reason)


def gone(kind: Kind, life: Life, end: float, deadline_s: float) -> Ask:
    """Ask whether `life` is gone; after the monotonic time `end` it is a failure that it is not."""

    def check(answer: Answer) -> str:
        if answer.status == 404:
            return ""
        state = kind.unwrap(answer.json())[kind.status] if kind.status else ""
        if (kind.deleted and state == kind.deleted) or time.monotonic() <= end:
            return ""
        return f"state: {kind.name} {life.name} still there ({state or 'no state'}) {deadline_s:g} s after delete"

    return show(kind, life, "gone", check, 200, 404)


def is_gone(kind: Kind, reply: Reply) -> bool:
    """Whether the answer to `gone` says so."""
    if not reply.ok or reply.answer is None:
        return False
    if reply.answer.status == 404:
        return True
    return bool(kind.deleted) and kind.unwrap(reply.answer.json())[kind.status] == kind.deleted


def _settled(reply: Reply) -> bool:
    """Whether asking again would not change the verdict."""
    return reply.kind in ("state", "content", "changed")


def _nothing_to_do(_chain: Chain, _life: Life) -> bool:
    return True


def _upload(chain: Chain, life: Life) -> bool:
    headers = {"Content-Type": "application/octet-stream"}
    path = f"/images/{life.id}/file"
    return chain.send(
        life, Ask("glance", "image upload", "PUT", path, (204,), body=IMAGE_BYTES, headers=headers)
    )


def _download(chain: Chain, life: Life) -> bool:
    def check(answer: Answer) -> str:
        if answer.body == IMAGE_BYTES:
            return ""
        return f"content: {len(answer.body)} bytes that are not the {len(IMAGE_BYTES)} uploaded"

    return chain.send(life, Ask("glance", "image download", "GET", f"/images/{life.id}/file", check=check))


_Part = Callable[[Chain, Life], bool]
_FILLS: Mapping[str, _Part] = {"image": _upload}
"""What a kind needs between create and ready."""
_PROOFS: Mapping[str, _Part] = {"image": _download}
"""What shows that a ready one is what it says."""
