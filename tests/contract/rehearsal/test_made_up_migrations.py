"""Migrations made up for the purpose, on a real MariaDB: each verdict is the one that is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.flow.copies.gathering import BEFORE, Ground
from liftlock.flow.proof import Proof, Wish, proofs
from liftlock.rehearsal.hazards import Verdict
from tests.contract.rehearsal.made_up import ALL, MadeUp
from tests.contract.rehearsal.odd_ones import ODD
from tests.contract.rehearsal.tiny_release import HERE, environment, service_file
from tests.unit.drivers.servers import program


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchMariaDb]:
    program("mariadbd")
    with scratch_server() as found:
        yield found


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, VenvCode]:
    return {
        service: VenvCode(environment(tmp_path_factory.mktemp(service), "1.0", service=service))
        for service in ("tiny", "depot")
    }


def proved(service: str, made_up: MadeUp, server: ScratchMariaDb, old: VenvCode, folder: Path) -> Proof:
    revisions = [("r1", ["SELECT 1"]), ("r2", made_up.statements), ("r3", [])]
    new = environment(folder / "new", "2.0", revisions, service=service, mapped=made_up.mapped)
    for name in (service, service + BEFORE):
        server.drop(name)
    wish = Wish((f"{service}={HERE / service / 'old.sql'}",), service_files=(service_file(folder, service),))
    (proof,) = proofs(Ground(server, old, VenvCode(new)), wish, lambda _: None)
    return proof


@pytest.mark.parametrize(
    ("service", "made_up"),
    [*(("tiny", m) for m in ALL), *(("depot", m) for m in ODD)],
    ids=lambda m: getattr(m, "name", m),
)
def test_each_migration_gets_the_verdict_that_is_true(
    service: str, made_up: MadeUp, server: ScratchMariaDb, old: dict[str, VenvCode], tmp_path: Path
) -> None:
    proof = proved(service, made_up, server, old[service], tmp_path)
    assert proof.verdict is made_up.verdict, [*proof.hazards, *proof.left]
    if made_up.verdict is Verdict.OVERLAP:
        assert not proof.hazards
    else:
        place = f"{service}.{made_up.place}"
        found = [h for h in proof.hazards if h.why is made_up.why and h.place == place]
        assert found, proof.hazards
        assert found[0].revision == "r2"
        assert found[0].statement in made_up.statements
        assert set(made_up.unreadable) <= kinds(proof.unreadable)
        assert set(made_up.unwritable) <= kinds(proof.unwritable)
        assert "Owner" not in kinds(proof.unreadable) | kinds(proof.unwritable)
    assert made_up.note in " ".join(n.what for n in proof.notes)
    assert bool(proof.shims) is (made_up.verdict is Verdict.SHIM)
    assert all(shim.undo for shim in proof.shims)


def kinds(names: tuple[str, ...]) -> set[str]:
    return {name.rsplit(".", 1)[-1] for name in names}
