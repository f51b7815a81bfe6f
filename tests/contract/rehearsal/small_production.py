"""A small production: the old release's own databases, and objects that its own programs made in them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from liftlock.drivers.enclosures.netns import enclosed
from liftlock.drivers.scratch.copies import ScratchMariaDb
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.flow.copies import asking
from liftlock.flow.copies.playing import Cast, set_up
from liftlock.knowledge.catalogue import services
from liftlock.rehearsal.target.role import BROKER, OURS, Place, Role, roles

PASSWORD = "small"
SCHEMAS = {
    "keystone": (("keystone-manage", "db_sync"),),
    "glance": (("glance-manage", "db_sync"),),
    "placement": (("placement-manage", "db", "sync"),),
    "neutron": (("neutron-db-manage", "upgrade", "heads"),),
    "cinder": (("cinder-manage", "db", "sync"),),
    "heat": (("heat-manage", "db_sync"),),
}
OWNED_BY = "boss"
"""What everything is called afterwards that was made: the rehearsal gives the same names."""


def databases(names: Sequence[str]) -> list[str]:
    return [d for name in names for d in services()[name].databases]


def make(server: ScratchMariaDb, old: VenvCode, names: Sequence[str]) -> None:
    """Leave in the server what the old release's services of these names leave after a few objects were made."""
    for name in databases(names):
        server.make(name)
    for name in names:
        for command in SCHEMAS.get(name, ()):
            ran(server, old, command, name)
    if "nova" in names:
        make_nova(server, old)
    live(server, old, [role for name, role in roles().items() if name in names])
    for name in databases(names):
        rename(server, name)


def rename(server: ScratchMariaDb, database: str) -> None:
    """Call everything otherwise that is called as the rehearsal calls what is its own."""
    statements = []
    for table in server.schema(database).tables.values():
        texts = [f"`{column.name}`" for column in table.columns.values() if column.charset]
        called = [
            f"{c} = REPLACE(REPLACE({c}, '{OURS}', '{OWNED_BY}'), 'LIFTLOCK_REHEARSAL', 'BOSS')"
            for c in texts
        ]
        if called:
            statements.append(f"UPDATE `{table.name}` SET {', '.join(called)}")
    server.do(database, statements)


def make_nova(server: ScratchMariaDb, old: VenvCode) -> None:
    cell0, cell1 = server.address("nova_cell0"), server.address("nova")
    for command in (
        ("nova-manage", "api_db", "sync"),
        ("nova-manage", "cell_v2", "map_cell0", "--database_connection", cell0),
        ("nova-manage", "db", "sync"),
        (
            *("nova-manage", "cell_v2", "create_cell", "--name", "cell1"),
            *("--database_connection", cell1, "--transport-url", BROKER),
        ),
    ):
        ran(server, old, command, "nova")


def ran(server: ScratchMariaDb, old: VenvCode, command: Sequence[str], database: str) -> None:
    settings = {"database": {"connection": server.address(database)}}
    settings["api_database"] = {"connection": server.address("nova_api")}
    settings["placement_database"] = {"connection": server.address("placement")}
    ended = old.run(command, settings)
    assert ended.code == 0, (command, ended.words)


def live(server: ScratchMariaDb, old: VenvCode, playing: Sequence[Role]) -> None:
    """Start the old release, and make one object of each kind."""
    addresses = {name: server.address(name) for name in databases([role.service for role in playing])}
    with enclosed() as place:
        stage = Place(str(place.folder), str(old.folder), addresses, PASSWORD)
        set_up(place, old, stage, playing)
        place.furnish()
        cast, caller = Cast(place, old, stage), asking.Caller(place, PASSWORD)
        account = ("--bootstrap-username", OURS, "--bootstrap-project-name", OURS)
        where = ("--bootstrap-public-url", "http://127.0.0.1:5000/v3", "--bootstrap-region-id", "RegionOne")
        cast.run(
            playing[0],
            ("keystone-manage", "bootstrap", *account, "--bootstrap-password", PASSWORD, *where),
        )
        cast.start(playing[:1])
        caller.log_in()
        for role in playing[1:]:
            catalogue(caller, playing[0], role)
        cast.start(playing[1:])
        assert not [one for told in cast.started.values() for one in told.values() if one.problem]
        for role in playing:
            for trial in role.trials:
                if set(trial.needs) <= set(caller.ids):
                    asking._make(caller, role, trial)
        cast.end()


def catalogue(caller: asking.Caller, keystone: Role, role: Role) -> None:
    service = services()[role.service]
    api = service.api()
    assert api
    body = {"service": {"type": service.catalogue_type, "name": service.name}}
    made = json.loads(caller.ask(keystone, "POST", "/v3/services", body).body)["service"]["id"]
    url = f"http://127.0.0.1:{api.port}{role.endpoint.replace('%(', '$(')}"
    endpoint = {"service_id": made, "interface": "public", "region_id": "RegionOne", "url": url}
    caller.ask(keystone, "POST", "/v3/endpoints", {"endpoint": endpoint})


def dump(server: ScratchMariaDb, database: str, file: Path) -> None:
    words = ["mariadb-dump", "--no-defaults", f"--socket={server.socket}", "--user=root", database]
    with file.open("wb") as out:
        subprocess.run(words, stdout=out, check=True)
