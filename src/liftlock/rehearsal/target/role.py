"""How one service of the target release is played on one machine that is cut off: its settings, and its questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from liftlock.discovery import modules_in
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.kinds import Kind, object_kinds
from liftlock.rehearsal.target import roles as roles_room

OURS = "liftlock-rehearsal"
"""Name of the account, of the host, and of whatever the rehearsal makes on copies."""
KEYSTONE = "http://127.0.0.1:5000/v3"
BROKER = "rabbit://guest:guest@127.0.0.1:5672/"

Sections = Mapping[str, Mapping[str, str]]
"""Section of a configuration file -> option -> value."""


@dataclass(frozen=True, slots=True)
class Place:
    """What programs of the release find on the rehearsal's machine."""

    folder: str
    """Where their files lie: one folder a service in it."""
    release: str
    """Where the release's own files lie: `etc/nova/api-paste.ini` below it."""
    addresses: Mapping[str, str]
    """Database -> how SQLAlchemy reaches its copy."""
    password: str
    """Of the account `OURS`."""

    def home(self, service: str) -> str:
        """Folder of a service's files."""
        return f"{self.folder}/{service}"

    def account(self) -> dict[str, str]:
        """Options with which a service asks keystone: all of them use one account."""
        return {
            "auth_type": "password",
            "auth_url": KEYSTONE,
            "username": OURS,
            "password": self.password,
            "project_name": OURS,
            "user_domain_id": "default",
            "project_domain_id": "default",
        }

    def usual(self, service: str) -> dict[str, dict[str, str]]:
        """Sections that every service has."""
        home = self.home(service)
        return {
            "DEFAULT": {
                "use_stderr": "true",
                "transport_url": BROKER,
                "host": OURS,
                "my_ip": "127.0.0.1",
                "state_path": f"{home}/state",
            },
            "database": {"connection": self.addresses.get(service, ""), "max_pool_size": "5"},
            "keystone_authtoken": {
                **self.account(),
                "interface": "public",
                "www_authenticate_uri": KEYSTONE,
            },
            "oslo_concurrency": {"lock_path": f"{home}/lock"},
            "oslo_messaging_notifications": {"driver": "noop"},
        }


@dataclass(frozen=True, slots=True)
class ListCall:
    """A list that the cloud's users or operators ask for, and the rows it has to tell."""

    words: str
    """As it is typed: `openstack server list`."""
    paths: tuple[str, ...]
    """What is asked for it, together; `{project}` is the account's project."""
    key: str
    """Key of the list in the answers."""
    kind: Kind | None
    """Where production has its rows; None where there is nothing to compare: it only has to answer."""
    id_field: str = "id"
    name_field: str = "name"
    """Field that must be the row's name; empty where none must."""
    inside: str = ""
    """Key of the object in each item of the list, where it is not the item itself."""
    own: Callable[[Mapping[str, Any]], bool] = field(default=lambda _: False)
    """Which items are of the rehearsal's own programs."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """Something that has to be listed before an object can be made."""

    path: str
    key: str
    there: Callable[[Mapping[str, Any]], bool]
    what: str
    """In words, for when it does not come."""


Ids = Mapping[str, str]
"""Kind -> id of the object that the rehearsal has made of it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A kind of object that is made, shown and deleted."""

    kind: str
    """As the `openstack` client calls it: `security group`."""
    collection: str
    """Path of the list, to which new ones are sent; `{project}` is the account's project."""
    body: Callable[[Ids], Mapping[str, Any]]
    key: str = ""
    """Key of the object in answers; empty where it is the answer itself."""
    needs: tuple[str, ...] = ()
    """Kinds that have to be made before."""
    id_field: str = "id"
    name_field: str = "name"
    named: str = OURS
    show: str = "{collection}/{id}"
    status: str = ""
    """Field that tells how far it is; empty where it is ready once it is there."""
    ready: str = ""
    broken: tuple[str, ...] = ()
    """Values of `status` from which it does not become ready."""
    gone: tuple[str, ...] = ()
    """Values of `status` that mean gone, beside 404."""
    content: str = ""
    """What is put into `{show}/file` once it is made."""
    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """How one service is played."""

    service: str
    settings: Callable[[Place], Sections]
    calls: tuple[ListCall, ...] = ()
    trials: tuple[Trial, ...] = ()
    endpoint: str = ""
    """Path of its address in the catalogue: `/v2.1`."""
    types: tuple[str, ...] = ()
    """Types in the catalogue beside the one that knowledge has."""
    file: str = ""
    """Name of its configuration file; empty for `<service>.conf`."""
    surroundings: tuple[tuple[str, str], ...] = ()
    """Variables that tell its API where its files lie; `{home}` is its folder."""
    beside: tuple[str, ...] = ()
    """Files of the release that lie beside its configuration: `etc/nova/api-paste.ini`."""
    told: bool = False
    """Whether its API takes its configuration from the command line."""
    more: tuple[str, ...] = ()
    """Programs beside the service's control parts."""
    without: tuple[str, ...] = ()
    """Control parts that are not started."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every request: the version of the API."""
    keys: tuple[str, ...] = ()
    """Folders of fernet keys beside its configuration, which are made for the rehearsal."""
    policy: tuple[tuple[str, str], ...] = ()
    """Rules for the rehearsal's account, where a release's own let nobody list everything."""

    @property
    def configuration(self) -> str:
        """Name of its configuration file."""
        return self.file or f"{self.service}.conf"


@cache
def roles() -> Mapping[str, Role]:
    """Service -> role, in the order in which services are handed over."""
    found = {module.ROLE.service: module.ROLE for module in modules_in(roles_room)}
    return {name: found[name] for name in services() if name in found}


def kind_of(service: str, name: str) -> Kind:
    """A kind of object of a service, without details: its id and its name are what lists are compared by."""
    databases = services()[service].databases
    found = next(k for k in object_kinds() if k.name == name and set(k.databases) <= set(databases))
    return replace(found, details=())


def policy_text(rules: tuple[tuple[str, str], ...]) -> str:
    """A policy file; JSON is YAML."""
    return json.dumps(dict(rules))


def ini(sections: Sections) -> str:
    """The text of a configuration file."""
    lines: list[str] = []
    for name, options in sections.items():
        lines.append(f"[{name}]")
        # oslo.config reads `$` as the beginning of another option's name.
        lines += [f"{option} = {value.replace('$', '$$')}" for option, value in options.items()]
    return "\n".join(lines) + "\n"
