"""A password that is known to be unique goes through everything that may fail, and is told and kept nowhere."""

from __future__ import annotations

import io
import json
import logging
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.contract.clouds.small_cloud import small_cloud
from tests.sites import GREEN, sim_session
from tests.unit.cli.terminal import typed
from tools.leaks import Secrets

from liftlock.checks.registry import examine
from liftlock.cli.pages.report import page as report_page
from liftlock.cli.progress import Progress
from liftlock.cli.verbs.plan import write_page
from liftlock.cloud.codec import to_json
from liftlock.engine.state import Standing
from liftlock.errors import LiftlockError
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.records.audit import audit
from liftlock.flow.records.report import report
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, pass_gate, resume, rollback, run
from liftlock.flow.survey import survey
from liftlock.flow.verify import verify
from liftlock.knowledge.catalogue import releases
from liftlock.plan import codec
from liftlock.plan.diff import diff
from liftlock.plan.text import text
from liftlock.ports.deployer import Deployer, ProgramResult
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind

CANARY = "canary-7319+Kestrel.Harbour"
SOUGHT = Secrets({"canary": CANARY})
IN_FILES = f"""
[canary]
password = {CANARY}
memcache_secret_key: {CANARY}
connection = mysql+pymysql://nova:{CANARY}@10.77.0.21/nova
transport_url = rabbit://nova:{CANARY}@ctl-blue:5672,nova:{CANARY}@10.77.0.21:5672/
"""
"""What stands in every configuration file of blue: lines of which a copy for green replaces a word too."""
PRINTED = (
    f"(pymysql.err.OperationalError) mysql+pymysql://nova:{CANARY}@db1/nova is away; "
    f"admin_password={CANARY}, {{'secret': '{CANARY}'}}"
)
"""What a program prints that shows its configuration before it fails."""


class Chatty:
    """A deployer whose failing programs print their configuration."""

    def __init__(self, deployer: Deployer) -> None:
        self._deployer = deployer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._deployer, name)

    def run(
        self,
        host: str,
        release: str,
        name: str,
        command: Sequence[str],
        *,
        timeout_s: float,
        lock_wait_s: int = 0,
    ) -> ProgramResult:
        ended = self._deployer.run(host, release, name, command, timeout_s=timeout_s, lock_wait_s=lock_wait_s)
        return replace(ended, out=f"{ended.out}\n{PRINTED}\n") if ended.code else ended


class Evening:
    """One evening on one cloud: everything that was told is kept."""

    def __init__(self, folder: Path, cloud: SimCloud) -> None:
        self.folder = folder
        self.cloud = cloud
        self.told = io.StringIO()
        for host in cloud.hosts.values():
            host.files = {p: t + IN_FILES * p.endswith(".conf") for p, t in host.files.items()}
        session = sim_session(folder, cloud, more=GREEN)
        hands = replace(session.site.hands, deployer=Chatty(session.site.hands.deployer))
        site = replace(session.site, hands=hands)
        self.session = Session(site, session.journal, "rey", Progress(self.told), wait=False)
        self.made, _ = plan(site, "2026.1")

    def approve(self, gate: str) -> None:
        at = self.session.site.hands.clock.now()
        ask(self.session.journal, RequestKind.APPROVE, who="rey", at=at, plan=self.made, gate=gate)

    def fails(self, act: Callable[[], object]) -> None:
        """It fails; what a face, a log and a traceback would say of it is kept."""
        with pytest.raises(LiftlockError) as caught:
            act()
        self.told.write(f"{caught.value}\n{caught.value!r}\n{caught.value.args}\n")
        self.told.write("".join(traceback.format_exception(caught.value)))

    def look(self) -> None:
        """Type every verb that only looks, and keep what each prints and writes."""
        journal, site = self.session.journal, self.session.site
        cloud = survey(site.file, site.hands)
        found = report(journal)
        shown = [
            *(status(journal, None), found, audit(journal).deeds, journal.lines(), journal.stored()),
            *(
                verify(site, journal),
                examine(cloud, releases()["2026.1"]),
                to_json(cloud),
                site,
                self.session,
            ),
            *(text(self.made), codec.dumps(self.made), diff(self.made, replace(self.made, by_hand=()))),
        ]
        self.told.write("\n".join(str(one) for one in shown))
        (self.folder / "report.html").write_text(report_page(found))
        (self.folder / "status.json").write_text(json.dumps(status(journal, None), default=str))
        codec.write(self.made, self.folder / "plan.json")
        write_page(self.made, self.folder / "plan.by-hand.txt")
        write_page(self.made, self.folder / "plan.by-hand.html")


@pytest.fixture
def evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evening:
    monkeypatch.setenv("NOT_NEEDED", CANARY)
    return Evening(tmp_path, SimCloud.tiny())


def test_a_whole_evening_with_everything_that_fails_tells_the_password_nowhere(
    evening: Evening, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session, cloud = evening.session, evening.cloud
    assert session.site.file.databases.password.reveal() == CANARY
    run(session, evening.made)
    evening.approve("start")
    for fault in (
        Fault(Kind.PROGRAM_FAILS, what="keystone-manage"),
        Fault(Kind.DATABASE_UNREACHABLE),
        Fault(Kind.HOST_UNREACHABLE, "ctl-green"),
        Fault(Kind.UNIT_DOES_NOT_START, "ctl-green", "nova-scheduler"),
    ):
        cloud.break_down(fault)
        evening.fails(lambda: resume(session))
        evening.look()
        cloud.heal(fault)
    assert resume(session).gate == "finalize"
    evening.look()
    assert rollback(session, "as practised").standing is Standing.ROLLED_BACK
    evening.look()
    evening.made, _ = plan(session.site, "2026.1")
    evening.approve("start")
    run(session, evening.made)
    cloud.break_down(Fault(Kind.PROGRAM_FAILS, what="heat-manage service clean"))
    evening.fails(lambda: pass_gate(session, "finalize", "soaked"))
    evening.look()
    cloud.heal()
    assert resume(session).gate == "retire"
    assert cloud.programs, "no program ran"
    told = evening.told.getvalue()
    assert "glance-manage" in told
    assert "…" in told
    assert SOUGHT.in_text("what was told", told) == []
    assert SOUGHT.in_text("the log", caplog.text) == []
    assert SOUGHT.in_files(evening.folder) == []


CLOUD = """
name: tiny
hosts:
  db1: {address: 127.0.0.1, port: 1, roles: [database, broker]}
  lb1: {address: 127.0.0.2, port: 1, roles: [balancer]}
  ctl-blue: {address: 127.0.0.3, port: 1, roles: [control]}
access: {key: key, known_hosts: known_hosts}
services: [keystone, nova]
api: {cloud: small, clouds_yaml: clouds.yaml}
databases: {host: 127.0.0.1, port: %d, user: liftlock, password: {file: secrets/database}}
broker: {host: db1}
balancer: {hosts: [lb1]}
deployer: {archives: releases}
"""


@contextmanager
def refusing_database() -> Iterator[int]:
    """The port of a server that speaks MariaDB's protocol as far as `Access denied` (protocol 10, handshake)."""
    greeting = b"\x0a10.11.6-MariaDB\0" + struct.pack("<I", 7) + b"8bytes..\0" + struct.pack("<H", 0xF7FF)
    greeting += (
        b"\x2d"
        + struct.pack("<HH", 2, 0x807F)
        + b"\x15"
        + bytes(10)
        + b"12bytes.....\0mysql_native_password\0"
    )
    denied = (
        b"\xff"
        + struct.pack("<H", 1045)
        + b"#28000Access denied for user 'liftlock'@'x' (using password: YES)"
    )
    asked: list[int] = []

    def serve(server: socket.socket) -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                line.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
                line.recv(4096)
                line.sendall(len(denied).to_bytes(3, "little") + b"\2" + denied)
                asked.append(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    assert asked, "nobody logged in"


@pytest.mark.parametrize("loud", [(), ("-v", "-v"), ("--debug",)])
def test_a_failed_login_is_told_without_the_password(tmp_path: Path, loud: tuple[str, ...]) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "database").write_text(CANARY + "\n")
    told = []
    with small_cloud() as cloud, refusing_database() as port:
        auth = {
            "username": "admin",
            "password": CANARY,
            "project_name": "admin",
            "user_domain_name": "Default",
        }
        entry = {
            "auth": {**auth, "auth_url": f"{cloud.address}/keystone/v3", "project_domain_name": "Default"}
        }
        (secrets / "clouds.yaml").write_text(json.dumps({"clouds": {"small": entry}}))
        (tmp_path / "cloud.yaml").write_text((CLOUD % port).replace("clouds.yaml", "secrets/clouds.yaml"))
        (tmp_path / "known_hosts").write_text("")
        (tmp_path / "key").write_text(f"not a key: {CANARY}")
        for line in (
            "assess",
            "plan --to 2026.1",
            "abort",
            "rollback",
            "status",
            "audit",
            "resume",
            "verify",
        ):
            ended = typed([*loud, "--log-file", f"{line.split()[0]}.log", *line.split()], tmp_path)
            told.append(ended.said)
    assert "refuses liftlock (code 1045)" in "".join(told)
    assert SOUGHT.in_text("what was told", "\n".join(told)) == []
    assert SOUGHT.in_files(tmp_path, left_out=[secrets, tmp_path / "key"]) == []
