"""Programs that run on hosts as transient systemd units and outlive whoever started them."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.drivers.on_host import ask
from liftlock.errors import StepFailed
from liftlock.ports.clock import Clock
from liftlock.ports.deployer import ProgramResult
from liftlock.ports.shell import Shell

_AWAITED_S = 5.0
"""How long the host itself waits for the end before it answers: its end is seen at once, and nobody asks in vain."""
_PAUSE_S = 0.1
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and as whom."""

    command: tuple[str, ...]
    user: str = ""
    """Account it runs as, where the host has it; root otherwise."""
    path: str = _PATH
    """Where its words are looked up."""
    options: tuple[tuple[str, ...], ...] = ()
    """Put behind the first word those options whose last word is a file of the host."""
    lock_wait_s: int = 0
    """How long its sessions wait for a lock of their database, in seconds; 0 leaves that to the server."""


class TransientPrograms:
    """Starts programs by name, waits for them, and finds them again."""

    def __init__(self, shell: Shell, clock: Clock) -> None:
        self._shell = shell
        self._clock = clock

    def run(self, host: str, name: str, program: Program, *, timeout_s: float) -> ProgramResult:
        """How the program of that name ended; it is started only if it neither runs nor has ended.

        Raises `StepFailed` if it has not ended after `timeout_s` seconds; it then goes on.
        """
        deadline = self._clock.now() + timeout_s
        seen = self._ask(host, name, "start", program, wait_s=min(_AWAITED_S, timeout_s))
        while not seen["ended"]:
            if not seen["lives"]:
                raise StepFailed(
                    f"`{' '.join(program.command)}` on {host} was killed before it ended",
                    now=f"it may have done half of its work; nothing of the unit {name} runs any more",
                    hint="`liftlock resume` starts it again",
                )
            if self._clock.now() >= deadline:
                raise StepFailed(
                    f"`{' '.join(program.command)}` on {host} has not ended after {timeout_s:.0f} s",
                    now=f"it still runs there as the unit {name}",
                    hint=f"`tail -f /var/lib/liftlock/programs/{name}/out` on {host} shows what it does; "
                    "then `liftlock resume`",
                )
            self._clock.sleep(_PAUSE_S)
            seen = self._ask(host, name, "look", program, wait_s=min(_AWAITED_S, timeout_s))
        return ProgramResult(int(seen["code"]), str(seen["out"]), float(seen["seconds"]))

    def ended(self, host: str, name: str, program: Program) -> bool:
        """Whether the program of that name has ended and its result is kept."""
        return bool(self._ask(host, name, "look", program)["ended"])

    def forget(self, host: str, name: str) -> None:
        """Drop the kept result, unless the program runs."""
        self._ask(host, name, "forget", Program(("true",)))

    def _ask(
        self, host: str, name: str, verb: str, program: Program, *, wait_s: float = 0.0
    ) -> dict[str, str]:
        wish = {
            "name": name,
            "verb": verb,
            "command": list(program.command),
            "options": [list(words) for words in program.options],
            "path": program.path,
            "user": program.user,
            "lock_wait_s": program.lock_wait_s,
            "wait_s": wait_s,
        }
        answer: dict[str, str] = ask(self._shell, host, "program", wish, parts=("inifile", "patience"))
        return answer
