"""What can go wrong in a simulated cloud, each taken from something that really did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SLOW_S = 160.0
"""How long a change takes that `is slow`."""


class PowerCut(BaseException):
    """The machine liftlock runs on lost its power: no `except Exception` gets to tidy up."""


class Kind(StrEnum):
    """A kind of fault; the line under each names the run or bug it was seen in."""

    HOST_UNREACHABLE = "host unreachable"
    """docs/measured.md: `kill -9` of a host's first process; the whole control host switched off."""
    UNIT_DOES_NOT_START = "unit does not start"
    """docs/measured.md: nova-compute refuses a restart ("No local node identity found")."""
    UNIT_DOES_NOT_STOP = "unit does not stop"
    """docs/measured.md: nova 33 sleeps 160 s on SIGTERM (`manager_shutdown_timeout`)."""
    UNIT_CRASH_LOOPS = "unit crash-loops"
    """docs/measured.md: the supervisor says active, the program dies at every start."""
    API_NEVER_ANSWERS = "API never answers"
    """docs/measured.md: uwsgi listens before its application is loaded, heat-api hung without its engine."""
    DATABASE_UNREACHABLE = "database unreachable"
    """docs/measured.md: power-off of a host, here the one MariaDB lives on."""
    BACKUP_TORN = "backup torn"
    """docs/measured.md: a table is rebuilt while it is read, MariaDB error 1412 ends the dump half way."""
    PROGRAM_FAILS = "program fails"
    """docs/measured.md: `nova-manage db sync` ended with 1 because `map_cell0` had guessed a name."""
    PROGRAM_HANGS = "program hangs"
    """docs/measured.md: DDL waits for a metadata lock, MariaDB's default patience is a day."""
    TABLE_IN_USE = "table in use"
    """docs/measured.md, with sessions that wait for seconds: MariaDB 10.11, an open transaction, neutron 28."""
    MORE_TO_MIGRATE = "more to migrate"
    """nova's and cinder's `online_data_migrations --max-count` exit with 1 while rows are left (their manuals)."""
    DISK_FULL = "disk full"
    """docs/measured.md: one environment is 830 MB with byte code, and hosts hold two of them."""
    UPGRADE_CHECK_FAILS = "upgrade check fails"
    """docs/measured.md: nova-status 33 ends with 2 where a nova-compute's record is of before 2025.1."""
    REFUSES = "refuses"
    """docs/measured.md: RabbitMQ answers `406 PRECONDITION_FAILED`, and nothing is done; so may anybody."""
    LIES = "lies"
    """docs/measured.md: `--live-migration --wait` says "Complete" when the migration failed."""
    IS_SLOW = "is slow"
    """docs/measured.md: nova 33 sleeps 160 s on SIGTERM (`manager_shutdown_timeout`), then it is done."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, at one place, for ever or a few times."""

    kind: Kind
    host: str = ""
    """Where; empty means on any host."""
    what: str = ""
    """Which part, service, database, command line or change (its beginning); empty means any."""
    times: int | None = None
    """How often it strikes before it is over; None means until it is healed."""

    def hits(self, kind: Kind, host: str, what: str) -> bool:
        """Whether it strikes `what` on `host`."""
        return kind is self.kind and self.host in ("", host) and (not self.what or what.startswith(self.what))
