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
from tests.contract.rehearsal.tiny_release import OLD, environment, service_file
from tests.unit.drivers.servers import program


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchMariaDb]:
    program("mariadbd")
    with scratch_server() as found:
        yield found


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> VenvCode:
    return VenvCode(environment(tmp_path_factory.mktemp("old"), "1.0"))


def proved(made_up: MadeUp, server: ScratchMariaDb, old: VenvCode, folder: Path) -> Proof:
    new = VenvCode(
        environment(folder / "new", "2.0", [("r1", ["SELECT 1"]), ("r2", made_up.statements), ("r3", [])])
    )
    for name in ("tiny", "tiny" + BEFORE):
        server.drop(name)
    wish = Wish((f"tiny={OLD}",), service_files=(service_file(folder),))
    (proof,) = proofs(Ground(server, old, new), wish, lambda _: None)
    return proof


@pytest.mark.parametrize("made_up", ALL, ids=lambda m: m.name)
def test_each_migration_gets_the_verdict_that_is_true(
    made_up: MadeUp, server: ScratchMariaDb, old: VenvCode, tmp_path: Path
) -> None:
    proof = proved(made_up, server, old, tmp_path)
    assert proof.verdict is made_up.verdict, [*proof.hazards, *proof.left]
    if made_up.verdict is Verdict.OVERLAP:
        assert not proof.hazards
    else:
        place = f"tiny.{made_up.place}".rstrip(".")
        found = [h for h in proof.hazards if h.why is made_up.why and h.place == place]
        assert found, proof.hazards
        assert made_up.place == "" or found[0].revision == "r2"
        assert made_up.place == "" or found[0].statement in made_up.statements
        assert set(made_up.unreadable) <= kinds(proof.unreadable)
        assert set(made_up.unwritable) <= kinds(proof.unwritable)
        assert "Owner" not in kinds(proof.unreadable) | kinds(proof.unwritable)
    assert made_up.note in " ".join(n.what for n in proof.notes)
    assert bool(proof.shims) is (made_up.verdict is Verdict.SHIM)


def kinds(names: tuple[str, ...]) -> set[str]:
    return {name.rsplit(".", 1)[-1] for name in names}
