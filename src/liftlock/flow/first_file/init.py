"""Writes a first cloud file for a cloud nobody has declared yet: asks its API and its hosts, changes nothing there."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from liftlock.cloud.file import parse
from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.clouds.openstack import OpenStackApi
from liftlock.drivers.clouds.roster import roster
from liftlock.drivers.shells.ssh import SshAccess, SshShell
from liftlock.errors import BadInput, Refused, Unreachable
from liftlock.flow.first_file.draft import Draft, Gap, draft
from liftlock.flow.first_file.draft_text import Choices, text
from liftlock.flow.first_file.lookout import look_around, resolved
from liftlock.flow.first_file.sightings import Sightings
from liftlock.ports.shell import Shell


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks `liftlock init` for."""

    cloud: str
    """Entry of clouds.yaml."""
    key: Path
    known_hosts: Path
    output: Path
    user: str = "root"
    port: int = 22
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Hosts the operator names -> their addresses."""
    archives: Path = Path("releases")
    database_user: str = "root"
    """Who may read, dump and replace the databases."""
    password_file: Path | None = None


def init(wish: Wish) -> Draft:
    """Write the cloud file and tell what it says.

    Raises `BadInput` if a file that was named cannot be used, `Refused` if the cloud file is there already, and
    `Unreachable` if keystone does not answer or no host lets us in.
    """
    refuse_impossible(wish)
    seen, clouds_yaml = looked_around(wish)
    refuse_blindness(seen)
    made = draft(seen)
    if not wish.archives.is_dir():
        made = replace(
            made,
            gaps=(*made.gaps, Gap("deployer", f"built releases: there is no folder {wish.archives} yet")),
        )
    write(wish.output, text(made, choices(wish, clouds_yaml)))
    return made


def looked_around(wish: Wish) -> tuple[Sightings, Path | None]:
    """What the API and the hosts it leads to tell, and which `clouds.yaml` the entry is in."""
    tells = roster(wish.cloud)
    api = OpenStackApi(wish.cloud, SystemClock(), clouds_yaml=tells.clouds_yaml)

    def shell(addresses: Collection[str]) -> Shell:
        return SshShell(
            {a: SshAccess(a, wish.key, wish.known_hosts, wish.user, wish.port) for a in addresses}
        )

    return look_around(api, tells, wish.hosts, shell, resolved), tells.clouds_yaml


def refuse_impossible(wish: Wish) -> None:
    """Return if the files that were named can be used."""
    if wish.output.exists() or wish.output.is_symlink():
        raise exists(wish.output)
    if not wish.output.absolute().parent.is_dir():
        raise BadInput(
            f"there is no folder {wish.output.absolute().parent}", hint="make it, or choose another with `-o`"
        )
    for path, option in ((wish.key, "--key"), (wish.known_hosts, "--known-hosts")):
        if not path.is_file():
            raise BadInput(f"there is no file {path}", hint=f"name it with `{option} FILE`")


def refuse_blindness(seen: Sightings) -> None:
    """Return if at least one host let us in: a file without that would be all gaps."""
    if seen.machines:
        return
    if not seen.silent:
        raise Unreachable(
            "the API names no host, and none was named",
            now="nothing was changed, and no file was written",
            hint="name hosts with `--host NAME=ADDRESS`",
        )
    reasons = "\n".join(f"  - {s.lead.name or s.lead.addresses[0]}: {s.why}" for s in seen.silent[:5])
    raise Unreachable(
        f"no host the API leads to lets us look at it\n{reasons}",
        now="nothing was changed, and no file was written",
        hint="see `--key`, `--known-hosts` and `--user`, or name hosts with `--host NAME=ADDRESS`",
    )


def choices(wish: Wish, clouds_yaml: Path | None) -> Choices:
    """What was chosen, with paths as they stand in the file."""
    folder = wish.output.absolute().parent
    return Choices(
        cloud=wish.cloud,
        key=written(wish.key, folder),
        known_hosts=written(wish.known_hosts, folder),
        user=wish.user,
        port=wish.port,
        archives=written(wish.archives, folder),
        clouds_yaml=written(clouds_yaml, folder) if clouds_yaml else "",
        database_user=wish.database_user,
        password_file=written(wish.password_file, folder) if wish.password_file else "",
    )


def written(path: Path, folder: Path) -> str:
    """A path as it stands in a file of `folder`: relative if it is below."""
    path = Path(os.path.normpath(path.expanduser().absolute()))
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def write(path: Path, content: str) -> None:
    """A new file; one that is there already is left alone."""
    parse(content, path.absolute())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise exists(path) from None
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror}", hint="choose another file with `-o`"
        ) from error


def exists(path: Path) -> Refused:
    """The error for a cloud file that is there already."""
    return Refused(
        f"{path} is there already",
        now=f"{path} is as it was",
        hint="write another file with `-o FILE` and compare the two",
    )
