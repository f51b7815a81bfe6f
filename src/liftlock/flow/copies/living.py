"""The target release lives on copies for a while: its programs are started on them and asked, twice."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from liftlock.errors import StepFailed
from liftlock.flow.copies.asking import Caller, Rows, listed, made
from liftlock.flow.copies.gathering import BEFORE, BEFORE_CUTOVER, Ground, due
from liftlock.flow.copies.playing import Cast, set_up
from liftlock.flow.copies.rounds import Chosen, afresh, batches
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.kinds import Kind
from liftlock.ports.enclosure import Enclosure
from liftlock.rehearsal.target.answers import Answers, Listed, Made, Moment, Started
from liftlock.rehearsal.target.role import BROKER, OURS, Place, Role, roles

_ACCOUNT = ("--bootstrap-username", OURS, "--bootstrap-project-name", OURS, "--bootstrap-password")
_AFTER = ("online", "contract")
_NOBODY = "keystone is not among what is rehearsed: nobody could ask"
_DUMB = "keystone of the new release does not start"
_UNKNOWN = "liftlock does not know how to run it"
_NO_MODULE = "its API is a program of its own in this release, which liftlock cannot serve"
_OWN_BROKER = f"UPDATE cell_mappings SET transport_url = '{BROKER}' WHERE transport_url NOT LIKE 'none:%'"  # noqa: S608

Known = Mapping[str, tuple[Rows, ...]]
"""Service -> rows of each of its list calls."""


def lived(
    ground: Ground, enclosure: Enclosure, chosen: Sequence[Chosen], tell: Callable[[str], None]
) -> tuple[Answers, ...]:
    """How the target's programs fare on fresh copies; a failure is told and ends nothing but what rests on it."""
    why = {one.service.name: _why_not(ground, one) for one in chosen}
    cast = [one for one in chosen if not why[one.service.name]]
    left = [Answers(name, left_out=words) for name, words in why.items() if words]
    if "keystone" not in {one.service.name for one in cast}:
        nobody = _DUMB if "keystone" in why else _NOBODY
        return (*(Answers(c.service.name, left_out=nobody) for c in cast), *left)
    try:
        return (*_Stay(ground, enclosure, cast, tell).told(), *left)
    except StepFailed as failed:
        broken = (Started("the rehearsal", 0.0, f"could not go on: {failed.what}"),)
        return (*(Answers(c.service.name, broken) for c in cast), *left)


def _why_not(ground: Ground, one: Chosen) -> str:
    """Why a service's programs are not started; empty if they are."""
    if one.service.name not in roles():
        return _UNKNOWN
    api = one.service.api()
    return "" if api is None or ground.new.can_serve(api.wsgi) else _NO_MODULE


@dataclass
class _Stay:
    """One stay of the target's programs on copies."""

    ground: Ground
    enclosure: Enclosure
    cast: Sequence[Chosen]
    tell: Callable[[str], None]

    def told(self) -> tuple[Answers, ...]:
        """Migrate, start, ask; migrate the rest, ask again."""
        self.tell("fresh copies are migrated for the new release's programs")
        afresh(self.ground, [d for one in self.cast for d in self._databases(one)])
        failed = self._migrate(BEFORE_CUTOVER)
        there = {one.service.name for one in self.cast} - set(failed)
        # Others come after keystone, whatever the order in which the plan migrates.
        playing = [role for name, role in roles().items() if name in there]
        out = tuple(Answers(name, left_out=f"its migration fails: {words}") for name, words in failed.items())
        if "keystone" in failed:
            return (*(Answers(r.service, left_out=_NOBODY) for r in playing), *out)
        return (*self._played(playing), *out)

    def _played(self, playing: Sequence[Role]) -> tuple[Answers, ...]:
        """Start the programs, ask them, end them."""
        place = self._place()
        set_up(self.enclosure, self.ground.new, place, playing)
        names = ", ".join(role.service for role in playing)
        self.tell(f"the programs of {names} are started, cut off from the network")
        self.enclosure.furnish()
        actors = Cast(self.enclosure, self.ground.new, place)
        actors.run(playing[0], ("keystone-manage", "bootstrap", *_ACCOUNT, place.password))
        self._lead_here()
        rows = self._rows(playing)
        try:
            actors.start(playing[:1])
            if not actors.answers(playing[0]):
                dumb = (Answers(r.service, left_out=_DUMB) for r in playing[1:])
                return (Answers("keystone", tuple(actors.started["keystone"].values())), *dumb)
            actors.start(playing[1:])
            return tuple(self._asked(actors, Caller(self.enclosure, place.password), playing, rows))
        finally:
            actors.end()

    def _asked(self, actors: Cast, caller: Caller, playing: Sequence[Role], rows: Known) -> Iterator[Answers]:
        alive = [r for r in playing if actors.answers(r)]
        lists: list[tuple[str, Listed]] = []
        trials: list[tuple[str, Made]] = []
        for moment in Moment:
            if moment is Moment.FINALIZED:
                self._migrate(_AFTER)
            self.tell(f"{moment}: what do they list, and can objects be made, shown and deleted?")
            try:
                caller.log_in()
            except StepFailed as failed:
                actors.blame(playing[0], f"gives nobody a token {moment}: {failed.what}")
                break
            lists += [
                (role.service, listed(caller, role, call, held, moment))
                for role in alive
                for call, held in zip(role.calls, rows[role.service], strict=True)
            ]
            trials += made(caller, alive, moment)
            actors.look()
        for role in playing:
            name = role.service
            yield Answers(
                name,
                tuple(actors.started[name].values()),
                tuple(one for service, one in lists if service == name),
                tuple(one for service, one in trials if service == name),
            )

    def _databases(self, one: Chosen) -> list[str]:
        return [d for d in one.service.databases if d in self.ground.databases]

    def _migrate(self, phases: Sequence[str]) -> dict[str, str]:
        """Run migrations of these phases on the copies; service -> why its own failed."""
        failed: dict[str, str] = {}
        for one in self.cast:
            wanted = [m for m in one.migrations if m.phase in phases]
            for migration, targets in due(wanted, self._databases(one)):
                *_, last = batches(self.ground, migration, targets)
                if last.code:
                    failed[one.service.name] = last.words
                    break
        return failed

    def _place(self) -> Place:
        addresses = {name: self.ground.server.address(name) for name in self.ground.databases}
        folders = str(self.enclosure.folder), str(self.ground.new.folder)
        return Place(*folders, addresses, secrets.token_urlsafe(24))

    def _lead_here(self) -> None:
        """Lead what is written in the copies to the rehearsal's own programs."""
        self.ground.server.do("keystone", [_led_here(role) for role in roles().values()])
        if "nova_api" in self.ground.databases:
            self.ground.server.do("nova_api", [_OWN_BROKER])

    def _rows(self, playing: Sequence[Role]) -> Known:
        return {
            role.service: tuple(
                self._held(call.kind) if call.kind else Rows((), frozenset()) for call in role.calls
            )
            for role in playing
        }

    def _held(self, kind: Kind) -> Rows:
        """What production has of a kind, and what the copies have beside that by now."""
        server = self.ground.server
        there = [d for d in kind.databases if d in self.ground.databases]
        columns = {c for d in there for c in server.schema(d).tables[kind.table].columns}
        bare = replace(kind, leave=tuple(columns), details=())
        with server.objects(bare, {d: d + BEFORE for d in there}, {d: d for d in there}) as kept:
            production = tuple(kept.before)
            known = {held.id for held in production}
            return Rows(production, frozenset(held.id for held in kept.after if held.id not in known))


def _led_here(role: Role) -> str:
    """The catalogue's addresses of a service become those of the rehearsal's own."""
    service = services()[role.service]
    api = service.api()
    assert api is not None
    types = ", ".join(f"'{word}'" for word in dict.fromkeys((service.catalogue_type, *role.types)))
    return (
        f"UPDATE endpoint e JOIN service s ON s.id = e.service_id SET e.url = "  # noqa: S608  (our own words)
        f"'http://127.0.0.1:{api.port}{role.endpoint}' WHERE s.type IN ({types})"
    )
