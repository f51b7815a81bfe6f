"""Blue/green beside the book, on one lab: what users lose, how long it takes, and both ways back.

In place from 2025.1 to 2026.1 and `restore`, then green beside blue until it serves and `rollback`; a prober plays the
users all the time. The lab that is there is taken down first, and nothing is left up afterwards.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import rounds
from rounds import bastion, liftlock, probing, seconds

MOVING = {
    "in_place": ("stop the control services", "migrate data online"),
    "blue_green": ("expand the databases", "verify"),
}
"""Strategy -> stages at whose beginnings the part begins and ends in which users' requests are at stake."""


@dataclass(frozen=True)
class Way:
    """What one strategy cost."""

    moving_seconds: float
    """In place from the stop to the last start, blue/green from expand to the last cut."""
    upgrade_seconds: float
    """The whole run, without waiting at gates."""
    requests_total: int
    requests_failed: int
    outage_seconds: Mapping[str, float]
    """Service -> seconds without an answer."""
    back_seconds: float
    """`restore`, or `rollback`, from the word to its end."""
    requests_failed_on_the_way_back: int

    @property
    def lost_seconds(self) -> float:
        """Sum over all services."""
        return sum(self.outage_seconds.values())


def in_place(folder: Path) -> Way:
    """By the book, and back from the backup."""
    with probing(folder / "forward") as prober:
        run = rounds.upgrade(folder / "in_place.json", "in_place")
        prober.await_(calm=15)
        prober.stop()
    # What was written after the backup is lost: here a prober that wrote would find that out.
    with probing(folder / "restore", "--no-writes", "--no-witnesses") as prober:
        back = seconds(lambda: bastion("liftlock", "restore", "--yes-lose-writes-of", "lab"))
        bastion("liftlock", "verify")
        prober.await_(calm=15)
        failed = prober.stop()["requests_failed"]
    return way("in_place", rounds.report(run, folder / "forward"), back, failed)


def blue_green(folder: Path) -> Way:
    """Green beside blue until it serves, and back."""
    with probing(folder / "forward") as prober:
        run = rounds.upgrade(folder / "blue_green.json", "blue_green")
        prober.await_(calm=15)
        prober.stop()
    report = rounds.report(run, folder / "forward")
    with probing(folder / "rollback") as prober:
        back = seconds(lambda: bastion("liftlock", "rollback"))
        bastion("liftlock", "verify")
        prober.await_(calm=15)
        failed = prober.stop()["requests_failed"]
    return way("blue_green", report, back, failed)


def way(strategy: str, report: Mapping[str, Any], back_seconds: float, failed_back: int) -> Way:
    """Figures out of a report."""
    return Way(
        moving_seconds=report.get("cutover_seconds") or rounds.between(report, *MOVING[strategy]),
        upgrade_seconds=report["actual_seconds"],
        requests_total=report["requests_total"],
        requests_failed=report["requests_failed"],
        outage_seconds=report["outage_seconds"],
        back_seconds=back_seconds,
        requests_failed_on_the_way_back=failed_back,
    )


def beside(book: Way, ours: Way) -> Iterator[str]:
    """A line per figure: by the book, blue/green, and the share of the first that the second is."""
    pairs: list[tuple[str, float, float]] = [
        (f"{service}: seconds lost", lost, ours.outage_seconds.get(service, 0.0))
        for service, lost in book.outage_seconds.items()
    ]
    pairs += [
        ("all services: seconds lost", book.lost_seconds, ours.lost_seconds),
        ("requests failed", book.requests_failed, ours.requests_failed),
        ("stop to start | expand to last cut, seconds", book.moving_seconds, ours.moving_seconds),
        ("whole upgrade, seconds", book.upgrade_seconds, ours.upgrade_seconds),
        ("restore | rollback, seconds", book.back_seconds, ours.back_seconds),
        (
            "requests failed on the way back",
            book.requests_failed_on_the_way_back,
            ours.requests_failed_on_the_way_back,
        ),
    ]
    yield f"{'':<44} {'in_place':>9} {'blue_green':>10} {'ratio':>6}"
    for name, first, second in pairs:
        ratio = f"{second / first:.2f}x" if first else "-"
        yield f"{name:<44} {first:>9.1f} {second:>10.1f} {ratio:>6}"


def main() -> None:
    """Measure, print, and write JSON if asked to."""
    options = argparse.ArgumentParser(description="Blue/green beside in place, on the real lab.")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    file = options.parse_args().json
    folder = Path(tempfile.mkdtemp(prefix="liftlock-bench-", dir="/var/tmp"))
    rounds.fresh_lab(folder)
    ways = {"in_place": in_place(folder / "in_place"), "blue_green": blue_green(folder / "blue_green")}
    rounds.tenants_things(folder)
    liftlock("lab", "down")
    print("\n".join(beside(*ways.values())))
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({name: asdict(one) for name, one in ways.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
