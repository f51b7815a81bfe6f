"""What should be on each host, rendered from templates: pure, nothing is touched.

`templates/<role>/` mirrors the host's own tree: every file there goes to the same path on hosts of that role.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable

from jinja2 import Environment, PackageLoader, StrictUndefined

from liftlock.knowledge.service import Part, Plane
from liftlock.lab.cloudware.fitting import Fitting, fittings
from liftlock.lab.cloudware.secrets import KEY_SETS
from liftlock.lab.cloudware.services.neutron import REPORTER
from liftlock.lab.cloudware.setting import Setting, colour
from liftlock.lab.topology import LabHost, Role

PACKAGE = "liftlock.lab.cloudware"
RELEASE = "/opt/openstack/current"
_pages = Environment(
    loader=PackageLoader(PACKAGE),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  configuration files are not HTML
)
_pages.globals["colour"] = colour


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that should be there."""

    path: str
    mode: int
    owner: str
    """`user:group`."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that should have this content."""

    path: str
    mode: int
    owner: str
    """`user:group`."""
    content: str = field(repr=False)
    keep: bool = False
    """Leave it alone once it is there: keys that may have been rotated, identities that may have been given."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts that should exist."""

    path: str
    """File of systemd-sysusers that describes them."""
    content: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that should be on one host."""

    accounts: tuple[Accounts, ...] = ()
    directories: tuple[Directory, ...] = ()
    files: tuple[File, ...] = ()
    links: tuple[Link, ...] = ()

    def as_json(self) -> bytes:
        """The form `on_host/settle.py` reads."""
        plain = {
            "accounts": [list(asdict(a).values()) for a in self.accounts],
            "directories": [list(asdict(d).values()) for d in self.directories],
            "files": [list(asdict(f).values()) for f in self.files],
            "links": [list(asdict(k).values()) for k in self.links],
        }
        return json.dumps(plain).encode()


def render(template: str, **facts: object) -> str:
    """One template as text, ending in exactly one newline; a name it uses and is not given is an error."""
    return _pages.get_template(template).render(**facts).strip() + "\n"


def program(name: str) -> str:
    """Text of one of the programs that run on hosts."""
    return resources.files(PACKAGE).joinpath("on_host", name).read_text()


def wish_for(lab: Setting, host: LabHost) -> Wish:
    """Everything that should be on `host`."""
    files = tuple(_tree_files(lab, host))
    if host.role is Role.CONTROL:
        return _control(lab, host, files)
    if host.role is Role.COMPUTE:
        return _compute(host, files)
    if host.role is Role.BALANCER:
        certificate = (lab.folder / "front-door.pem").read_text()
        files += (File("/etc/haproxy/front-door.pem", 0o640, "root:haproxy", certificate),)
    return Wish(files=files)


def _walk(folder: Traversable, path: str) -> Iterator[str]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _walk(entry, f"{path}/{entry.name}")
        else:
            yield f"{path}/{entry.name}"


def _tree_files(lab: Setting, host: LabHost) -> Iterator[File]:
    root = resources.files(PACKAGE).joinpath("templates", host.role)
    for template in _walk(root, ""):
        text = render(f"{host.role}{template}", lab=lab, host=host)
        path = template.removesuffix(".j2")
        owner = _group_of(path)
        yield File(path, 0o640 if owner != "root:root" else 0o644, owner, text)


def _group_of(path: str) -> str:
    """Owner of a configuration file: its service may read it; nobody else may, since it holds passwords."""
    for fitting in fittings().values():
        if path.startswith(tuple(f"{c}/" for c in fitting.service.configuration)):
            return f"root:{fitting.user}"
    return "root:rabbitmq" if path.startswith("/etc/rabbitmq/") else "root:root"


def unit_file(fitting: Fitting, part: Part) -> File:
    """The systemd unit of one part."""
    command = fitting.commands.get(part.name) or " ".join(
        [f"{RELEASE}/bin/{part.name}", *(f"--config-file {path}" for path in fitting.config_files)]
    )
    if part.is_api:
        command = f"{RELEASE}/bin/uwsgi --ini {fitting.service.configuration[0]}/uwsgi.ini"
    text = render("_unit", part=part, user=fitting.user, command=command)
    return File(f"/etc/systemd/system/{part.name}.service", 0o644, "root:root", text)


def uwsgi_file(lab: Setting, host: LabHost, fitting: Fitting, part: Part) -> File:
    """How uwsgi serves an API; until 2024.2 there are programs where later series have modules."""
    text = render(
        "_uwsgi",
        host=host,
        part=part,
        script=fitting.script_until_2024 if lab.series < "2025" else "",
        environment=sorted(fitting.environment.items()),
        pyargv=fitting.pyargv,
        processes=fitting.processes,
        threads=fitting.threads,
        lines=fitting.uwsgi,
    )
    return File(f"{fitting.service.configuration[0]}/uwsgi.ini", 0o640, f"root:{fitting.user}", text)


def _accounts(which: tuple[Fitting, ...]) -> tuple[Accounts, ...]:
    content = render("_sysusers", fittings=which)
    return (Accounts("/etc/sysusers.d/openstack.conf", content, tuple(f.user for f in which)),)


def _directories(fitting: Fitting) -> Iterator[Directory]:
    mine = f"{fitting.user}:{fitting.user}"
    for path in fitting.service.configuration:
        yield Directory(path, 0o750, f"root:{fitting.user}")
    for path in (fitting.state, f"{fitting.state}/lock", *fitting.directories):
        yield Directory(path, 0o750, mine)


def _paste(fitting: Fitting) -> Link:
    path = f"{fitting.service.configuration[0]}/{fitting.paste}"
    return Link(path, f"{RELEASE}{path}")


def _control(lab: Setting, host: LabHost, files: tuple[File, ...]) -> Wish:
    which = tuple(fittings().values())
    units = [(f, part) for f in which for part in f.parts(Plane.CONTROL)]
    apis = [(f, part) for f, part in units if part.is_api]
    keys = [f"/etc/keystone/{key_set}" for key_set in KEY_SETS]
    directories = [d for f in which for d in _directories(f)]
    return Wish(
        accounts=_accounts(which),
        directories=(*directories, *(Directory(path, 0o700, "keystone:keystone") for path in keys)),
        files=(
            *files,
            *(unit_file(f, part) for f, part in units),
            *(uwsgi_file(lab, host, f, part) for f, part in apis),
            *(
                File(f"/etc/keystone/{s}/{n}", 0o600, "keystone:keystone", lab.secrets[f"{s}-{n}"], keep=True)
                for s in KEY_SETS
                for n in (0, 1)
            ),
        ),
        links=tuple(_paste(f) for f in which if f.paste),
    )


def _compute(host: LabHost, files: tuple[File, ...]) -> Wish:
    which = tuple(f for f in fittings().values() if f.parts(Plane.DATA))
    # nova-compute refuses its second start without this file, and the fake driver never writes it.
    identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{host.name}.lab.liftlock"))
    return Wish(
        accounts=_accounts(which),
        directories=tuple(d for f in which for d in _directories(f) if not d.path.startswith("/srv/")),
        files=(
            *files,
            *(unit_file(f, part) for f in which for part in f.parts(Plane.DATA)),
            File("/var/lib/nova/compute_id", 0o640, "nova:nova", identity, keep=True),
            File(REPORTER, 0o644, "root:root", program("ovs_reporter.py")),
        ),
    )
