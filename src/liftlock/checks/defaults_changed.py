"""What nobody set is something else after the upgrade, and no file shows it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.checks.scope import hop_of, settings_of, some
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.option_hop import Hop, changed_defaults, package_of, place

OF_THE_MACHINE = "<"
"""Begins what stands for a value that depends on the machine."""
LONGEST = 40


@check(
    "Does what nobody set stay as it is?",
    when="an option of a service itself has another default in the target, and no control host sets it",
    says=(ADVICE,),
)
def defaults_changed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service; libraries are left out, because services give their options other defaults."""
    source = series_of_cloud(cloud) or ""
    for service, places in sorted(settings_of(cloud).items()):
        hop = hop_of(source, target.id, service)
        found = sorted(_changes(hop, service, places)) if hop else []
        if found:
            yield advice(
                service,
                f"{service}: {len(found)} default(s) change with {target.id}, and control hosts do not set them: "
                f"{some(found)}",
                f"set those that should stay as they are before the upgrade; `liftlock config adopt --to {target.id}` "
                "lists all of them",
                f"defaults of {service} in {source} and {target.id}, and options set on control hosts: {some(found)}",
            )


def _changes(hop: Hop, service: str, places: frozenset[tuple[str, str]]) -> Iterator[str]:
    for old, new in changed_defaults(hop):
        words = [default if default is not None else "none" for default in (old.default, new.default)]
        own = new.source.package == package_of(service)
        known = not any(OF_THE_MACHINE in word for word in words)
        if own and known and not {place(old), place(new)} & places:
            before, after = (word if len(word) <= LONGEST else f"{word[:LONGEST]}…" for word in words)
            yield f"[{new.section}] {new.name} {before} → {after}"
