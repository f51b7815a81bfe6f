"""config adopt: a cloud's own configuration rewritten for another release, with a reason for every change."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from liftlock.cloud.adoption.files import service_of
from liftlock.cloud.adoption.model import Adopted, Change
from liftlock.cloud.adoption.path import adopt, is_read, series
from liftlock.cloud.model import Host, Role
from liftlock.cloud.versions import series_named, series_of_host
from liftlock.errors import BadInput, Unreachable
from liftlock.flow.configuration.option_facts import read
from liftlock.flow.site import Site
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.options import Facts
from liftlock.knowledge.release_facts import facts_of, shipped


@dataclass(frozen=True, slots=True)
class Adoption:
    """What became of the configuration of one host, or of a folder."""

    host: str
    """Empty for a folder."""
    path: tuple[Facts, ...]
    """Releases on the way, the first and the last included."""
    files: tuple[Adopted, ...]
    left: tuple[str, ...]
    """Files of the services that are neither options nor a policy: they are for somebody to look at."""
    remarks: tuple[str, ...] = ()
    """What the result does not rest on, though it should."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that was changed or should be known, file by file."""
        return tuple(change for file in self.files for change in file.changes)


def adopt_folder(folder: Path, target: str, source: str = "") -> Adoption:
    """The configuration in a folder that is laid out as a host's `/`, or as its `/etc`; nothing is written.

    Raises `BadInput` if there is none, if a file cannot be read, or for a series that is not known.
    """
    path = releases_between(source, target)
    texts, left = read_folder(folder)
    if not texts:
        raise BadInput(
            f"{folder} holds no configuration of a service that liftlock knows",
            hint=f"lay it out as on a host: {folder}/etc/nova/nova.conf",
        )
    return Adoption("", path, adopt(texts, path), left)


def adopt_cloud(site: Site, target: str, source: str = "") -> tuple[Adoption, ...]:
    """The configuration of every host that runs OpenStack, host by host; nothing is changed on any.

    Raises `Unreachable` if a host does not answer: half of a cloud's configuration is none.
    """
    wanted = series_named(target).id
    hosts = [host.name for host in site.file.hosts if set(host.roles) & {Role.CONTROL, Role.COMPUTE}]
    seen = {name: site.hands.hosts.look(name) for name in hosts}
    for host in seen.values():
        if not host.reachable:
            raise Unreachable(f"{host.name}: {host.problem}", hint=f"see whether {host.name} is up")
    release = site.hands.deployer.release_of(wanted)
    last, remark = read(site, release, [*hosts, *(green.name for green in site.file.green)])
    return tuple(_of_host(site, host, last, remark, source) for host in seen.values())


def _of_host(site: Site, host: Host, last: Facts, remark: str, source: str) -> Adoption:
    own = series_named(source).id if source else next(iter(series_of_host(host)), "")
    if not own:
        raise BadInput(
            f"it is not known which series {host.name} runs", hint="say where it comes from: `--from`"
        )
    first, another = (facts_of(own), "") if source else read(site, host.release or own, [host.name])
    directories = [d for name in host.versions if name in services() for d in services()[name].configuration]
    found = site.hands.configuration.texts(host.name, directories)
    texts = {name: text for name, text in found.items() if service_of(name) and is_read(name)}
    left = tuple(sorted(name for name in found if service_of(name) and not is_read(name)))
    path = along(first, last)
    remarks = tuple(filter(None, (another, remark)))
    return Adoption(host.name, path, adopt(texts, path), left, remarks)


def releases_between(source: str, target: str) -> tuple[Facts, ...]:
    """Shipped facts of every release on the way; by default from the one that `target` usually follows."""
    last = series_named(target)
    known = [name for name in releases() if name in shipped()]
    before = [name for name in last.follows if name in known]
    if not source and not before:
        raise BadInput(
            f"liftlock ships no options of a release before {last.id}",
            hint="say where you come from: `--from`",
        )
    first = series_named(source) if source else series_named(before[-1])
    return along(facts_of(first.id), facts_of(last.id))


def along(first: Facts, last: Facts) -> tuple[Facts, ...]:
    """Both, with the shipped facts of every release between them.

    Raises `BadInput` if the last is not the later one.
    """
    order = list(releases())
    start, end = (order.index(series(facts)) for facts in (first, last))
    if start >= end:
        raise BadInput(
            f"{order[end]} does not come after {order[start]}", hint="name a later series with `--to`"
        )
    return (first, *(facts_of(name) for name in order[start + 1 : end] if name in shipped()), last)


def read_folder(folder: Path) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Path on the host -> text of every file that is adopted, and the paths of those that are not."""
    # `os.path` answers for names that are too long, too.
    if not os.path.isdir(folder):  # noqa: PTH112
        raise BadInput(f"{folder} is no folder", hint="name the folder that holds the configuration")
    root = folder / "etc" if (folder / "etc").is_dir() else folder
    texts, left = {}, []
    for file in sorted(root.rglob("*")):
        name = "/etc/" + file.relative_to(root).as_posix()
        if not service_of(name) or file.is_dir():
            continue
        if is_read(name):
            texts[name] = read_text(file)
        else:
            left.append(name)
    return texts, tuple(left)


def read_text(file: Path) -> str:
    """The file's text; raises `BadInput` if there is none."""
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise BadInput(
            f"{file} cannot be read: {error.strerror}", hint="mend that, or leave the file out"
        ) from None
    except UnicodeDecodeError:
        raise BadInput(f"{file} is no text in UTF-8", hint="mend that, or leave the file out") from None
    if "\0" in text:
        raise BadInput(f"{file} is no text", hint="mend that, or leave the file out")
    return text


def write(adoptions: Sequence[Adoption], output: Path) -> None:
    """Write every adopted file, a diff for each that changed, and `changes.json`; all of it or nothing.

    Below `output`: `etc/nova/nova.conf`, `diffs/etc/nova/nova.conf.diff`; for a cloud, a folder for each host around
    them. As they hold secrets, only their owner may read them. Raises `BadInput` if `output` is there already.
    """
    if not output.name:
        raise BadInput(f"`-o {output}` names no new folder", hint="name one that is not there yet")
    fresh = output.with_name(f".{output.name}.new")
    try:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise BadInput(f"{output} is there already, and not empty", hint="name another folder with `-o`")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        for adoption in adoptions:
            _write_host(adoption, fresh / adoption.host)
        _put(fresh / "changes.json", json.dumps(document(adoptions), indent=1, ensure_ascii=False) + "\n")
        if output.exists():
            output.rmdir()
        fresh.rename(output)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise BadInput(
            f"{error.filename or output} cannot be written: {error.strerror}",
            hint="name another folder with `-o`",
        ) from error


def document(adoptions: Sequence[Adoption]) -> list[dict[str, object]]:
    """Every change, as plain values."""
    return [
        {"host": adoption.host, "releases": [f.release for f in adoption.path], **asdict(change)}
        for adoption in adoptions
        for change in adoption.changes
    ]


def _write_host(adoption: Adoption, folder: Path) -> None:
    for file in adoption.files:
        _put(folder / file.path.lstrip("/"), file.after)
        if file.diff:
            _put(folder / "diffs" / f"{file.path.lstrip('/')}.diff", file.diff)


def _put(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into:
        into.write(text.encode())
