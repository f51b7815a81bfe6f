"""Commands and files on hosts over SSH: one connection per host, kept as long as it lives.

Nothing that was started on a host stops because we stop waiting for it (a cancelled channel leaves the
command running), and a command that has been sent is never sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from liftlock.drivers.shells.fence import Fence
from liftlock.errors import BadInput, StepFailed, Unreachable
from liftlock.ports.shell import Finished, Sink

T = TypeVar("T")
Process = asyncssh.SSHClientProcess[bytes]
Talk = Callable[[Process], Awaitable[tuple[bytes, bytes]]]
"""Gives a started command its input and returns what it wrote to standard output and standard error."""

NO_SUCH_FILE = 44
"""Exit code with which our own small scripts say that a file is not there."""

READ = f'[ -e "$1" ] || exit {NO_SUCH_FILE}; exec cat -- "$1"'

WRITE = """
new=$(mktemp "$1.XXXXXXXX") || exit 1
trap 'rm -f "$new"' EXIT
cat > "$new" || exit 1
[ "$(stat -c %s "$new")" -eq "$2" ] || { echo "only $(stat -c %s "$new") of $2 bytes arrived" >&2; exit 1; }
chown "$4" "$new" && chmod "$3" "$new" && sync "$new" && mv -fT "$new" "$1"
"""
"""Path, size, mode and owner. The size is compared: a cut connection looks like the end of the content."""

SESSIONS_AT_ONCE = 8
"""OpenSSH's server allows 10 sessions per connection (`MaxSessions`, sshd_config(5))."""

CHUNK = 1 << 18

LOST = (asyncssh.Error, OSError, asyncio.TimeoutError)
"""What asyncssh and sockets raise when a host cannot be reached or goes away."""


@dataclass(frozen=True, slots=True)
class SshAccess:
    """How to log in to one host."""

    address: str
    """Name or IP address."""
    key: Path
    """Private key, without passphrase."""
    known_hosts: Path
    """Public keys of hosts, as OpenSSH keeps them; a host that is not in it is refused."""
    user: str = "root"
    """Anybody but root must be allowed `sudo -n`."""
    port: int = 22


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended, its output as bytes."""

    code: int
    out: bytes
    err: bytes


@dataclass(slots=True)
class Line:
    """The kept connection to one host; used in the loop's thread only."""

    connection: asyncssh.SSHClientConnection | None = None
    replaced: list[asyncssh.SSHClientConnection] = field(default_factory=list)
    """Connections that did not answer in time: others may still wait for commands on them."""
    connecting: asyncio.Lock = field(default_factory=asyncio.Lock)
    sessions: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SESSIONS_AT_ONCE))

    def drop(self, doubtful: asyncssh.SSHClientConnection) -> None:
        """Let the next command connect anew; another one may have done so already."""
        self.replaced.append(doubtful)
        if self.connection is doubtful:
            self.connection = None


class SshShell:
    """`liftlock.ports.shell.Shell` over SSH; may be used from any number of threads."""

    def __init__(
        self,
        access: Mapping[str, SshAccess],
        *,
        connect_timeout_s: float = 20.0,
        fence: Fence | None = None,
    ) -> None:
        """Commands carry the epoch of `fence`, and raise `Fenced` where a host has seen a greater one."""
        self._access = dict(access)
        self._fence = fence or Fence()
        self._connect_timeout_s = connect_timeout_s
        self._lines: dict[str, Line] = {}
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Finished:
        """Run `command` as root on `host`; see the port."""
        ended = self._ask(host, command, stdin, timeout_s)
        return Finished(ended.code, ended.out.decode(errors="replace"), ended.err.decode(errors="replace"))

    def stream(
        self,
        host: str,
        command: Sequence[str] | str,
        into: Sink,
        *,
        stdin: bytes = b"",
        patience_s: float = 60.0,
    ) -> Finished:
        """Run `command`, and pass on what it prints while it does; see the port."""
        ended = self._call(self._session(host, command, lambda p: pass_on(p, stdin, into, patience_s)))
        return Finished(ended.code, "", ended.err.decode(errors="replace"))

    def read(self, host: str, path: str) -> bytes:
        """The content of a file; raises `FileNotFoundError` if there is none."""
        ended = self._ask(host, script(READ, path), b"", 300.0)
        expect_done(ended, f"{host}: {path} cannot be read", path)
        return ended.out

    def write(
        self, host: str, path: str, content: bytes, *, mode: int = 0o640, owner: str = "root:root"
    ) -> None:
        """Replace a file in one move: readers see the old content or the new, never half of it."""
        command = script(WRITE, path, str(len(content)), f"{mode:o}", owner)
        ended = self._ask(host, command, content, 300.0)
        expect_done(ended, f"{host}: {path} cannot be written", path)

    def send(self, host: str, local: Path, path: str) -> None:
        """Copy a local file of any size onto the host, in one move; it is readable by everybody there."""
        command = script(WRITE, path, str(local.stat().st_size), "644", "root:root")
        ended = self._call(self._session(host, command, lambda p: feed(p, local)))
        expect_done(ended, f"{host}: {path} cannot be written", path)

    def fetch(self, host: str, path: str, local: Path) -> None:
        """Copy a file of the host here; `local` appears only when it is complete."""
        part = local.with_name(f".{local.name}.part")
        try:
            ended = self._call(self._session(host, script(READ, path), lambda p: drink(p, part)))
            expect_done(ended, f"{host}: {path} cannot be fetched", path)
            part.rename(local)
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Close every connection; the shell may be used again and connects anew."""
        with self._starting:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
            lines, self._lines = self._lines, {}
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(hang_up(lines.values()), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _ask(self, host: str, command: Sequence[str] | str, stdin: bytes, timeout_s: float) -> Ended:
        async def talk(process: Process) -> tuple[bytes, bytes]:
            return await asyncio.wait_for(converse(process, stdin), timeout_s)

        return self._call(self._session(host, command, talk))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the loop's thread do `work` and wait for it here."""
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="ssh", daemon=True)
                self._thread.start()
            loop = self._loop
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    async def _session(self, host: str, command: Sequence[str] | str, talk: Talk) -> Ended:
        """Start the command, let `talk` feed it and listen to it, and tell how it ended."""
        if host not in self._access:
            raise BadInput(
                f"no SSH access is known for {host!r}", hint=f"known are {', '.join(self._access)}"
            )
        access = self._access[host]
        line = self._lines.setdefault(host, Line())
        async with line.sessions:
            process = await self._start(
                host, access, line, as_root(access.user, self._fence.guarded(command))
            )
            try:
                out, err = await talk(process)
            except TimeoutError as e:
                raise may_run_on(host, command, "did not end in time") from e
            except LOST as e:
                raise may_run_on(host, command, f"was cut off: {str(e) or type(e).__name__}") from e
            finally:
                process.close()
        code = exit_code(process)
        if code is None:
            raise may_run_on(host, command, "was cut off: the connection is gone")
        if access.user != "root" and code == 1 and err.startswith(b"sudo:"):
            raise Unreachable(
                f"{host}: {access.user} may not act as root: {err.decode(errors='replace').strip()}",
                now="the command was not run",
                hint=f"allow {access.user} `sudo -n` on {host}",
            )
        self._fence.check(host, code, err)
        return Ended(code, out, err)

    async def _start(self, host: str, access: SshAccess, line: Line, text: str) -> Process:
        """Send the command, connecting anew once if the kept connection turns out dead before it was sent."""
        deadline = time.monotonic() + self._connect_timeout_s
        while True:
            fresh = line.connection is None or line.connection.is_closed()
            connection = await self._connected(host, access, line)
            sent = False

            def about_to_send() -> Process:
                # asyncssh makes the session after the channel is open and before it asks to execute.
                nonlocal sent
                sent = True
                return asyncssh.SSHClientProcess()

            opening = connection.create_session(about_to_send, text, encoding=None)
            try:
                _, process = await asyncio.wait_for(opening, self._connect_timeout_s)
            except LOST as e:
                if isinstance(e, asyncssh.ChannelOpenError) and not connection.is_closed():
                    # Nothing was sent. A busy host still counts sessions that it has not cleaned up yet.
                    if time.monotonic() > deadline:
                        raise unreachable(host, access, e) from e
                    await asyncio.sleep(0.1)
                    continue
                line.drop(connection)
                if sent:
                    raise may_run_on(
                        host, text, f"was cut off as it started: {str(e) or type(e).__name__}"
                    ) from e
                if fresh:
                    raise unreachable(host, access, e) from e
            else:
                assert isinstance(process, asyncssh.SSHClientProcess)
                return process

    async def _connected(self, host: str, access: SshAccess, line: Line) -> asyncssh.SSHClientConnection:
        """The kept connection, or a new one."""
        async with line.connecting:
            if line.connection is None or line.connection.is_closed():
                for path in (access.key, access.known_hosts):
                    if not path.is_file():
                        raise BadInput(
                            f"{host}: there is no file {path}", hint="see `access` in the cloud file"
                        )
                try:
                    line.connection = await asyncio.wait_for(connect(access), self._connect_timeout_s)
                except LOST as e:
                    raise unreachable(host, access, e) from e
                except ValueError as e:
                    raise BadInput(
                        f"{host}: {access.key} or {access.known_hosts} cannot be used: {e}",
                        hint="`access.key` must be a private key without a passphrase, `access.known_hosts` as OpenSSH "
                        "writes it: try both with `ssh -i`",
                    ) from e
            return line.connection


def connect(access: SshAccess) -> Awaitable[asyncssh.SSHClientConnection]:
    """A connection that trusts only the given files, whatever the person who runs us has configured for ssh."""
    return asyncssh.connect(
        access.address,
        access.port,
        username=access.user,
        client_keys=[str(access.key)],
        known_hosts=str(access.known_hosts),
        config=None,
        agent_path=None,
        preferred_auth="publickey",
        compression_algs=None,
        # A host whose power was cut sends nothing: notice it within a minute.
        keepalive_interval=15,
        keepalive_count_max=3,
    )


async def hang_up(lines: Iterable[Line]) -> None:
    """Close every connection."""
    for line in lines:
        for connection in (line.connection, *line.replaced):
            if connection is not None:
                connection.abort()
                await connection.wait_closed()


async def converse(process: Process, stdin: bytes) -> tuple[bytes, bytes]:
    """Give the process its whole input and wait for all its output."""
    if stdin:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(stdin)
    # asyncssh's own `communicate` leaves an empty input open: `cat` would wait for ever.
    end_input(process)
    return await process.communicate()


def end_input(process: Process) -> None:
    """Tell the process that no more input comes; one that has ended by itself needs not be told."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write_eof()


async def feed(process: Process, local: Path, patience_s: float = 60.0) -> tuple[bytes, bytes]:
    """Give the process a file as its input; `TimeoutError` if it takes nothing for `patience_s` seconds."""
    # A process that ends early breaks the pipe, and says why by itself.
    with contextlib.suppress(BrokenPipeError), local.open("rb") as content:
        while chunk := content.read(CHUNK):
            process.stdin.write(chunk)
            await asyncio.wait_for(process.stdin.drain(), patience_s)
    end_input(process)
    return await asyncio.wait_for(process.communicate(), patience_s)


async def drink(process: Process, local: Path, patience_s: float = 60.0) -> tuple[bytes, bytes]:
    """Put what the process prints into a file; `TimeoutError` if nothing comes for `patience_s` seconds."""
    end_input(process)
    with local.open("wb") as content:
        while chunk := await asyncio.wait_for(process.stdout.read(CHUNK), patience_s):
            content.write(chunk)
    _, err = await asyncio.wait_for(process.communicate(), patience_s)
    return b"", err


async def pass_on(process: Process, stdin: bytes, into: Sink, patience_s: float) -> tuple[bytes, bytes]:
    """Give the process its input and the sink its output; `TimeoutError` if nothing comes for `patience_s` seconds."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(stdin)
    end_input(process)
    loop = asyncio.get_running_loop()
    while chunk := await asyncio.wait_for(process.stdout.read(CHUNK), patience_s):
        # Not here: other hosts are to be heard while the sink takes its time.
        await loop.run_in_executor(None, into.write, chunk)
    _, err = await asyncio.wait_for(process.communicate(), patience_s)
    return b"", err


def script(text: str, *arguments: str) -> tuple[str, ...]:
    """A small shell script with its arguments, as a command."""
    return ("sh", "-c", text, "sh", *arguments)


def as_root(user: str, command: Sequence[str] | str) -> str:
    """The command line to send so that `command` runs as root."""
    if isinstance(command, str):
        return command if user == "root" else shlex.join(("sudo", "-n", "--", "sh", "-c", command))
    return shlex.join(command if user == "root" else ("sudo", "-n", "--", *command))


def exit_code(process: Process) -> int | None:
    """As a shell would tell it, 128 + number for a signal; nothing if the host never said."""
    if process.exit_signal is not None:
        return 128 + getattr(signal, f"SIG{process.exit_signal[0]}", 0)
    if process.exit_status is not None:
        return process.exit_status
    return None


def expect_done(ended: Ended, what: str, path: str) -> None:
    """Turn the end of one of our own scripts into the error it stands for."""
    if ended.code == NO_SUCH_FILE:
        raise FileNotFoundError(path)
    if ended.code != 0:
        why = ended.err.decode(errors="replace").strip()
        raise StepFailed(
            f"{what}: {why}", now="the file is as it was", hint="look at the host's disk and rights"
        )


def unreachable(host: str, access: SshAccess, why: BaseException) -> Unreachable:
    """Nothing was sent to the host."""
    hints: dict[type[BaseException], str] = {
        asyncssh.PermissionDenied: f"let {access.user} log in on {host} with {access.key}",
        asyncssh.HostKeyNotVerifiable: f"if {host} was made anew, put its new key into {access.known_hosts}",
    }
    return Unreachable(
        f"{host} does not answer SSH at {access.address}:{access.port}: {why or type(why).__name__}",
        now="nothing was sent to it",
        hint=hints.get(type(why), f"see whether {host} is on and reachable, then try again"),
    )


def may_run_on(host: str, command: Sequence[str] | str, what: str) -> Unreachable:
    """The host has the command, and we do not know what became of it."""
    words = command.split() if isinstance(command, str) else command
    return Unreachable(
        # Arguments are not repeated: they may be secret.
        f"{host}: the command `{words[0]} …` {what}",
        now=f"it may have ended, or may still be running on {host}",
        hint=f"look at {host}, then try again",
    )
