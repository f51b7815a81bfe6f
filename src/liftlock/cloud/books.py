"""What the database server tells of itself and of nova's books: frozen values of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass

COUNTED_MOST = 100_000
"""Counting stops there: what matters is that there are many."""


@dataclass(frozen=True, slots=True)
class Galera:
    """What a node of a Galera cluster says of itself."""

    state: str
    """`Synced`, `Donor/Desynced`, `Joining` …"""
    status: str
    """`Primary` when it is with the majority."""
    size: int
    """Nodes it sees, itself included."""
    cache_mib: float = 0.0
    """How many MiB of writes it keeps for a node that comes back."""
    written_mib_per_s: float = 0.0
    """Writes since the server was started, replicated and received, in MiB/s."""


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """A transaction that has been open for long: it keeps the definition of every table it has read."""

    session: int
    who: str
    """User and client: `heat from 10.77.0.21:47558`."""
    open_s: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One of nova's cells, as `nova_api.cell_mappings` has it."""

    uuid: str
    name: str
    database: str
    """Name of its database, or what stands for one: `{path}`; never the rest of the address."""
    disabled: bool = False

    @property
    def is_cell0(self) -> bool:
        """Whether it is where instances go that found no host (nova's `CellMapping.CELL0_UUID`)."""
        return self.uuid == "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class CellBook:
    """What nova's API database says about where things are."""

    cells: tuple[Cell, ...] = ()
    hosts_unmapped: tuple[str, ...] = ()
    """Compute hosts of cells that belong to no cell: nothing is scheduled to them."""
    instances_unmapped: int = 0
    """Instances that belong to no cell and are not being built."""
    mappings_orphaned: int = 0
    """Instances that the API's database knows and their cell's does not, counted up to `COUNTED_MOST` in each cell."""
