"""A release installed in a folder, as `python -m venv` makes it: its programs, and what its code maps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from liftlock.blots import cause
from liftlock.cloud.mapping import Mapped, mapped
from liftlock.drivers.scratch.server import CODE_PREFIX
from liftlock.errors import BadInput, StepFailed
from liftlock.ports.scratch import Ended

_PROGRAM = "orm.py"
_SERVER = "served.py"
_PATIENCE_S = 4 * 3600.0
_REVISION = re.compile(r"""^revision\s*(?::\s*\w+\s*)?=\s*['"]([^'"]+)['"]""", re.MULTILINE)
_FOR_ALL = {
    # Without it neutron-db-manage of some releases asks for a plugin.
    "DEFAULT": {"core_plugin": "ml2", "transport_url": "fake://", "use_stderr": "true"},
    "oslo_concurrency": {},
}


class VenvCode:
    """Keeps the `ReleaseCode` port over a virtual environment.

    `within` are words in front of every command line: what a program is started in.
    """

    def __init__(self, folder: Path, within: Sequence[str] = ()) -> None:
        self._within = tuple(within)
        self._folder = folder.absolute()
        self._python = self._folder / "bin" / "python"
        self._told: dict[str, Mapped] = {}
        if not os.access(self._python, os.X_OK):
            raise BadInput(
                f"{folder} holds no Python environment: there is no bin/python in it",
                hint="name a folder made by `python -m venv` with the services of one release installed",
            )

    def version(self, service: str) -> str:
        names = {service, f"openstack_{service}", f"openstack-{service}"}
        for found in self._folder.glob("lib*/python*/site-packages/*.dist-info"):
            name, _, version = found.name.removesuffix(".dist-info").partition("-")
            if name in names:
                return version
        raise BadInput(
            f"{service} is not installed in {self._folder}",
            hint="install it there, or leave it out with `--service`",
        )

    def mapped(self, service: str) -> Mapped:
        if service not in self._told:
            self._told[service] = self._asked(service)
        return self._told[service]

    def _asked(self, service: str) -> Mapped:
        with _folder() as name:
            program, answer = Path(name) / _PROGRAM, Path(name) / "answer.json"
            program.write_text(resources.files("liftlock.drivers.scratch").joinpath(_PROGRAM).read_text())
            words: list[str | Path] = [program, answer, *self._packages(service)]
            ended = self._run(words, Path(name))
            if ended.code or not answer.is_file():
                raise StepFailed(
                    f"{service} in {self._folder} does not tell what it maps: {ended.words}",
                    now="nothing was changed",
                    hint="its environment has to be whole: `pip check` in it says what is missing",
                )
            return mapped(json.loads(answer.read_text()))

    def run(self, command: Sequence[str], settings: Mapping[str, Mapping[str, str]]) -> Ended:
        with _folder() as name:
            folder = Path(name)
            (folder / "none").mkdir()
            configuration = folder / "service.conf"
            configuration.write_text(_ini(settings, folder))
            _, program = self.words(command[0])
            # An empty directory is named too: without one, the machine's own in /etc would be read after our file.
            words: list[str | Path] = [
                program,
                "--config-file",
                configuration,
                "--config-dir",
                folder / "none",
                *command[1:],
            ]
            return self._run(words, folder)

    @property
    def folder(self) -> Path:
        return self._folder

    def words(self, program: str) -> tuple[str, ...]:
        path = self._folder / "bin" / program
        if not path.is_file():
            raise BadInput(f"there is no program {program} in {self._folder}")
        return str(self._python), str(path)

    def can_serve(self, application: str) -> bool:
        module = application.partition(":")[0].replace(".", "/")
        return any(self._folder.glob(f"lib*/python*/site-packages/{module}.py"))

    def serving(self, application: str, port: int) -> tuple[str, ...]:
        return (
            str(self._python),
            str(resources.files("liftlock.drivers.scratch") / _SERVER),
            application,
            str(port),
        )

    def revisions(self, service: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for package in self._packages(service):
            for path in self._folder.glob(f"lib*/python*/site-packages/{package}/**/versions/**/*.py"):
                text = path.read_text(errors="replace")
                revision = _REVISION.search(text)
                if revision:
                    found[revision[1]] = text
        return found

    def _packages(self, service: str) -> list[str]:
        """The service's own package and those that keep tables in its database by entry point."""
        wanted = f"[{service}.db.alembic_migrations]"
        found = [service]
        for path in sorted(self._folder.glob("lib*/python*/site-packages/*.dist-info/entry_points.txt")):
            text = path.read_text(errors="replace")
            if wanted in text:
                lines = text.split(wanted, 1)[1].split("[", 1)[0].splitlines()
                found += [line.partition("=")[2].strip().split(".")[0] for line in lines if "=" in line]
        return list(dict.fromkeys(found))

    def _run(self, words: Sequence[str | Path], folder: Path) -> Ended:
        """Run a Python program of the environment; it sees nothing of this machine's settings."""
        surroundings = {
            "PATH": f"{self._folder}/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONWARNINGS": "ignore",
        }
        began = time.monotonic()
        try:
            ended = subprocess.run(
                [*self._within, "setpriv", "--pdeathsig", "KILL", "--", self._python, *words],
                env=surroundings,
                cwd=folder,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ended(-1, f"it did not end within {_PATIENCE_S:.0f} s", time.monotonic() - began)
        heard = ended.stderr if ended.stderr.strip() else ended.stdout
        return Ended(ended.returncode, cause(heard), round(time.monotonic() - began, 2))


@contextmanager
def _folder() -> Iterator[str]:
    """A folder for the time of the block; whose it is stands in it, so that it can be removed if we are killed."""
    with tempfile.TemporaryDirectory(prefix=CODE_PREFIX) as name:
        (Path(name) / "owner").write_text(str(os.getpid()))
        yield name


def _ini(settings: Mapping[str, Mapping[str, str]], folder: Path) -> str:
    own = {"DEFAULT": {"state_path": str(folder)}, "oslo_concurrency": {"lock_path": str(folder)}}
    lines: list[str] = []
    for section in dict.fromkeys([*_FOR_ALL, *settings]):
        lines.append(f"[{section}]")
        options = {**_FOR_ALL.get(section, {}), **own.get(section, {}), **settings.get(section, {})}
        # oslo.config reads `$` as the beginning of another option's name.
        lines += [f"{name} = {value.replace('$', '$$')}" for name, value in options.items()]
    return "\n".join(lines) + "\n"
