"""Finds every check by its file and asks all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from liftlock import checks as checks_room
from liftlock.checks.finding import Finding, Severity
from liftlock.cloud.model import AcceptedRisk, Cloud
from liftlock.discovery import modules_in
from liftlock.knowledge.catalogue import Series

NEVER_ACCEPTED = ("risk_expired",)
"""Checks whose risks ask for a decision, and are none that one can live with."""

Judge = Callable[[Cloud, Series], Iterator[Finding]]
"""What a check is: the snapshot and the series one wants to run, in; findings out. It must not read anything else."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question, and who answers it."""

    name: str
    """Name of its file and of its function: `clocks_differ`; `checks` fills it in."""
    question: str
    when: str
    """What makes it speak, as an operator would say it; for the page about the checks."""
    says: tuple[Severity, ...]
    """How much what it finds can matter, worst first."""
    judge: Judge
    cause: bool = False
    """Whether what it finds brings other findings about: those are shown first."""

    def findings(self, cloud: Cloud, target: Series) -> Iterator[Finding]:
        """What it has to say, signed with its name."""
        for finding in self.judge(cloud, target):
            yield replace(finding, check=self.name)


def check(
    question: str, *, when: str, says: tuple[Severity, ...], cause: bool = False
) -> Callable[[Judge], Check]:
    """Make a generator of findings a check; `question` is what an operator would ask, with a question mark."""
    return lambda judge: Check("", question, when, says, judge, cause)


@cache
def checks() -> Mapping[str, Check]:
    """Name -> check, of every file in this room that holds one."""
    found = {}
    for module in modules_in(checks_room):
        name = module.__name__.rpartition(".")[2]
        if isinstance(one := getattr(module, name, None), Check):
            found[name] = replace(one, name=name)
    return found


def examine(cloud: Cloud, target: Series) -> tuple[Finding, ...]:
    """What all checks say about moving the cloud to `target`: worst first, causes before what follows from them.

    With the series it runs already the cloud is judged as it is. Risks that were accepted say by whom, and come after
    those that were not.
    """
    accepted = acceptances(cloud)
    found = (accept(f, accepted) for one in checks().values() for f in one.findings(cloud, target))
    return tuple(sorted(found, key=_place))


def _place(found: Finding) -> tuple[int, bool, bool, str, str, str]:
    cause = checks()[found.check].cause
    return found.severity.rank, bool(found.accepted), not cause, found.check, found.about, found.what


def acceptances(cloud: Cloud) -> Mapping[str, AcceptedRisk]:
    """Name -> acceptance, of those that held when the snapshot was taken."""
    return {r.name: r for r in cloud.accepted_risks if r.holds(cloud.taken_at)}


def accept(found: Finding, accepted: Mapping[str, AcceptedRisk]) -> Finding:
    """The finding, with who accepted it if it is a risk and somebody did: by its own name, or by its check's."""
    by = accepted.get(found.name) or accepted.get(found.check)
    if by is None or found.severity is not Severity.RISK or found.check in NEVER_ACCEPTED:
        return found
    return replace(found, accepted=f"{by.who} until {by.until}: {by.reason}")


def open_risks(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Risks that nobody accepted."""
    return tuple(f for f in findings if f.severity is Severity.RISK and not f.accepted)


def blockers(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that forbid going on."""
    return tuple(f for f in findings if f.severity is Severity.BLOCKER)
