"""A small real SSH server on this machine that can be told to fail."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import asyncssh

from liftlock.drivers.shells.ssh import SshAccess


class Sshd:
    """Runs what it is told on this machine, and counts it."""

    def __init__(self, folder: Path) -> None:
        self.commands: list[str] = []
        self.logins = 0
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._user_key = asyncssh.generate_private_key("ssh-ed25519")
        self.key = folder / "key"
        self._user_key.write_private_key(str(self.key))
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(f"127.0.0.1 {self._host_key.export_public_key().decode()}")
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.port = 0
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self.power_on()

    @property
    def access(self) -> SshAccess:
        return SshAccess("127.0.0.1", self.key, self.known_hosts, port=self.port)

    def power_on(self) -> None:
        self._acceptor = self._do(
            asyncssh.listen(
                "127.0.0.1",
                self.port,
                server_host_keys=[self._host_key],
                authorized_client_keys=asyncssh.import_authorized_keys(
                    self._user_key.export_public_key().decode()
                ),
                server_factory=lambda: Doorman(self),
                process_factory=self._serve,
                encoding=None,
            )
        )
        self.port = self._acceptor.get_port()

    def power_off(self) -> None:
        """Refuse new connections and cut the ones there are."""
        assert self._acceptor
        self._loop.call_soon_threadsafe(self._acceptor.close)
        self._do(self._acceptor.wait_closed())
        self.cut_connections()

    def cut_connections(self) -> bool:
        async def cut() -> None:
            for connection in self._connections:
                connection.abort()

        self._do(cut())
        return True

    def stop(self) -> None:
        self.power_off()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def greet(self, connection: asyncssh.SSHServerConnection) -> None:
        self.logins += 1
        self._connections.append(connection)

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        command = process.command or ""
        self.commands.append(command)
        pipe = subprocess.PIPE
        child = await asyncio.create_subprocess_shell(command, stdin=pipe, stdout=pipe, stderr=pipe)
        assert child.stdin
        assert child.stdout
        assert child.stderr
        feeding = asyncio.create_task(pump_in(process, child.stdin))
        await asyncio.gather(pump_out(child.stdout, process.stdout), pump_out(child.stderr, process.stderr))
        code = await child.wait()
        feeding.cancel()
        if code < 0:
            process.exit_with_signal({9: "KILL", 15: "TERM"}[-code])
        else:
            process.exit(code)

    def _do(self, work: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(30)


class Doorman(asyncssh.SSHServer):
    """Tells the server who came in."""

    def __init__(self, sshd: Sshd) -> None:
        self._sshd = sshd

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._sshd.greet(conn)


async def pump_in(process: asyncssh.SSHServerProcess[bytes], sink: asyncio.StreamWriter) -> None:
    """Give the command what the client sends, until the client ends it or is gone: as OpenSSH does."""
    try:
        while chunk := await process.stdin.read(1 << 16):
            sink.write(chunk)
            await sink.drain()
    except (OSError, asyncssh.Error):
        pass
    finally:
        sink.close()


async def pump_out(source: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    """Give the client what the command says; if the client is gone, nobody listens and the command goes on."""
    while chunk := await source.read(1 << 16):
        try:
            sink.write(chunk)
            await sink.drain()
        except (OSError, asyncssh.Error):
            continue
