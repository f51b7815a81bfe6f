"""Data migrations that a release runs while it serves (`<service>-manage db online_data_migrations`).

One that is gone must have run to its end before the hop: the newer release no longer has it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_presence
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change
from liftlock.knowledge.syntax import Body, assigned, classes, dotted, parsed

LIST = "online_migrations"


def wants(path: str) -> bool:
    """The management command, where the list stands in a class or in the module (nova, cinder; placement)."""
    return path.endswith("/cmd/manage.py") and "/tests/" not in path


def read(texts: Mapping[str, str]) -> Records:
    """Name of a migration -> where it comes from, as the list names it."""
    found: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        tree = parsed(path, text)
        bodies: list[Body] = [tree, *classes(tree)]
        for listed in (assigned(body, LIST) for body in bodies):
            if isinstance(listed, ast.Tuple | ast.List):
                names = [name for entry in listed.elts if (name := dotted(entry))]
                found |= {name.rpartition(".")[2]: {"text": name} for name in names}
    return found


def compare(before: Records, after: Records) -> Iterator[Change]:
    """Those that stay are told too: they are run after the hop until nothing is left."""
    return by_presence(before, after, stays=True)


DERIVATION = Derivation("online_migrations", Kind.WHEEL, wants, read, compare)
