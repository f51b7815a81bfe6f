"""`python -m liftlock.probes run | summary | check-ledger`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from liftlock.errors import BadInput, LiftlockError
from liftlock.probes.clouds_file import credentials
from liftlock.probes.kinds import WRITTEN
from liftlock.probes.run import REQUESTS, Prober, Settings, check_ledger, summary_of
from liftlock.probes.summary import Numbers, lines_of
from liftlock.probes.watching import await_requests
from liftlock.probes.writes import Patience

FOUND_FAILURES = 10
"""Exit code of a prober that worked, and saw the cloud fail."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    options = parser().parse_args(argv)
    try:
        code: int = options.verb(options)
    except LiftlockError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return code


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(
        prog="python -m liftlock.probes", description="What users of the cloud feel."
    )
    verbs = whole.add_subparsers(required=True, metavar="VERB")
    _add_run(verbs.add_parser("run", help="put the cloud under gentle pressure and log every request"))
    one = verbs.add_parser("summary", help="print what a run's log says, as JSON")
    one.add_argument("directory", type=Path)
    one.add_argument("--from", dest="since", type=float, default=float("-inf"), metavar="EPOCH")
    one.add_argument("--to", dest="until", type=float, default=float("inf"), metavar="EPOCH")
    one.set_defaults(verb=_summary)
    one = verbs.add_parser("await", help="wait until a running prober's log says that the cloud is well")
    one.add_argument("directory", type=Path)
    one.add_argument("--good", type=int, default=0, help="answers as expected, at least")
    one.add_argument("--calm", type=float, default=0.0, help="seconds without a failure, at least")
    one.add_argument("--patience", type=float, default=600.0, help="give up after so many seconds")
    one.set_defaults(verb=_await)
    one = verbs.add_parser("check-ledger", help="ask the cloud about every object a run made or found")
    one.add_argument("directory", type=Path)
    _add_cloud(one)
    one.set_defaults(verb=_check)
    return whole


def _add_cloud(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--config", default="", help="clouds.yaml (default: OS_CLIENT_CONFIG_FILE, or the usual places)"
    )
    one.add_argument("--cloud", default="", help="its entry (default: OS_CLOUD, or the only one)")
    one.add_argument("--timeout", type=float, default=30.0, help="of a request, in seconds")


def _add_run(one: argparse.ArgumentParser) -> None:
    _add_cloud(one)
    one.add_argument(
        "--out", type=Path, required=True, help="directory for log, ledger and summary; without a run yet"
    )
    one.add_argument("--seconds", type=float, help="how long (default: until SIGTERM or SIGINT)")
    one.add_argument("--rate", type=float, default=8.0, help="reads per second; writes come on top")
    one.add_argument("--no-writes", action="store_true", help="only read")
    one.add_argument("--writes", default=",".join(WRITTEN), help="kinds to make and delete, comma separated")
    one.add_argument(
        "--keep", type=int, default=1, help="objects per kind (one server at most) that live all along"
    )
    one.add_argument("--leave", action="store_true", help="leave the kept ones when the run ends")
    one.add_argument("--pause", type=float, default=8.0, help="between two lives of a kind, in seconds")
    one.add_argument(
        "--deadline", type=float, default=120.0, help="for an object to be ready, or gone, in seconds"
    )
    one.add_argument("--poll", type=float, default=1.0, help="between two looks at an object, in seconds")
    one.add_argument(
        "--linger", type=float, default=3.0, help="how long an object lives once ready, in seconds"
    )
    one.add_argument(
        "--finish", type=float, default=60.0, help="how long begun lives may go on after a stop, in seconds"
    )
    one.add_argument("--image", default="probe-image", help="to boot servers from; made if missing")
    one.add_argument("--flavor", default="probe-flavor", help="made if missing")
    one.add_argument("--network", default="probe-net", help="made if missing")
    one.add_argument(
        "--dashboard", default="", help="horizon's address, or none (default: look beside keystone)"
    )
    one.add_argument(
        "--no-witnesses", action="store_true", help="do not watch over what tenants have at the start"
    )
    one.add_argument(
        "--leftovers-older",
        type=float,
        default=120.0,
        metavar="MINUTES",
        help="clear away what probers of that age left",
    )
    one.set_defaults(verb=_run)


def _run(options: argparse.Namespace) -> int:
    prober = Prober(credentials(options.config, options.cloud), _settings(options))
    numbers = _run_until_signal(prober)
    for line in lines_of(numbers):
        print(line)
    return _code(numbers)


def _run_until_signal(prober: Prober) -> Numbers:
    # The run is in a thread: a signal handler interrupts the main one anywhere, also inside a lock that
    # `stop.set` needs.
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: signals.append(got))
    with ThreadPoolExecutor(max_workers=1) as pool:
        numbers = pool.submit(prober.run)
        while not wait([numbers], timeout=0.2).done:
            if signals:
                prober.stop.set()
    return numbers.result()


def _settings(options: argparse.Namespace) -> Settings:
    writes = () if options.no_writes else tuple(name for name in options.writes.split(",") if name)
    if unknown := set(writes) - set(WRITTEN):
        raise BadInput(
            f"--writes: no such kind: {', '.join(sorted(unknown))}", hint=f"choose from {', '.join(WRITTEN)}"
        )
    if options.rate <= 0:
        raise BadInput("--rate must be more than 0")
    return Settings(
        out=options.out,
        seconds=options.seconds,
        rate=options.rate,
        writes=writes,
        keep=options.keep,
        leave=options.leave,
        pause_s=options.pause,
        timeout_s=options.timeout,
        patience=Patience(options.deadline, options.poll, options.linger, options.finish),
        wanted=(("image", options.image), ("flavor", options.flavor), ("network", options.network)),
        dashboard=options.dashboard,
        witnesses=not options.no_witnesses,
        leftovers_older_s=options.leftovers_older * 60,
    )


def _summary(options: argparse.Namespace) -> int:
    print(json.dumps(summary_of(options.directory, options.since, options.until), indent=1))
    return 0


def _await(options: argparse.Namespace) -> int:
    log = options.directory / REQUESTS
    count = await_requests(log, good=options.good, quiet_s=options.calm, patience_s=options.patience)
    print(f"{count} requests so far")
    return 0


def _check(options: argparse.Namespace) -> int:
    numbers = check_ledger(credentials(options.config, options.cloud), options.directory, options.timeout)
    print(json.dumps(numbers, indent=1))
    return FOUND_FAILURES if numbers["findings"] else 0


def _code(numbers: Numbers) -> int:
    writes = numbers["writes"]
    assert isinstance(writes, dict)
    return FOUND_FAILURES if numbers["requests_failed"] or writes["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
