"""Small programs that drivers run on hosts: one round trip each.

They need nothing but the host's own Python, 3.10 or newer. A program is a module whose `main` takes the wish as
keywords and prints one JSON value. It travels on standard input, wish included, so that no secret is ever on a
command line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from liftlock.blots import last_words
from liftlock.errors import StepFailed
from liftlock.ports.shell import Finished, Shell, Sink

_LOADER = (
    "import json,sys;sent=json.load(sys.stdin);"
    "here={'__name__':'liftlock'};exec(compile(sent['program'],'liftlock','exec'),here);here['main'](**sent['wish'])"
)


def ask(
    shell: Shell,
    host: str,
    program: str,
    wish: Mapping[str, Any],
    *,
    parts: tuple[str, ...] = (),
    timeout_s: float = 60.0,
) -> Any:
    """What the program `program` prints on `host` when it is given `wish`, read from JSON.

    `parts` are modules of this room that it imports from. Raises `Unreachable` if the host does not answer, and
    `StepFailed` with the last line of what it said if the program fails.
    """
    ended = shell.run(
        host, ["python3", "-c", _LOADER], stdin=_sent(program, wish, parts), timeout_s=timeout_s
    )
    if not ended.ok:
        raise StepFailed(
            f"{host}: {last_words(ended.err)}",
            now=f"what was asked of {host} was not completed",
            hint=f"mend that on {host}, then `liftlock resume`",
        )
    return json.loads(ended.out)


def stream(
    shell: Shell,
    host: str,
    program: str,
    wish: Mapping[str, Any],
    into: Sink,
    *,
    parts: tuple[str, ...] = (),
    patience_s: float = 60.0,
) -> Finished:
    """How a program ends whose output goes into `into`; what else it says, it says on standard error."""
    sent = _sent(program, wish, parts)
    return shell.stream(host, ["python3", "-c", _LOADER], into, stdin=sent, patience_s=patience_s)


def _sent(program: str, wish: Mapping[str, Any], parts: tuple[str, ...]) -> bytes:
    return json.dumps({"program": source(*parts, program), "wish": wish}).encode()


@cache
def source(*modules: str) -> str:
    """The text of modules of this room as one program, without the imports that only our own Python understands."""
    lines = []
    for module in modules:
        text = resources.files("liftlock.drivers.on_host").joinpath(f"{module}.py").read_text()
        lines += [x for x in text.splitlines() if not x.startswith(("from __future__", "from liftlock"))]
    return "\n".join(["from __future__ import annotations", *lines])
