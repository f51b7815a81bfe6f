"""Where requests of people are taken: between steps, at gates and while held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from liftlock.engine.gates import GatePolicy, longer, why_not, why_not_longer, with_filed
from liftlock.engine.logbook import Logbook
from liftlock.engine.state import RunState
from liftlock.plan.fingerprint import names, short
from liftlock.plan.reason import Reason
from liftlock.ports.journal import Detail, Event, Request, RequestKind

Guard = Callable[[RunState], Reason | None]
"""Looks at the run between two steps, and has a reason to stop it, or not; quick, since lanes wait for it."""


class Back(StrEnum):
    """How far to go back."""

    NOT_AT_ALL = "not at all"
    BLUE = "until requests and work are on blue again"
    STAGE = "the unfinished stage"
    START = "the start of the run"


_REACH = (Back.NOT_AT_ALL, Back.BLUE, Back.STAGE, Back.START)
"""In the order of `Reason.reach`."""
KEPT = (RequestKind.APPROVE, RequestKind.EXTEND, RequestKind.PACE)
"""Requests that keep their meaning while nobody runs the plan."""
_ASKED = {RequestKind.HOLD: Back.NOT_AT_ALL, RequestKind.ABORT: Back.STAGE, RequestKind.ROLLBACK: Back.START}


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody, or a guard, wants the run to stop."""

    who: str
    why: str
    back: Back
    """How far to go back; not at all means to hold."""
    request: int | None = None
    """Id of the request to answer, if a person filed one."""


class Desk:
    """Takes requests about one run; only its runner sits here."""

    def __init__(self, logbook: Logbook, policy: GatePolicy, guards: Sequence[Guard]) -> None:
        self._log = logbook
        self._policy = policy
        self._guards = guards
        self._judged: set[int] = set()
        """Approvals that were looked at once; their gate has not come yet."""

    def clear(self, why: str, but: Sequence[RequestKind] = KEPT) -> None:
        """Refuse every request but those, for one reason: nobody took them while they had a meaning."""
        for request in self._log.journal.requests():
            if request.kind not in but:
                self._refuse(request, why)

    def wish(self) -> Wish | None:
        """What the run is asked to do before its next step; None to go on."""
        for request in self._pending():
            refusal = self._not_ours(request)
            if refusal:
                self._refuse(request, refusal)
            elif request.kind in _ASKED:
                return Wish(request.person, request.reason, _ASKED[request.kind], request.id)
            else:  # to resume, or what only a newer liftlock knows
                self._refuse(request, "the run is not held")
        return self.guarded()

    def approvals(self, gate: str) -> None:
        """Take the approvals of this gate into the journal; refuse, with the reason, those that can open no gate."""
        for request in self._extended():
            if request.kind is not RequestKind.APPROVE or self._refused(request) or request.gate != gate:
                continue
            detail: Detail = {
                "gate": gate,
                "fingerprint": self._log.run.fingerprint,
                "given_at": request.at,
                "why": request.reason,
            }
            self._log.write(
                Event.APPROVED, who=request.person, detail=detail, answers=request.id, outcome="approved"
            )

    def resumed(self) -> Request | Wish | None:
        """While held: a request to resume, or a wish to abort; None as long as nobody decides."""
        for request in self._pending():
            refusal = self._not_ours(request)
            if refusal:
                self._refuse(request, refusal)
            elif request.kind is RequestKind.RESUME:
                return request
            elif request.kind in (RequestKind.ABORT, RequestKind.ROLLBACK):
                return Wish(request.person, request.reason, _ASKED[request.kind], request.id)
            else:
                self._refuse(request, "the run is held already")
        # Only one that asks for more than the hold there is.
        wish = self.guarded()
        return wish if wish and wish.back is not Back.NOT_AT_ALL else None

    def guarded(self) -> Wish | None:
        """What the guard wants that wants to go back farthest."""
        state = self._log.state if self._guards else None
        reasons = [reason for guard in self._guards if state and (reason := _reason(guard, state))]
        if not reasons:
            return None
        farthest = max(reasons, key=lambda reason: reason.reach)
        return Wish(f"guard {farthest.guard}", farthest.sentence, _REACH[farthest.reach])

    def _pending(self) -> Iterator[Request]:
        """Requests that want the run to stop or to go on; the others are seen to on the way."""
        for request in self._extended():
            if request.kind is RequestKind.APPROVE:
                self._judge(request)
            elif request.kind is RequestKind.PACE and not self._not_ours(request):
                self._pace(request)
            else:
                yield request

    def _extended(self) -> Sequence[Request]:
        """Requests that nobody has taken; extensions are, before the approvals are judged that they move."""
        requests = self._log.journal.requests()
        for request in requests:
            if request.kind is RequestKind.EXTEND:
                self._extend(request, requests)
        return [request for request in requests if request.kind is not RequestKind.EXTEND]

    def _extend(self, request: Request, others: Sequence[Request]) -> None:
        ours, now = self._log.run.fingerprint, self._log.clock.now()
        state = with_filed(self._log.state, others, ours, request.at, self._policy)
        if why := why_not_longer(request, state, ours, now, self._policy):
            self._refuse(request, why)
            return
        wish = longer(request)
        detail: Detail = {
            "gate": wish.gate,
            "asked_at": wish.at,
            "until": wish.until,
            "why": request.reason,
        }
        self._log.write(
            Event.EXTENDED, who=request.person, detail=detail, answers=request.id, outcome="extended"
        )

    def _pace(self, request: Request) -> None:
        detail: Detail = {"lanes": int(request.amount), "why": request.reason}
        self._log.write(
            Event.PACED,
            who=request.person,
            detail=detail,
            answers=request.id,
            outcome="from the next step on",
        )

    def _not_ours(self, request: Request) -> str:
        """Why a request other than an approval is about another run."""
        ours = self._log.run.fingerprint
        if not request.fingerprint or names(request.fingerprint, ours):
            return ""
        return (
            f"it is for plan #{short(request.fingerprint.removeprefix('#'))}, this run is of #{short(ours)}"
        )

    def _judge(self, request: Request) -> None:
        """Tell a person early that an approval is no good; a good one stays until its gate comes."""
        if request.id not in self._judged and not self._refused(request):
            self._judged.add(request.id)

    def _refused(self, request: Request) -> bool:
        now = self._log.clock.now()
        why = why_not(request, self._log.state, self._log.run.fingerprint, now, self._policy)
        if why:
            self._refuse(request, why)
        return bool(why)

    def _refuse(self, request: Request, why: str) -> None:
        detail = {"request": request.kind.value, "gate": request.gate, "why": why}
        self._log.write(
            Event.REFUSED, who=request.person, detail=detail, answers=request.id, outcome=f"refused: {why}"
        )


def _reason(guard: Guard, state: RunState) -> Reason | None:
    try:
        return guard(state)
    except Exception as error:
        return blind(guard, error)


def name_of(guard: Guard) -> str:
    """What people read: `green_servers`."""
    return getattr(guard, "__name__", type(guard).__name__)


def blind(guard: Guard, error: Exception) -> Reason:
    """The reason to hold of a guard that could not look: it has not said that all is well."""
    return Reason(name_of(guard), f"it could not look: {error}".splitlines()[0])
