"""`<service>-status upgrade check`, as oslo.upgradecheck prints it, asked over a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.blots import blotted, last_words
from liftlock.cloud.answers import FAILURE, FINE, WARNING, UpgradeAnswer, UpgradeResult
from liftlock.drivers.on_host import ask
from liftlock.knowledge.artefact import package_of
from liftlock.knowledge.catalogue import services
from liftlock.ports.shell import Shell

PATIENCE_S = 300.0
"""A check that counts rows of large tables takes minutes."""
_CODES = {"Success": FINE, "Warning": WARNING, "Failure": FAILURE}
_RULE = re.compile(r"\+-+\+")
_CELL = re.compile(r"Check: ([^\n]*)\nResult: (Success|Warning|Failure)\nDetails: (.*)", re.DOTALL)


class OsloUpgradeChecks:
    """Keeps the `UpgradeChecks` port."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def ask(self, host: str, environment: str, service: str) -> UpgradeAnswer:
        """One round trip, which lasts as long as the check."""
        wish = {
            "environment": environment.rstrip("/"),
            "command": list(services()[service].status_check),
            "user": service,
            "package": package_of(service),
            "patience_s": PATIENCE_S,
        }
        ended = ask(self._shell, host, "asked", wish, timeout_s=PATIENCE_S + 30)
        found = tuple(results(ended["out"]))
        said = "" if found else last_words(ended["out"])
        return UpgradeAnswer(service, host, ended["version"], ended["code"], found, said)


def results(text: str) -> Iterator[UpgradeResult]:
    r"""Results in a table of oslo.upgradecheck: what is printed around it is passed over.

    >>> table = "+---+\n| Check: Cells v2 |\n| Result: Warning |\n| Details: Two |\n|   cells. |\n+---+"
    >>> next(results(table))
    UpgradeResult(name='Cells v2', code=1, details='Two cells.')
    """
    cell: list[str] = []
    for line in text.splitlines():
        if _RULE.fullmatch(line.strip()):
            if found := _CELL.fullmatch("\n".join(cell)):
                details = blotted(" ".join(found[3].split()))
                yield UpgradeResult(found[1].strip(), _CODES[found[2]], "" if details == "None" else details)
            cell = []
        elif line.startswith("| "):
            cell.append(line[2:].rstrip().removesuffix("|").rstrip())
