"""Asks the target's programs on copies: lists, and objects that are made, shown and deleted; every call has an end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from liftlock.blots import blotted, cause
from liftlock.errors import StepFailed
from liftlock.knowledge.catalogue import services
from liftlock.ports.enclosure import Answer, Asked, Enclosure
from liftlock.ports.scratch import Held
from liftlock.rehearsal.target.answers import Listed, Made, Moment, compared
from liftlock.rehearsal.target.role import OURS, Awaited, ListCall, Role, Trial

CALL_S = 300.0
"""When a call is given up, in seconds."""
READY_S = 300.0
"""How long an object may take to be ready, or gone."""
_ODD = (StepFailed, ValueError, KeyError, TypeError, AttributeError)
"""What is raised at an answer that is none, or has another shape than it should have."""
_PAUSE_S = 0.5
_PAGES = 100_000
_SAID = 300
_WRONG = 50
"""Objects of a list that are kept because something is wrong with them."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a copy held before any program of the target was started."""

    production: tuple[Held, ...]
    ours: frozenset[str]
    """Ids of what the rehearsal put there itself."""


@dataclass
class Caller:
    """Whoever asks, with the rehearsal's account."""

    enclosure: Enclosure
    password: str
    token: str = ""
    project: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    """Kind -> id of what was made and is there."""

    def log_in(self) -> None:
        """Get a token; raises `StepFailed` where keystone gives none."""
        user = {"name": OURS, "domain": {"id": "default"}, "password": self.password}
        scope = {"project": {"name": OURS, "domain": {"id": "default"}}}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
        answer = self._send(5000, "POST", "/v3/auth/tokens", (), {"auth": auth})
        self.token = answer.headers.get("x-subject-token", "")
        self.project = str(_object(answer, "token")["project"]["id"])

    def ask(self, role: Role, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """What a service answers; raises `StepFailed` for an answer that is none, or an error."""
        api = services()[role.service].api()
        assert api is not None
        assert api.port is not None
        try:
            return self._send(api.port, method, path.format(project=self.project), role.headers, body)
        except StepFailed as failed:
            if failed.what.startswith("5"):
                # What users are told of an error is not what it was.
                raise StepFailed(
                    f"{failed.what}; its log: {cause(self.enclosure.heard(api.name))}"
                ) from failed
            raise

    def put(self, role: Role, path: str, content: str) -> None:
        """Send what is not JSON."""
        api = services()[role.service].api()
        assert api is not None
        assert api.port is not None
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/octet-stream"}
        _sound(self.enclosure.ask(Asked("PUT", api.port, path, headers, content, CALL_S)))

    def _send(
        self,
        port: int,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: Mapping[str, Any] | None,
    ) -> Answer:
        known = {"X-Auth-Token": self.token, "Accept": "application/json", **dict(headers)}
        text = "" if body is None else json.dumps(body)
        if text:
            known["Content-Type"] = "application/json"
        return _sound(self.enclosure.ask(Asked(method, port, path, known, text, CALL_S)))

    def items(self, role: Role, path: str, key: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        seen: set[str] = set()
        while path and path not in seen and len(seen) < _PAGES:
            seen.add(path)
            page = json.loads(self.ask(role, "GET", path).body)
            yield from page[key]
            path = _next(page, key)


def _sound(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    said = " ".join(answer.body.split())
    words = f"{answer.status}: {said}" if answer.status else said
    raise StepFailed(blotted(words)[:_SAID] or f"{answer.status}")


def _object(answer: Answer, key: str) -> dict[str, Any]:
    told = json.loads(answer.body or "{}")
    found: dict[str, Any] = told[key] if key else told
    return found


def _next(page: Mapping[str, Any], key: str) -> str:
    """Path of the next page as services tell it: `next`, `links.next`, or an item of `servers_links`."""
    links = page.get("links")
    told = page.get("next") or (links.get("next") if isinstance(links, dict) else None)
    told = told or next((x["href"] for x in page.get(f"{key}_links") or () if x.get("rel") == "next"), "")
    parts = urlsplit(str(told or ""))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def listed(caller: Caller, role: Role, call: ListCall, rows: Rows, moment: Moment) -> Listed:
    """A list beside production's rows."""
    began = time.monotonic()
    try:
        items = [item for path in call.paths for item in caller.items(role, path, call.key)]
        found = compared(call, moment, rows.production, rows.ours, items, project=caller.project)
    except _ODD as error:
        found = Listed(call.words, moment, len(rows.production), 0, problem=_why(error))
    return replace(found, wrong=found.wrong[:_WRONG], seconds=round(time.monotonic() - began, 2))


def made(caller: Caller, roles: Sequence[Role], moment: Moment) -> Iterator[tuple[str, Made]]:
    """(service, how it went) for each kind: all are made and shown first, then deleted, the last first.

    A kind for which another is missing is passed over: why that is so was said of the other, or nobody has it.
    """
    lives: list[tuple[Role, Trial, float]] = []
    for role in roles:
        for trial in role.trials:
            if set(trial.needs) <= set(caller.ids):
                began = time.monotonic()
                try:
                    _make(caller, role, trial)
                    lives.append((role, trial, time.monotonic() - began))
                except _ODD as error:
                    yield role.service, Made(trial.kind, moment, f"cannot be made and shown: {_why(error)}")
                    _drop(caller, role, trial)
    for role, trial, took in reversed(lives):
        began = time.monotonic()
        problem = ""
        try:
            _unmake(caller, role, trial)
        except _ODD as error:
            problem = f"cannot be deleted: {_why(error)}"
        seconds = round(took + time.monotonic() - began, 2)
        yield role.service, Made(trial.kind, moment, problem, seconds)


def _drop(caller: Caller, role: Role, trial: Trial) -> None:
    """Take away what is not as it should be, if that can be done: nothing is to be built on it."""
    if trial.kind in caller.ids:
        with suppress(*_ODD):
            _unmake(caller, role, trial)
        caller.ids.pop(trial.kind, None)


def _why(error: Exception) -> str:
    """What a person is told: an answer that is another than it should be is an answer too."""
    return error.what if isinstance(error, StepFailed) else f"its answer is not as it should be: {error!r}"


def _make(caller: Caller, role: Role, trial: Trial) -> None:
    if trial.awaited is not None:
        _await(caller, role, trial.awaited)
    answer = caller.ask(role, "POST", trial.collection, trial.body(caller.ids))
    # Some say nothing but 201: it is known by its name then.
    found = _object(answer, trial.key) if answer.body else {trial.id_field: trial.named}
    caller.ids[trial.kind] = str(found[trial.id_field])
    if trial.content:
        caller.put(role, f"{_path(caller, trial)}/file", trial.content)
    _reach(caller, role, trial)


def _path(caller: Caller, trial: Trial) -> str:
    collection = trial.collection.format(project=caller.project)
    return trial.show.format(collection=collection, id=caller.ids[trial.kind], name=trial.named)


def _reach(caller: Caller, role: Role, trial: Trial) -> None:
    """See it ready, under its id and name."""
    end = time.monotonic() + READY_S
    while True:
        late = time.monotonic() > end
        found = _object(caller.ask(role, "GET", _path(caller, trial)), trial.key)
        for name, value in ((trial.id_field, caller.ids[trial.kind]), (trial.name_field, trial.named)):
            if str(found[name]) != value:
                raise StepFailed(f"shown, its {name} is {found[name]!r}, not {value!r}")
        state = str(found[trial.status]) if trial.status else ""
        if state == trial.ready:
            return
        if late or state in trial.broken:
            raise StepFailed(f"it is {state}{_fault(found)}{f' after {READY_S:.0f} s' if late else ''}")
        time.sleep(_PAUSE_S)


def _fault(found: Mapping[str, Any]) -> str:
    """Why, where a service says it: nova in `fault`, heat in `stack_status_reason`."""
    fault = found.get("fault")
    why = fault.get("message") if isinstance(fault, dict) else found.get("stack_status_reason")
    return f": {blotted(str(why))[:_SAID]}" if why else ""


def _unmake(caller: Caller, role: Role, trial: Trial) -> None:
    path = _path(caller, trial)
    caller.ask(role, "DELETE", path)
    end = time.monotonic() + READY_S
    while True:
        late = time.monotonic() > end
        try:
            found = _object(caller.ask(role, "GET", path), trial.key)
        except StepFailed as answer:
            if answer.what.startswith("404"):
                del caller.ids[trial.kind]
                return
            raise
        state = str(found[trial.status]) if trial.status else "still there"
        if state in trial.gone:
            del caller.ids[trial.kind]
            return
        if late:
            raise StepFailed(f"it is {state} {READY_S:.0f} s later")
        time.sleep(_PAUSE_S)


def _await(caller: Caller, role: Role, awaited: Awaited) -> None:
    end = time.monotonic() + READY_S
    while True:
        late = time.monotonic() > end
        if any(awaited.there(item) for item in caller.items(role, awaited.path, awaited.key)):
            return
        if late:
            raise StepFailed(f"{awaited.what} after {READY_S:.0f} s")
        time.sleep(_PAUSE_S)
