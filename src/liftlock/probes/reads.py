"""What users look at: lists, single objects, tokens, the dashboard; each judged by its content."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from liftlock.probes.caller import Caller
from liftlock.probes.identity import Identity, validate
from liftlock.probes.judge import Ask
from liftlock.probes.kinds import KINDS, Kind
from liftlock.probes.ledger import Ledger, Life
from liftlock.probes.wire import Answer
from liftlock.probes.writes import altered, show

NEWEST = {"X-OpenStack-Nova-API-Version": "latest"}
"""As the `openstack` client asks: newer views of a server read more of the database (2.96: request specs)."""

Known = Callable[[], Mapping[str, Life]]
"""Tells, at any moment, which objects must be there."""

LOGIN = "/auth/login/"
"""Horizon's sign-in page, below its address."""


def _nobody() -> Mapping[str, Life]:
    return {}


def listing(kind: Kind, project: str, known: Known = _nobody, detail: str = "") -> Ask:
    """The list of `kind`; it must contain what is known when we ask and still when the answer comes."""
    before = known()

    def check(answer: Answer) -> str:
        found = {item[kind.id_field]: item[kind.name_field] for item in answer.json()[kind.plural]}
        now = known()
        missing = [life for life in before.values() if life.id not in found and life.id in now]
        if missing:
            return f"content: {kind.name} list lacks {', '.join(f'{life.name} {life.id}' for life in missing[:3])}"
        renamed = [life for life in before.values() if life.id in now and found[life.id] != life.name]
        return f"content: {renamed[0].name} is listed as {found[renamed[0].id]!r}" if renamed else ""

    path = kind.list_path(project) if not detail else f"{kind.collection}/{detail}"
    verb = f"{kind.name} list" + (f" {detail}" if detail else "")
    return Ask(kind.service, verb, "GET", path, check=check, headers=NEWEST if detail else {})


def looking(kind: Kind, life: Life, known: Known) -> Ask:
    """One object that must be there unchanged, unless it is given up while the answer is under way."""

    def check(answer: Answer) -> str:
        if life.id not in known():
            return ""
        return "status: 404, expected 200" if answer.status == 404 else altered(kind, life, answer)

    return show(kind, life, "show", check, 200, 404)


@dataclass(frozen=True, slots=True)
class Reading:
    """One sort of read; a turn of it is one request (two for the dashboard)."""

    service: str
    turn: Callable[[Caller, float], None]
    """Told by how many milliseconds it is late."""


class Reads:
    """All the reads that the cloud's services allow, in a rotation that serves every service alike."""

    def __init__(self, identity: Identity, ledger: Ledger) -> None:
        self._identity = identity
        self._ledger = ledger
        self._rounds = itertools.count()
        readings = (*self._keystone(), *self._objects(), *self._pages())
        self._turns: dict[str, list[Reading]] = {}
        for reading in readings:
            if reading.service in identity.services:
                self._turns.setdefault(reading.service, []).append(reading)

    @property
    def services(self) -> tuple[str, ...]:
        """The services that are read."""
        return tuple(self._turns)

    def turn(self, number: int) -> tuple[bool, Reading]:
        """The read of this turn of the schedule, and whether a client that keeps connections does it.

        Of every read one half is done by each half of the clients.
        """
        services = self.services
        passed, place = divmod(number, len(services))
        readings = self._turns[services[place]]
        again, which = divmod(passed, len(readings))
        return (again + which + place) % 2 == 0, readings[which]

    def _keystone(self) -> tuple[Reading, ...]:
        issue = Reading("keystone", lambda caller, late: _ask(caller, self._identity.issue(), late))
        check = Reading("keystone", lambda caller, late: _ask(caller, validate(self._identity), late))
        projects = (
            self._list("project") if self._identity.me.is_admin else Reading("keystone", self._own_projects)
        )
        # A password is hashed for every token: twice the validations, half a core less.
        return check, projects, check, issue

    def _own_projects(self, caller: Caller, late_ms: float) -> None:
        own = self._identity.me.project_id

        def check(answer: Answer) -> str:
            ids = [project["id"] for project in answer.json()["projects"]]
            return "" if own in ids else f"content: project list lacks our own {own}"

        _ask(caller, Ask("keystone", "project list", "GET", "/auth/projects", check=check), late_ms)

    def _objects(self) -> tuple[Reading, ...]:
        readings = [
            *(self._list("image"), self._show("image")),
            *(
                self._list("server"),
                self._list("server", "detail"),
                self._list("flavor"),
                self._show("server"),
            ),
            *(self._list("network"), self._list("port"), self._list("subnet"), self._show("network")),
            *(self._list("volume"), self._show("volume"), self._list("volume type")),
            *(self._list("stack"), self._show("stack")),
        ]
        if self._identity.me.is_admin:
            readings += [self._list("resource provider"), self._show("resource provider")]
        return tuple(readings)

    def _pages(self) -> tuple[Reading, ...]:
        return (Reading("horizon", dashboard),)

    def _list(self, name: str, detail: str = "") -> Reading:
        kind, project = KINDS[name], self._identity.me.project_id

        def turn(caller: Caller, late_ms: float) -> None:
            _ask(caller, listing(kind, project, self._known(name), detail), late_ms)

        return Reading(kind.service, turn)

    def _show(self, name: str) -> Reading:
        kind, project = KINDS[name], self._identity.me.project_id
        known = self._known(name)

        def turn(caller: Caller, late_ms: float) -> None:
            lives = list(known().values())
            life = lives[next(self._rounds) % len(lives)] if lives else None
            _ask(caller, looking(kind, life, known) if life else listing(kind, project, known), late_ms)

        return Reading(kind.service, turn)

    def _known(self, name: str) -> Known:
        return lambda: self._ledger.must_exist(name)


def _ask(caller: Caller, ask: Ask, late_ms: float) -> None:
    caller.ask(ask, late_ms=late_ms)


def sign_in_page() -> Ask:
    """Horizon's sign-in page, with its form."""

    def check(answer: Answer) -> str:
        page = answer.body.decode("utf-8", "replace")
        lacking = [
            name for name in ("username", "password") if not re.search(rf"name=[\"']{name}[\"']", page)
        ]
        return f"content: the sign-in page has no field {lacking[0]}" if lacking else ""

    headers = {"Accept": "text/html"}
    return Ask("horizon", "login page", "GET", LOGIN, check=check, headers=headers, authenticated=False)


def assets(page: bytes) -> tuple[str, ...]:
    """The first style sheet and the first script that a page names."""
    text = page.decode("utf-8", "replace")
    found = (
        re.search(r"<link\b[^>]*\bhref=[\"']([^\"']+\.css[^\"']*)[\"']", text),
        re.search(r"<script\b[^>]*\bsrc=[\"']([^\"']+\.js[^\"']*)[\"']", text),
    )
    return tuple(match[1] for match in found if match)


def dashboard(caller: Caller, late_ms: float = 0.0) -> None:
    """The sign-in page and then what a browser would fetch for it: its own assets, not yesterday's."""
    reply = caller.ask(sign_in_page(), late_ms=late_ms)
    if not reply.ok or reply.answer is None:
        return

    def check(answer: Answer) -> str:
        kind = answer.headers.get("content-type", "")
        if not answer.body:
            return "content: an empty asset"
        return "" if "css" in kind or "javascript" in kind else f"content: an asset of type {kind!r}"

    base = caller.address("horizon", LOGIN)
    for asset in assets(reply.answer.body):
        caller.ask(
            Ask(
                "horizon",
                "asset",
                "GET",
                urljoin(base, asset),
                check=check,
                headers={"Accept": "*/*"},
                authenticated=False,
            )
        )
