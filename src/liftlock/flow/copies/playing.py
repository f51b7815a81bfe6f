"""Starts the target's programs on migrated copies, in a place that is cut off, and ends them."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from liftlock.blots import blotted, cause
from liftlock.errors import BadInput, StepFailed
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.service import Part
from liftlock.ports.enclosure import Asked, Enclosure
from liftlock.ports.scratch import ReleaseCode
from liftlock.rehearsal.target.answers import Started
from liftlock.rehearsal.target.role import Place, Role, ini, policy_text

START_S = 600.0
"""How long a program may take until it answers, in seconds."""
_NOT_STARTED = "cannot be started"
_PAUSE_S = 0.3
_STOP_S = 15.0
_KEPT = 15
"""Lines of a program's words that are kept if it does not run."""
_SOON_S = 20.0
"""When to give up an API that does not say whether it is well, and ask again."""


@dataclass
class Cast:
    """The programs that were started."""

    enclosure: Enclosure
    code: ReleaseCode
    place: Place
    started: dict[str, dict[str, Started]] = field(default_factory=dict)
    """Service -> program -> how that went."""

    def start(self, roles: Sequence[Role]) -> None:
        """Start all programs of services side by side, and wait for those that answer."""
        began = time.monotonic()
        programs = [(role, name, api) for role in roles for name, api in _programs(role)]
        for role, name, api in programs:
            self._note(role, Started(name, 0.0, self._started(role, name, api)))
        for role, name, api in programs:
            if not self.started[role.service][name].problem:
                problem = self._awaited(name, api) if api else self._ended(name)
                self._note(role, Started(name, round(time.monotonic() - began, 1), problem))

    def run(self, role: Role, words: Sequence[str]) -> None:
        """Run a program of a service's to its end; raises `StepFailed` where it fails."""
        name = words[0]
        program = [*self.code.words(name), *self._files(role), *words[1:]]
        self.enclosure.start(name, program, self._surroundings(role))
        end = time.monotonic() + START_S
        while (code := self.enclosure.ended(name)) is None and time.monotonic() < end:
            time.sleep(_PAUSE_S)
        if code != 0:
            ended = (
                f"fails: {cause(self.enclosure.heard(name))}"
                if code
                else f"has not ended after {START_S:.0f} s"
            )
            raise StepFailed(f"`{' '.join(words[:2])}` on the copies {ended}")

    def answers(self, role: Role) -> bool:
        """Whether the API of a service came up."""
        api = services()[role.service].api()
        return api is not None and not self.started[role.service][api.name].problem

    def blame(self, role: Role, problem: str) -> None:
        """Say of a service's API that something is wrong with it."""
        api = services()[role.service].api()
        assert api is not None
        one = self.started[role.service][api.name]
        self._note(role, replace(one, problem=one.problem or problem))

    def look(self) -> None:
        """See whether they still run."""
        for told in self.started.values():
            for name, one in told.items():
                if not one.problem and (problem := self._ended(name)):
                    told[name] = replace(one, problem=problem, heard=self._heard(name))

    def end(self) -> None:
        """End them, the last first."""
        for told in reversed(self.started.values()):
            for name, one in told.items():
                if self.enclosure.ended(name) is None and not one.problem.startswith(_NOT_STARTED):
                    self.enclosure.stop(name, _STOP_S)

    def _note(self, role: Role, one: Started) -> None:
        heard = self._heard(one.program) if one.problem else ()
        self.started.setdefault(role.service, {})[one.program] = replace(one, heard=heard)

    def _started(self, role: Role, name: str, api: Part | None) -> str:
        """Start one; why it does not start, if so."""
        try:
            if api:
                assert api.port is not None
                words = [*self.code.serving(api.wsgi, api.port), *(self._files(role) if role.told else ())]
            else:
                words = [*self.code.words(name), *self._files(role)]
            self.enclosure.start(name, words, self._surroundings(role))
        except (BadInput, StepFailed) as failed:
            return f"{_NOT_STARTED}: {failed.what}"
        return ""

    def _files(self, role: Role) -> tuple[str, ...]:
        # An empty directory is named too: without one, the machine's own in /etc would be read after our file.
        path = f"{self.place.home(role.service)}/{role.configuration}"
        return "--config-file", path, "--config-dir", f"{self.place.folder}/none"

    def _surroundings(self, role: Role) -> dict[str, str]:
        home = self.place.home(role.service)
        return {
            "PATH": f"{self.place.release}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": home,
            "TMPDIR": self.place.folder,
            "LANG": "C.UTF-8",
            "PYTHONWARNINGS": "ignore",
            **{name: value.format(home=home) for name, value in role.surroundings},
        }

    def _awaited(self, name: str, api: Part) -> str:
        """Wait until an API is well; why it is not, if so."""
        end = time.monotonic() + START_S
        assert api.port is not None
        asked = Asked("GET", api.port, api.health, patience_s=_SOON_S)
        while True:
            late = time.monotonic() > end
            answer = self.enclosure.ask(asked)
            if 200 <= answer.status < 400:
                return ""
            if problem := self._ended(name):
                return problem
            if late:
                said = f"{answer.status}: {answer.body}" if answer.status else answer.body
                return f"does not answer after {START_S:.0f} s: {blotted(said)[:300]}"
            time.sleep(_PAUSE_S)

    def _ended(self, name: str) -> str:
        code = self.enclosure.ended(name)
        return "" if code is None else f"has ended with {code}: {cause(self.enclosure.heard(name))}"

    def _heard(self, name: str) -> tuple[str, ...]:
        try:
            return tuple(blotted(self.enclosure.heard(name)).splitlines()[-_KEPT:])
        except StepFailed:
            return ()


def _programs(role: Role) -> Iterator[tuple[str, Part | None]]:
    """(name, the part if it is an API), workers first: an API calls them."""
    parts = [part for part in services()[role.service].control_parts() if part.name not in role.without]
    yield from ((part.name, None) for part in parts if not part.is_api)
    yield from ((name, None) for name in role.more)
    yield from ((part.name, part) for part in parts if part.is_api)


def set_up(enclosure: Enclosure, code: ReleaseCode, place: Place, roles: Sequence[Role]) -> None:
    """Write the configuration of each service into the enclosure, and keystone's keys."""
    enclosure.write("none/nothing", "")
    for role in roles:
        sections: Mapping[str, Mapping[str, str]] = role.settings(place)
        enclosure.write(f"{role.service}/state/nothing", "")
        if role.policy:
            path = enclosure.write(f"{role.service}/policy.yaml", policy_text(role.policy))
            sections = {**sections, "oslo_policy": {"policy_file": str(path)}}
        for section in role.keys:
            for number in ("0", "1"):
                key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
                enclosure.write(f"{role.service}/{section}/{number}", key)
        enclosure.write(f"{role.service}/{role.configuration}", ini(sections))
        for file in role.beside:
            enclosure.link(f"{role.service}/{file.rpartition('/')[2]}", code.folder / file)
