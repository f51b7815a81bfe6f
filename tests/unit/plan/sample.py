"""A small plan with everything a plan can hold, for the tests of its text, file, fingerprint and diff."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock.plan.model import Difference, Lift, ManualStep, Plan, Stage
from liftlock.plan.step import Step
from liftlock.ports.hands import Hands


class Colour(StrEnum):
    BLUE = "blue"
    GREEN = "green"


@dataclass(frozen=True)
class Command:
    """What a step may nest."""

    words: tuple[str, ...]
    timeout_s: float = 60
    expected: tuple[int, str] | None = None


class Idle(Step):
    """Only data."""

    @property
    def title(self) -> str:
        return f"{type(self).__name__}: " + " ".join(str(v) for v in vars(self).values())

    def done(self, hands: Hands, since: float | None) -> bool:
        return False

    def execute(self, hands: Hands) -> None:
        pass

    def revert(self, hands: Hands) -> None:
        pass


@dataclass(frozen=True)
class StopUnit(Idle):
    host: str
    part: str
    tries: int = 3

    @property
    def title(self) -> str:
        return f"stop {self.part} on {self.host}"

    @property
    def seconds(self) -> float:
        return 30.0


@dataclass(frozen=True)
class RunCommand(Idle):
    host: str
    command: Command
    colour: Colour = Colour.BLUE
    again: bool = False
    share: float = 0.5

    @property
    def title(self) -> str:
        return f"run {' '.join(self.command.words)} on {self.host}"

    @property
    def seconds(self) -> float:
        return 100.0


KINDS: dict[str, type[Step]] = {"StopUnit": StopUnit, "RunCommand": RunCommand}


def stop(host: str, *parts: str) -> tuple[Step, ...]:
    return tuple(StopUnit(host, part) for part in parts)


def sample(**changed: object) -> Plan:
    fields: dict[str, object] = {
        "cloud": "pond",
        "verb": "upgrade",
        "strategy": "in_place",
        "lift": Lift("2025.1", "2026.1"),
        "made_at": 1790000000.0,
        "facts": {"database/nova/revision": "A", "host/ctl/release": "2025.1-x"},
        "stages": stages(),
        "backup": "before-2026.1",
        "fine_print": (
            "MariaDB, RabbitMQ and the balancer are not upgraded.",
            "It is " + "very " * 20 + "long.",
        ),
    }
    return Plan(**{**fields, **changed})  # type: ignore[arg-type]


def stages() -> tuple[Stage, ...]:
    migrate = RunCommand("ctl", Command(("nova-manage", "db", "sync"), 600, (0, "ok")), Colour.GREEN, share=1)
    return (
        Stage(
            "stop the control services",
            why="Old code cannot run on the new schema.",
            lanes=(stop("ctl", "nova-api", "nova-scheduler", "nova-conductor"), stop("ctl", "glance-api")),
            feels="API requests fail from here on.",
            undo="The services are started again: 30 s, nothing is lost.",
            at_once=2,
        ),
        Stage(
            "migrate the databases",
            why="New code needs the new schema.",
            lanes=((migrate,),),
            feels="Nothing new.",
            undo="The backup is restored: what was written since is lost.",
            gate="migrate",
            expects={"host/ctl/stopped": "yes"},
            leaves={"database/nova/revision": "B"},
            lossless=False,
        ),
    )


def differences() -> tuple[Difference, ...]:
    """A line that stands twice, one whose change lies in a secret, and an option that blue does not have."""
    at = ("green", "blue", "/etc/nova/nova.conf")
    return (
        Difference(*at, "line 3", "host = blue", "host = green"),
        Difference(*at, "line 9", "host = blue", "host = green"),
        Difference(*at, "line 12", "password = …", "password = …"),
        Difference(*at, "[DEFAULT] wait", "", "wait = 5", "it is new"),
    )


def by_hand() -> tuple[ManualStep, ...]:
    """Requests, then work."""
    return (
        ManualStep(
            "send all back", "lb", "ssh root@10.0.0.1", ("echo " + "a very long line " * 9,), "show", "0"
        ),
        ManualStep(
            "start blue's workers",
            "blue",
            "ssh root@10.0.0.2",
            ("systemctl enable --now nova-conductor",),
            "systemctl is-active nova-conductor",
            "`active`",
        ),
    )
