"""The guard in front of every command of an owner: a host refuses an epoch smaller than the greatest it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liftlock.errors import Fenced

PLACE = "/var/lib/liftlock/epoch"
"""Where a host remembers the greatest epoch it has seen."""
REFUSED = 87
"""Exit code with which the guard refuses."""

# Readers of an epoch like their own take no lock; the file is replaced in one move.
GUARD = f"""
seen=0
[ ! -e "$1" ] || read -r seen < "$1"
if [ "$seen" -lt "$2" ]; then
  mkdir -p "${{1%/*}}" || exit 1
  exec 9>> "$1.lock" && flock 9 || exit 1
  [ ! -e "$1" ] || read -r seen < "$1"
  if [ "$seen" -lt "$2" ]; then echo "$2" > "$1.new" && sync "$1.new" && mv -f "$1.new" "$1" || exit 1; fi
  exec 9>&-
fi
if [ "$seen" -gt "$2" ]; then echo "liftlock: epoch $seen was seen here" >&2; exit {REFUSED}; fi
shift 2
exec "$@"
"""


@dataclass(slots=True)
class Fence:
    """The epoch that commands carry, shared by everything that acts for one owner."""

    epoch: int = 0
    """0 while we own nothing: commands are not guarded, and only read."""
    place: str = PLACE

    def guarded(self, command: Sequence[str] | str) -> Sequence[str] | str:
        """The command behind the guard."""
        if not self.epoch:
            return command
        words = ("sh", "-c", command) if isinstance(command, str) else tuple(command)
        return ("sh", "-c", GUARD, "liftlock", self.place, str(self.epoch), *words)

    def check(self, host: str, code: int, err: bytes) -> None:
        """Raise `Fenced` if that is how the guard on `host` refuses."""
        if self.epoch and code == REFUSED and err.startswith(b"liftlock: epoch "):
            raise Outdated(host, int(err.split()[2]))


class Outdated(Fenced):
    """A host has seen a greater epoch."""

    def __init__(self, host: str, seen: int) -> None:
        super().__init__(
            f"{host} has an owner since: another process has taken this cloud over",
            now="the command was not run; what was under way here before may finish",
            hint="`liftlock status` on the bastion that has it now",
        )
        self.seen = seen
        """The greatest epoch the host has seen."""
