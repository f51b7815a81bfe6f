"""Options and rules of the very releases that a cloud has, from the nearest place that knows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from liftlock.drivers.option_reading import ask_release
from liftlock.errors import LiftlockError, Unreachable
from liftlock.flow.site import Site
from liftlock.knowledge.options import Facts
from liftlock.knowledge.release_facts import ENDING, facts_of, packed, unpacked


def known(site: Site, release: str) -> Facts:
    """What liftlock ships or has read before of `2026.1-91c04d7e3f2a`; nothing is asked of any host.

    If that very release is not known, the shipped facts of its series, which say by their `release` whose they are.
    Raises `BadInput` if nothing of the series is known.
    """
    file = kept(site, release)
    if file.is_file():
        return unpacked(file.read_bytes())
    return facts_of(release.partition("-")[0])


def read(site: Site, release: str, hosts: Sequence[str]) -> tuple[Facts, str]:
    """The release's own facts, read on one of `hosts` that has it where liftlock does not know it; and a remark.

    What was read is kept beside the journal. The remark is empty where the facts are those of the very release.
    """
    found = known(site, release)
    if found.release == release:
        return found, ""
    why = "no host has it on its disk"
    for host in [host for host in hosts if holds(site, host, release)][:1]:
        try:
            return keep(site, release, host), ""
        except LiftlockError as error:
            why = error.what
    return found, f"judged by the options of {found.release}, not of {release}: {why}"


def holds(site: Site, host: str, release: str) -> bool:
    """Whether the host has the release on its disk; one that is not there yet (green) has not."""
    try:
        return release in site.hands.deployer.staged(host)
    except Unreachable:
        return False


def keep(site: Site, release: str, host: str) -> Facts:
    """Read the release on the host, and keep what was read."""
    content = packed(release, ask_release(site.hands.deployer, host, release), reasons=True)
    found = unpacked(content)
    file = kept(site, release)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(file)
    return found


def kept(site: Site, release: str) -> Path:
    """Where the facts of a release are kept once they were read."""
    return site.file.state / "options" / f"{release}{ENDING}"
