"""Asks a release's own environment on a host for the options and rules of its packages."""

from __future__ import annotations

import base64
import json
import lzma
from typing import Any

from liftlock.blots import last_words
from liftlock.drivers.on_host import source
from liftlock.errors import StepFailed
from liftlock.ports.deployer import Deployer

_PATIENCE_S = 1800.0


def program() -> str:
    """The program for the release's Python, which starts itself once for every package."""
    text = source("option_facts") + "\nif sys.argv[1:] == ['one']:\n    alone()\n"
    return f"{text}else:\n    main({text!r})\n"


def printed(out: str) -> dict[str, Any]:
    """What the program printed, of which the last line counts; raises ValueError if that is none of its own."""
    lines = out.split()
    told: dict[str, Any] = json.loads(
        lzma.decompress(base64.b64decode(lines[-1] if lines else "", validate=True))
    )
    return told


def ask_release(deployer: Deployer, host: str, release: str) -> dict[str, Any]:
    """What the packages of a release that is on the host's disk declare; nothing that runs is touched."""
    name = f"liftlock-options-{release}"
    ended = deployer.run(
        host, release, name, ["python", "-W", "ignore", "-c", program()], timeout_s=_PATIENCE_S
    )
    deployer.forget(host, name)
    try:
        return printed(ended.out)
    except (ValueError, lzma.LZMAError):
        raise StepFailed(
            f"{host}: the options of {release} could not be read: {last_words(ended.out)}",
            now="nothing was written",
            hint=f"see whether {release} is whole on {host}, then try again",
        ) from None
