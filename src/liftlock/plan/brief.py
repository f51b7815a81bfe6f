"""What a plan says besides its steps: why this way, what is upgraded, who is affected, on what its times rest.

It explains and is not covered by the fingerprint; what moves by itself (instances, free memory) is of the moment in
which the plan was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from liftlock.plan.plain import NEWER

OWN_FIGURES = "liftlock's figures"
"""Basis of a time that nobody measured on this cloud."""
OWN_FIGURES_MEAN = "what such a step takes on liftlock's lab; nothing like it was measured on this cloud"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do the lift, beside the others: a row of the migration cube."""

    name: str
    """`blue/green`."""
    step: str
    """How large a step it is: `one hop of 2 series`."""
    risk: str
    """What is at stake, and how far one can go back."""
    servers: str
    """What hosts and programs of the control plane see."""
    clients: str
    """What users and their programs see."""
    verdict: str
    """Why it was chosen, or why not."""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A service that is upgraded."""

    service: str
    before: str
    """Versions on the control hosts; several where they differ."""
    after: str
    waits_for: tuple[str, ...]
    """Services that are handed over before it."""
    rolls: str
    """Whether old and new code may serve beside each other: `overlap`, `shim`, `gap`, or `not proved`."""
    rolls_because: str
    """What that rests on."""
    alone: tuple[str, ...] = ()
    """Its parts of which old and new never run beside each other, whatever the schema."""
    breaks: tuple[str, ...] = ()
    """Kinds of objects with which its old code is expected to fail beside the new, by a proof."""
    undone: str = field(default="", metadata=NEWER)
    """What of its verdict the plan does not do, as it was found after the plan was arranged; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A service whose API the plan takes away for a while."""

    service: str
    first: int
    """Number of the stage that stops it."""
    last: int
    """Number of the stage that starts it again."""
    seconds: float
    """Planned, from the beginning of the first to the end of the last of these stages."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A project with instances."""

    name: str
    """As keystone calls it; its id where that is not known."""
    instances: int
    some: tuple[str, ...]
    """Names of instances, a few of them."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a stage takes, and how one knows."""

    p50_s: float
    """In seconds, its lanes side by side."""
    p90_s: float | None
    """Every step at its slowest tenth, lanes side by side: an upper bound; None where nothing was measured."""
    basis: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding that is no risk: worth knowing or doing."""

    name: str
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class NoteThatMatters:
    """A section of a release note that is about something this cloud has."""

    service: str
    section: str
    """`upgrade`, `deprecations` …"""
    name: str
    """Its file in the released source: `remove-py39-6d0746192cebd384.yaml`."""
    text: str
    """Upstream's words."""
    ties: tuple[str, ...]
    """What of this cloud it is about, a phrase each."""


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything an operator wants to read before signing that is no step."""

    path: tuple[str, ...] = ()
    """Why one may go this way, a sentence each."""
    ways: tuple[Way, ...] = ()
    components: tuple[Component, ...] = ()
    outages: tuple[Outage, ...] = ()
    """Services whose API is away for a while, in the order in which they go."""
    touched: tuple[str, ...] = ()
    """Hosts with instances on which the plan does something."""
    instances: int = 0
    """Instances of the whole cloud."""
    projects: int = 0
    """Projects that have instances."""
    tenants: tuple[Tenant, ...] = ()
    """Those with most instances; the others are only counted."""
    busy: tuple[str, ...] = ()
    """Instances that nova was working on: `web-1 of harbour: migrating`, some of them."""
    busy_count: int = 0
    capacity: tuple[str, ...] = ()
    """Room that the plan needs and room there is, a sentence each."""
    timings: tuple[Timing, ...] = ()
    """One for each stage."""
    remarks: tuple[Remark, ...] = ()
    gains: tuple[str, ...] = ()
    """What the cloud's users have of it, a sentence each."""
    notes: tuple[NoteThatMatters, ...] = ()
    """Release notes that are about something this cloud has."""
    rehearsed: tuple[str, ...] = field(default=(), metadata=NEWER)
    """What a rehearsal found, and what of it does not count any more, a sentence each; empty where there was none."""
    notes_read: int | None = None
    """How many release notes were looked at; None where nobody looked."""

    def timing(self, stage: int) -> Timing | None:
        """Of a stage, by its number; None where nobody said."""
        return self.timings[stage - 1] if 0 < stage <= len(self.timings) else None
