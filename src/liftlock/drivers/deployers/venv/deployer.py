"""Releases as immutable directories beside each other, and a link that says which one runs.

`/opt/openstack/2026.1-91c04d7e3f2a` is one environment with every service in it, built inside an image of the host's
system; `/opt/openstack/current` points at the one that units start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from liftlock.drivers.deployers.venv.build import HOME, release_id
from liftlock.drivers.on_host import ask
from liftlock.drivers.programs import Program, TransientPrograms
from liftlock.errors import BadInput, StepFailed
from liftlock.ports.clock import Clock
from liftlock.ports.deployer import ProgramResult
from liftlock.ports.shell import Shell

_UNPACK_PATIENCE_S = 1800.0
_INCOMING = "/var/tmp/liftlock"  # noqa: S108  root's own folder on a host's disk, made with mode 0700
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Whatever a crash left is unpacked over; the release appears in one move.
_UNPACK = """
set -eu
archive=$1 sum=$2 root=$3 release=$4 strip=$5 fresh=$3/.incoming-$4
trap 'rm -rf "$fresh"' EXIT
rm -rf "$fresh"
echo "$sum  $archive" | sha256sum --check --quiet
mkdir -p "$fresh"
tar --zstd --strip-components="$strip" -xf "$archive" -C "$fresh"
sync -f "$fresh"
mv -T "$fresh/$release" "$root/$release"
rm -f "$archive"
"""
_MORE_OPTIONS = {
    # oslo.config finds neutron.conf by itself, the plug-in's file it does not (neutron 26.0).
    "neutron-db-manage": (
        ("--config-file", "/etc/neutron/neutron.conf"),
        ("--config-file", "/etc/neutron/plugins/ml2/ml2_conf.ini"),
    ),
}


class _Seen(TypedDict):
    releases: list[str]
    current: str


class VenvDeployer:
    """Keeps the `Deployer` port.

    `archives` holds `<image>-<release>.tar.zst`, as `liftlock.drivers.deployers.venv.build` makes them; `images` says
    which image a host was made from, where that is not `image`.
    """

    def __init__(
        self,
        shell: Shell,
        clock: Clock,
        archives: Path,
        *,
        image: str = "control",
        images: Mapping[str, str] | None = None,
        root: str = str(HOME),
    ) -> None:
        self._shell = shell
        self._archives = archives
        self._image = image
        self._images = dict(images or {})
        self._root = root
        self._programs = TransientPrograms(shell, clock)

    def release_of(self, series: str) -> str:
        """The release of the series' lock."""
        return release_id(series)

    def folder(self, release: str) -> str:
        """Below the root, under its own name."""
        return f"{self._root}/{release}"

    def staged(self, host: str) -> tuple[str, ...]:
        """Complete releases: those under their own name."""
        return tuple(self._look(host)["releases"])

    def stage(self, host: str, release: str) -> None:
        """Send the archive, check it, unpack it under another name, and move it to its own."""
        if release in self.staged(host):
            return
        archive = self._archive(host, release)
        sent = f"{_INCOMING}/{archive.name}"
        arguments = (sent, _sha256(archive), self._root, release, str(len(HOME.parts) - 1))
        program = Program(("sh", "-c", _UNPACK, "unpack", *arguments))
        name = f"liftlock-stage-{release}"
        if self._programs.ended(host, name, program):
            # An earlier attempt that did not lead to the release: it must not be taken for this one.
            self._programs.forget(host, name)
        self._shell.run(host, f"install -d -m 0700 {_INCOMING} && install -d -m 0755 {self._root}")
        self._shell.send(host, archive, sent)
        result = self._programs.run(host, name, program, timeout_s=_UNPACK_PATIENCE_S)
        self._programs.forget(host, name)
        if release not in self.staged(host):
            last = (result.out.strip().splitlines() or ["it printed nothing"])[-1]
            raise StepFailed(
                f"{host}: {release} could not be unpacked: {last}",
                now="nothing that runs was touched",
                hint=f"make room in {self._root} on {host} or mend what it says, then `liftlock resume`",
            )

    def current(self, host: str) -> str:
        """Where the link points."""
        return self._look(host)["current"]

    def switch(self, host: str, release: str) -> None:
        """Replace the link in one move."""
        answer = ask(self._shell, host, "release", {"root": self._root, "choose": release})
        if release not in answer["releases"]:
            raise StepFailed(
                f"{host} does not hold {release}",
                now=f"{host} goes on with {answer['current'] or 'no release'}",
                hint=f"stage {release} on {host} first",
            )

    def run(  # noqa: PLR0913  the port's arguments
        self,
        host: str,
        release: str,
        name: str,
        command: Sequence[str],
        *,
        timeout_s: float,
        lock_wait_s: int = 0,
    ) -> ProgramResult:
        """Run the release's own program, as the account of its service where there is one."""
        if release not in self.staged(host):
            raise StepFailed(f"{host} does not hold {release}", hint=f"stage {release} on {host} first")
        program = Program(
            command=tuple(command),
            user=command[0].partition("-")[0],
            path=f"{self.folder(release)}/bin:{_SYSTEM_PATH}",
            options=_MORE_OPTIONS.get(command[0], ()),
            lock_wait_s=lock_wait_s,
        )
        return self._programs.run(host, name, program, timeout_s=timeout_s)

    def forget(self, host: str, name: str) -> None:
        """Drop what was kept of the program."""
        self._programs.forget(host, name)

    def _look(self, host: str) -> _Seen:
        answer: _Seen = ask(self._shell, host, "release", {"root": self._root, "choose": ""})
        return answer

    def _archive(self, host: str, release: str) -> Path:
        archive = self._archives / f"{self._images.get(host, self._image)}-{release}.tar.zst"
        if not archive.is_file():
            raise BadInput(
                f"there is no archive {archive}",
                now=f"nothing was sent to {host}",
                hint="build the release for this host's image, or mend `deployer.archives` in the cloud file",
            )
        return archive


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
