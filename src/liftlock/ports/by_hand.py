"""What a person types on a host when liftlock is lost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ByHand:
    """Lines to type in a root shell of one host, and how to see that they worked."""

    commands: tuple[str, ...]
    """In this order; each is one line, and harmless when typed again."""
    look: str
    """A command that changes nothing and shows whether it worked."""
    expect: str
    """What `look` shows then, for a person."""
