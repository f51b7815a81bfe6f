"""The oldest Python a release runs on, from the wheel's metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.parser import HeaderParser

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_value
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change


def wants(path: str) -> bool:
    """The metadata of the release itself."""
    return path.endswith(".dist-info/METADATA") and path.count("/") == 1


def read(texts: Mapping[str, str]) -> Records:
    """One record; raises ValueError where the metadata does not say."""
    needs = [HeaderParser().parsestr(text).get("Requires-Python") for text in texts.values()]
    if not any(needs):
        raise ValueError("the metadata does not say which Python it needs")
    return {"python": {"value": str(needs[0])}}


def compare(before: Records, after: Records) -> Iterator[Change]:
    """Said even where it stays."""
    return by_value(before, after, stays=True)


DERIVATION = Derivation("python", Kind.WHEEL, wants, read, compare)
