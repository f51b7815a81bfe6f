"""How a fact is read from a released file: a question asked of both releases, and a comparison of the two answers.

Each file in `derivations/` is one question. What a file answered is a `Reading`: plain text, so that it is kept and
never asked twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import resources

from liftlock.discovery import modules_in
from liftlock.knowledge import derivations as room
from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.fact import Change

Records = Mapping[str, Mapping[str, str]]
"""Name -> its fields."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one release says about one topic."""

    records: Records = field(default_factory=dict)
    unread: str = ""
    """Why it could not be read, where it could not: nothing is known then."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """One question that released files answer."""

    topic: str
    kind: Kind
    """The form of release that answers it."""
    wants: Callable[[str], bool]
    """Whether the file of this path within the release is needed."""
    read: Callable[[Mapping[str, str]], Records]
    """Path -> text of the wanted files, to records; raises SyntaxError or ValueError when they are not as expected."""
    compare: Callable[[Records, Records], Iterator[Change]]
    """What changes from the older release's records to the newer one's."""

    def ask(self, texts: Mapping[str, str]) -> Reading:
        """The reading of a release's texts, of which it takes those that it wants."""
        try:
            return Reading(self.read({path: text for path, text in texts.items() if self.wants(path)}))
        except SyntaxError as error:
            return Reading(unread=f"{error.filename}, line {error.lineno}: {error.msg}")
        except (ValueError, RecursionError) as error:
            return Reading(unread=str(error) or type(error).__name__)


@cache
def derivations() -> Mapping[str, Derivation]:
    """Topic -> derivation, found by file name, sorted."""
    found = {module.DERIVATION.topic: module.DERIVATION for module in modules_in(room)}
    return {topic: found[topic] for topic in sorted(found)}


@cache
def dialect() -> str:
    """Short hash of the code that reads: readings of another liftlock are not taken for ours."""
    top = resources.files("liftlock.knowledge")
    files = [top / "derivation.py", top / "syntax.py", *top.joinpath("derivations").iterdir()]
    code = sorted((f.name, f.read_text()) for f in files if f.name.endswith(".py"))
    return hashlib.sha256(repr(code).encode()).hexdigest()[:12]


def to_json(reading: Reading) -> str:
    """The reading as it is kept."""
    return json.dumps(asdict(reading))


def from_json(text: str) -> Reading:
    """A reading that was kept; raises ValueError for anything else."""
    try:
        told = json.loads(text)
        return Reading(told["records"], told["unread"])
    except (TypeError, KeyError) as error:
        raise ValueError(f"no reading: {error}") from error
