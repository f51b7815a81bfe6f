"""The new release's programs on copies: started where nothing leads anywhere, asked, and told what is wrong with them.

The release is a small one in an environment of its own that keeps what keystone keeps, in keystone's own tables.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from liftlock.drivers.enclosures.netns import Netns, enclosed
from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.flow.copies import asking
from liftlock.flow.copies.gathering import BEFORE, Ground
from liftlock.flow.copies.living import lived
from liftlock.flow.copies.rounds import Chosen
from liftlock.knowledge.catalogue import services
from liftlock.rehearsal.target.answers import Answers, Moment
from tests.contract.losses.schemas import create
from tests.unit.drivers.servers import program

HERE = Path(__file__).parent
PROJECTS = {"p1": "web", "p2": "data", "p3": "", "p4": "admin", "p5": "service"}


@pytest.fixture(scope="module")
def scratch() -> Iterator[ScratchMariaDb]:
    program("mariadbd")
    with scratch_server() as found:
        restore(found)
        yield found


def restore(server: ScratchMariaDb) -> None:
    """Production's keystone: five projects, a user, a role, and a catalogue."""
    was = f"keystone{BEFORE}"
    statements = [s.replace("`keystone`", f"`{server.name_of(was)}`") for s in create("keystone", "2025.1")]
    server.make(was)
    server.do(was, statements[1:])
    rows = [f"('{i}', '{name}', '{{}}', 'default', 0)" for i, name in PROJECTS.items()]
    server.do(
        was,
        [
            f"INSERT INTO project (id, name, extra, domain_id, is_domain) VALUES {', '.join(rows)}",
            "INSERT INTO project (id, name, extra, domain_id, is_domain) VALUES ('default', 'D', '{}', '', 1)",
            "INSERT INTO `user` (id, extra, domain_id) VALUES ('u1', '{}', 'default')",
            "INSERT INTO local_user (user_id, domain_id, name) VALUES ('u1', 'default', 'admin')",
            "INSERT INTO role (id, name, extra) VALUES ('r1', 'admin', '{}'), ('r2', 'reader', '{}')",
            "INSERT INTO service (id, type, extra) VALUES ('s1', 'identity', '{\"name\": \"keystone\"}')",
            "INSERT INTO endpoint (id, interface, service_id, url)"
            " VALUES ('e1', 'public', 's1', 'https://cloud.example:5000/v3')",
        ],
    )


@pytest.fixture(scope="module")
def place() -> Iterator[Netns]:
    program("rabbitmq-server")
    with enclosed() as found:
        yield found


def environment(folder: Path, faults: dict[str, str]) -> VenvCode:
    """The small release, with what is wrong with it."""
    package = folder / "lib" / "python3" / "site-packages" / "keystone"
    (package / "wsgi").mkdir(parents=True)
    (folder / "bin").mkdir()
    (package / "__init__.py").touch()
    (package / "wsgi" / "__init__.py").touch()
    (package / "faults.json").write_text(json.dumps(faults))
    copyfile(HERE / "identity" / "rows.py", package / "rows.py")
    copyfile(HERE / "identity" / "api.py", package / "wsgi" / "api.py")
    copyfile(HERE / "identity" / "manage.py", folder / "bin" / "keystone-manage")
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{package.parent}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return VenvCode(folder)


def told(scratch: ScratchMariaDb, place: Netns, folder: Path, **faults: str) -> Answers:
    code = environment(folder / "new", faults)
    ground = Ground(scratch, code, code, ("keystone",))
    keystone = services()["keystone"]
    before = content(scratch)
    (found,) = lived(ground, place, [Chosen(keystone, keystone.migrations)], lambda _: None)
    assert content(scratch) == before, "what is compared with has to stay as it was"
    return found


def content(scratch: ScratchMariaDb) -> list[tuple[object, ...]]:
    """All of the copy that stays as it was."""
    was = scratch.name_of(f"keystone{BEFORE}")
    return [
        row for name in scratch.schema(was).tables for row in scratch._ask(f"CHECKSUM TABLE {was}.`{name}`")
    ]


def test_a_sound_release_lists_what_production_has_and_makes_shows_and_deletes(
    scratch: ScratchMariaDb, place: Netns, tmp_path: Path
) -> None:
    found = told(scratch, place, tmp_path)
    assert found.problems() == ()
    assert found.sentence() == (
        "keystone on the restored copies: started, 9 of 9 objects listed, role, group, user and project made, shown "
        "and deleted, the same after finalize"
    )
    assert [(one.call, one.rows, one.there) for one in found.listed if one.moment is Moment.SERVES] == [
        ("openstack service list", 1, 1),
        ("openstack project list", 5, 5),
        ("openstack user list", 1, 1),
        ("openstack role list", 2, 2),
    ]
    (url,) = scratch._ask("SELECT url FROM keystone.endpoint")[0]
    assert url == "http://127.0.0.1:5000/v3", "its programs find each other, and nobody else"
    ((users,),) = scratch._ask("SELECT COUNT(*) FROM keystone.`user`")
    assert users == 2, "production's and the rehearsal's own: what was made is gone"


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"hides": "projects"}, "`openstack project list` tells 4 of 5 objects of production: "),
        (
            {"renames": "roles"},
            "`openstack role list` tells 1 of 2 objects of production: r1 is called 'another'",
        ),
        ({"breaks": "roles"}, '`openstack role list` fails: 500: {"error": {"message": "Unknown column'),
        ({"hangs": "users"}, "`openstack user list` fails: no answer within 2 s"),
        ({"keeps": "groups"}, "a group cannot be deleted: it is still there 1 s later"),
        (
            {"dies": "no module named paste"},
            "keystone-api has ended with 1: ImportError: no module named paste",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong_with_a_release_is_told(
    scratch: ScratchMariaDb,
    place: Netns,
    tmp_path: Path,
    faults: dict[str, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "hangs" in faults:
        monkeypatch.setattr(asking, "CALL_S", 2.0)
    if "keeps" in faults:
        monkeypatch.setattr(asking, "READY_S", 1.0)
    found = told(scratch, place, tmp_path, **faults)
    assert words in "\n".join(found.problems())
    assert "the new release fails" in found.sentence()
    if "dies" in faults:
        assert found.started[0].heard[-1].endswith("no module named paste")
        assert found.listed == ()


def test_a_service_whose_migration_fails_is_not_started(
    scratch: ScratchMariaDb, place: Netns, tmp_path: Path
) -> None:
    found = told(scratch, place, tmp_path, migration="(1062, 'Duplicate entry')")
    assert found.left_out == "its migration fails: OperationalError: (1062, 'Duplicate entry')"
    assert found.started == ()


def test_without_keystone_nobody_is_asked_and_a_service_nobody_knows_is_not_started(
    scratch: ScratchMariaDb, place: Netns, tmp_path: Path
) -> None:
    code = environment(tmp_path / "new", {})
    module = tmp_path / "new/lib/python3/site-packages/glance/wsgi/api.py"
    module.parent.mkdir(parents=True)
    module.touch()
    ground = Ground(scratch, code, code, ("keystone",))
    glance, unknown = services()["glance"], services()["horizon"]
    chosen = [Chosen(glance, glance.migrations), Chosen(unknown, ())]
    found = lived(ground, place, chosen, lambda _: None)
    assert [(one.service, one.left_out, one.problems()) for one in found] == [
        ("glance", "keystone is not among what is rehearsed: nobody could ask", ()),
        ("horizon", "liftlock does not know how to run it", ()),
    ]


def test_an_api_that_is_no_module_in_this_release_is_left_out_and_said(
    scratch: ScratchMariaDb, place: Netns, tmp_path: Path
) -> None:
    code = environment(tmp_path / "new", {})
    (tmp_path / "new/lib/python3/site-packages/keystone/wsgi/api.py").unlink()
    ground = Ground(scratch, code, code, ("keystone",))
    keystone, glance = services()["keystone"], services()["glance"]
    found = lived(ground, place, [Chosen(keystone, ()), Chosen(glance, ())], lambda _: None)
    own = "its API is a program of its own in this release, which liftlock cannot serve"
    assert [(one.service, one.left_out, one.problems()) for one in found] == [
        ("keystone", own, ()),
        ("glance", own, ()),
    ]
