"""Finds every check by its file and asks all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from liftlock import checks as checks_room
from liftlock.checks.finding import Finding, Severity
from liftlock.cloud.model import Cloud
from liftlock.discovery import modules_in
from liftlock.knowledge.catalogue import Series

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

    With the series it runs already the cloud is judged as it is.
    """
    found = (finding for one in checks().values() for finding in one.findings(cloud, target))
    return tuple(
        sorted(found, key=lambda f: (f.severity.rank, not checks()[f.check].cause, f.check, f.about, f.what))
    )


def blockers(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that forbid going on."""
    return tuple(f for f in findings if f.severity is Severity.BLOCKER)
