"""What OpenStack's programs want around them: the distribution's RabbitMQ, as processes of an enclosure.

Nothing of the machine's own set-up of it is read, and it listens on the enclosure's loopback only.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liftlock.errors import BadInput

_WRAPPED = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's program of that name in the path changes to a user of its own before it calls this one (3.10)."""
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Companion:
    """A program, and where it is to listen."""

    name: str
    port: int
    words: tuple[str, ...]
    surroundings: Mapping[str, str]


def insist() -> None:
    """Return if it is installed; raises `BadInput` where it is not."""
    _found("rabbitmq-server")


def rabbitmq(folder: Path) -> Companion:
    """A broker whose user is `guest`; raises `BadInput` where none is installed."""
    home = folder / "rabbitmq"
    home.mkdir(exist_ok=True)
    (home / "none.conf").touch()
    (home / "plugins").write_text("[].\n")
    # Where disks are watched closely, a temporary folder on a full disk would keep publishers waiting.
    (home / "rabbitmq.conf").write_text("disk_free_limit.absolute = 10MB\n")
    program = str(_WRAPPED) if _WRAPPED.exists() else _found("rabbitmq-server")
    told = {
        "NODENAME": "rabbit@localhost",
        "NODE_IP_ADDRESS": "127.0.0.1",
        "NODE_PORT": "5672",
        "MNESIA_BASE": str(home),
        "LOG_BASE": str(home),
        "LOGS": "-",
        "PID_FILE": str(home / "pid"),
        "CONF_ENV_FILE": str(home / "none.conf"),
        "CONFIG_FILE": str(home / "rabbitmq"),
        "ENABLED_PLUGINS_FILE": str(home / "plugins"),
        # Do not burn the machine's few cores while waiting for messages.
        "SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
    }
    surroundings = {
        **_surroundings(home),
        **{f"RABBITMQ_{name}": value for name, value in told.items()},
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    return Companion("rabbitmq", 5672, (program,), surroundings)


def _surroundings(home: Path) -> dict[str, str]:
    return {"PATH": _PATH, "HOME": str(home), "LANG": "C.UTF-8"}


def _found(name: str) -> str:
    program = shutil.which(name, path=_PATH)
    if not program:
        raise BadInput(
            f"{name} is not installed here: the new release's programs need a broker of their own",
            hint="apt-get install rabbitmq-server; or `--no-programs`, which starts none",
        )
    return program
