"""On a host: how long a program's sessions wait for a lock of its database, without a word in its configuration.

The program is given one more directory of configuration, in which its own connection stands with a first statement
added. An URL's `init_command` is what both of Python's drivers for MariaDB send when they connect (PyMySQL 1.1,
mysqlclient 2.2), so it holds for every session of the program and for no other.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from liftlock.drivers.on_host.inifile import settings

OVERLAYS = "/run/liftlock"
DRIVERS = ("mysql:", "mysql+pymysql:", "mysql+mysqldb:")
SETTING = "init_command="


def default_files(program: str) -> list[Path]:
    """What oslo.config reads of `nova-manage` when it is told nothing (9.7, `find_config_files` and `_dirs`)."""
    project = program.partition("-")[0]
    folder = Path("/etc", project)
    names = [folder / f"{project}.conf", folder / f"{program}.conf"]
    for directory in default_directories(program):
        names += sorted(directory.glob("*.conf"))
    return names


def default_directories(program: str) -> list[Path]:
    """Directories it reads then; naming one more by option makes oslo.config leave these out."""
    project = program.partition("-")[0]
    found = [Path("/etc", project, f"{name}.conf.d") for name in (project, program)]
    return [directory for directory in found if directory.is_dir()]


def connections(texts: Iterable[str]) -> dict[str, str]:
    """Section -> connection, of every section about a database: the last one set wins."""
    return {
        section: value
        for text in texts
        for section, option, value in settings(text)
        if section.endswith("database") and option == "connection"
    }


def patient(url: str, wait_s: int) -> str:
    """The connection with the statement; empty where its driver is another one, or it has a first statement already.

    Nothing is quoted: keystone gives the text to alembic, which trips over a percent sign (keystone 29,
    common/sql/upgrades.py).
    """
    if not url.startswith(DRIVERS) or SETTING in url:
        return ""
    return f"{url}{'&' if '?' in url else '?'}{SETTING}SET SESSION lock_wait_timeout={wait_s}"


def overlay(
    name: str, program: str, words: Sequence[str], wait_s: int, account: pwd.struct_passwd | None
) -> None:
    """Write the directory that makes the program patient for `wait_s` seconds at most; `words` name its files."""
    paths = [Path(word) for word in words if not word.startswith("-")] or default_files(program)
    found = connections(p.read_text(errors="replace") for p in paths if p.is_file())
    lines = [f"[{s}]\nconnection = {u}\n" for s, url in found.items() if (u := patient(url, wait_s))]
    drop(name)
    folder = Path(OVERLAYS, name)
    folder.mkdir(parents=True)
    file = folder / "patience.conf"
    file.touch(mode=0o600)
    # The text holds a password: whose file it is, is settled before it is written.
    if account is not None:
        os.chown(file, account.pw_uid, account.pw_gid)
    file.write_text("".join(lines))
    for directory in (folder.parent, folder):
        directory.chmod(0o711 if directory == folder.parent else 0o755)


def overlay_options(name: str, program: str) -> list[str]:
    """The words that name the directory, and those that would else be left out."""
    directories = [*default_directories(program), Path(OVERLAYS, name)]
    return [word for directory in directories for word in ("--config-dir", str(directory))]


def drop(name: str) -> None:
    """Remove what `overlay` wrote."""
    shutil.rmtree(Path(OVERLAYS, name), ignore_errors=True)
