"""What can go wrong, said in three parts: what happened, how the cloud is now, what to do next.

LiftlockError
├── BadInput          the operator's file or words cannot be used; nothing was changed
├── Unreachable       a host, database, broker or API did not answer
│   └── NotAllowed    it answered that these credentials may not ask that
├── Refused           a check, a guard or the plan's own facts forbid going on
│   ├── StalePlan     the cloud moved since the plan was made
│   ├── AnotherRun    somebody else holds the cloud
│   └── Fenced        somebody else has taken the cloud over from us
├── StepFailed        a step did not reach what it promised
│   └── CannotRevert  the step is past its point of no return
└── LabFailed         the lab could not be brought up or taken down
"""

from __future__ import annotations


class LiftlockError(Exception):
    """An error an operator can act on; faces print it, and never a traceback."""

    exit_code = 1

    def __init__(self, what: str, *, now: str = "nothing was changed", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        """What happened, in one sentence."""
        self.now = now
        """How the cloud is at this moment."""
        self.hint = hint
        """What to do next: a command where there is one."""

    def __str__(self) -> str:
        lines = [self.what, f"  now:  {self.now}"]
        if self.hint:
            lines.append(f"  next: {self.hint}")
        return "\n".join(lines)


class BadInput(LiftlockError):
    """A file, a word or an option cannot be used."""

    exit_code = 2


class Unreachable(LiftlockError):
    """A host, database, broker or API did not answer."""


class NotAllowed(Unreachable):
    """The credentials given may not ask that; what they were to tell is not known."""


class Refused(LiftlockError):
    """A check, a guard or a policy forbids going on."""

    exit_code = 3


class StalePlan(Refused):
    """The cloud is no longer what the plan was made for."""


class AnotherRun(Refused):
    """Another run holds this cloud."""


class Fenced(Refused):
    """Another process has taken this cloud over: we start nothing more."""


class StepFailed(LiftlockError):
    """A step did not reach what it promised."""

    exit_code = 4


class CannotRevert(StepFailed):
    """The step is past its point of no return."""


class LabFailed(LiftlockError):
    """The lab could not be brought up, entered or taken down."""
