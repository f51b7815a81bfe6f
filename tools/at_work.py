"""People at work in a cloud, through its APIs: `before` a backup, `after` it, and what can be seen (`look`).

    python tools/at_work.py before FOLDER
    python tools/at_work.py after FOLDER
    python tools/at_work.py look FOLDER FILE

The cloud is `OS_CLOUD`, as an administrator; people and projects are made. `before` makes what `after` will change and
delete; `after` writes to `FOLDER/ledger.json` what became of every object, as the APIs told it at the time.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openstack
from tenants import cinder, glance, heat, keystone, neutron, nova, quotas
from tenants.keystone import assigned
from tenants.ledger import CHANGED, DELETED, MADE, Ledger, Thing, plain
from tenants.person import PASSWORD, Person, Work, one, ports_of, settled
from tenants.quotas import set_quota
from tenants.sight import seen

WORKS: tuple[Work, ...] = tuple(
    work for service in (keystone, glance, nova, cinder, neutron, quotas, heat) for work in service.WORKS
)
THREADS = 4
MADE_OF_EACH = 3
DELETED_OF_EACH = 3
PROJECTS = ("wharf", "dock")
"""Those that are there when the backup is taken."""
LATE_PROJECT = "pier"
"""One that is made afterwards, with all that comes with it."""
START = {"before": 1, "after": 2000}
"""First number of what is made in a phase."""
LATE = 9
"""Number of the project that comes late, for its range of addresses."""


class People:
    """Accounts, with connections of its own for each thread."""

    def __init__(self, ledger: Ledger, phase: str) -> None:
        self.ledger = ledger
        self.numbers = itertools.count(START.get(phase, 0))
        self.accounts: list[dict[str, str]] = []
        self._mine = threading.local()

    def admin(self) -> Any:
        """The administrator's connection."""
        return self._cloud("", {})

    def person(self, account: Mapping[str, str]) -> Person:
        """Somebody, for this thread."""
        auth = {"username": account["name"], "project_name": account["name"], "password": PASSWORD}
        cloud = self._cloud(account["name"], auth)
        return Person(cloud, self.admin(), account, self.ledger, self.numbers)

    def _cloud(self, name: str, auth: Mapping[str, str]) -> Any:
        known: dict[str, Any] = self._mine.__dict__.setdefault("clouds", {})
        if name not in known:
            known[name] = openstack.connect(cloud=os.environ["OS_CLOUD"], **({"auth": auth} if auth else {}))
            known[name].session.session.hooks["response"].append(self._wrote)
        return known[name]

    def _wrote(self, answer: Any, **_: object) -> None:
        """Every request that wrote and was answered well is kept."""
        request = answer.request
        place = urlsplit(request.url)
        if (
            request.method in ("GET", "HEAD")
            or answer.status_code >= 400
            or place.path.endswith("/auth/tokens")
        ):
            return
        self.ledger.wrote(port=place.port, method=request.method, path=place.path, status=answer.status_code)


def shared(people: People) -> dict[str, str]:
    """What all people use, and only an administrator makes."""
    admin, ledger = people.admin(), people.ledger
    domain = admin.identity.find_domain("Default", ignore_missing=False).id
    member = admin.identity.find_role("member", ignore_missing=False).id
    neighbour = admin.identity.create_project(name="neighbour", domain_id=domain)
    hand = admin.identity.create_user(name="hand", password=PASSWORD, domain_id=domain)
    crew = admin.identity.create_group(name="crew", domain_id=domain)
    flavor = admin.compute.create_flavor(name="crate", ram=64, vcpus=1, disk=1)
    kinds = [admin.block_storage.create_type(name=name) for name in ("barrel", "sack")]
    group = admin.block_storage.create_group_type(name="stack-of-barrels")
    outside = admin.network.create_network(name="sea", is_router_external=True)
    shore = admin.network.create_subnet(
        name="shore", network_id=outside.id, ip_version=4, cidr="198.18.0.0/16", is_dhcp_enabled=False
    )
    things = [("project", neighbour), ("user", hand), ("group", crew), ("flavor", flavor)]
    things += [("volume type", kind) for kind in kinds]
    things += [("volume group type", group), ("network", outside), ("subnet", shore)]
    for kind, thing in things:
        ledger.note(MADE, one(kind, thing))
    return {
        "domain": domain,
        "member": member,
        "neighbour": neighbour.id,
        "hand": hand.id,
        "crew": crew.id,
        "flavor": flavor.id,
        "volume type": kinds[0].id,
        "other volume type": kinds[1].id,
        "group type": group.id,
        "outside": outside.id,
        "compute": next(s.id for s in admin.identity.services() if s.type == "compute"),
        "compute host": next(s.host for s in admin.compute.services(binary="nova-compute")),
    }


def settle(people: People, name: str, common: Mapping[str, str], number: int) -> dict[str, str]:
    """A project with a user, and what whoever works in it relies on; everything is noted as made."""
    admin, ledger = people.admin(), people.ledger
    project = admin.identity.create_project(name=name, domain_id=common["domain"])
    user = admin.identity.create_user(name=name, password=PASSWORD, domain_id=common["domain"])
    admin.identity.assign_project_role_to_user(project.id, user.id, common["member"])
    ledger.note(MADE, one("project", project))
    ledger.note(MADE, one("user", user))
    ledger.note(MADE, assigned("user", "project", user.id, project.id, common["member"], inherited=False))
    raise_quotas(people, project.id)
    account = {**common, "name": name, "project": project.id, "user": user.id}
    me = people.person(account)
    # The first question makes neutron give the project its default group.
    for group in list(me.cloud.network.security_groups(project_id=project.id)):
        _note_group(me, group)
    gate = me.cloud.network.create_security_group(name="gate")
    _note_group(me, gate)
    account["security group"] = gate.id
    _nets(me, account, number)
    for key, words in (("image", "freight"), ("other image", "ballast")):
        image = me.cloud.image.create_image(
            name=f"{words}-{name}",
            data=words.encode() * 100,
            disk_format="raw",
            container_format="bare",
            validate_checksum=False,
        )
        ledger.note(MADE, one("image", image))
        account[key] = image.id
    for key, words in (("volume", "barge"), ("loose volume", "raft")):
        volume = me.cloud.block_storage.create_volume(name=f"{words}-{name}", size=1)
        settled(lambda: me.cloud.block_storage.get_volume(volume.id), "available")  # noqa: B023
        ledger.note(MADE, one("volume", volume))
        account[key] = volume.id
    return account


def _note_group(me: Person, group: Any) -> None:
    me.ledger.note(MADE, one("security group", group))
    for rule in me.cloud.network.security_group_rules(security_group_id=group.id):
        me.note(MADE, "security group rule", rule.id, group.name)


def _nets(me: Person, account: dict[str, str], number: int) -> None:
    """A network for ports, one for subnets, and a router between the first and the outside."""
    for key, words in (("network", "quay"), ("wide network", "lagoon")):
        network = me.cloud.network.create_network(name=f"{words}-{account['name']}")
        me.ledger.note(MADE, one("network", network))
        account[key] = network.id
    subnet = me.cloud.network.create_subnet(
        name="berths", network_id=account["network"], ip_version=4, cidr=f"10.{50 + number}.0.0/16"
    )
    me.ledger.note(MADE, one("subnet", subnet))
    lock = me.cloud.network.create_router(
        name="lock", external_gateway_info={"network_id": account["outside"]}
    )
    me.cloud.network.add_interface_to_router(lock.id, subnet.id)
    me.ledger.note(MADE, one("router", lock))
    for port in ports_of(me, lock.id):
        me.ledger.note(MADE, port)


LIMITS = {
    "compute": {"instances": 200, "cores": 200, "ram": -1, "key_pairs": 500, "server_groups": 200},
    "block_storage": {"volumes": 500, "snapshots": 500, "gigabytes": 5000, "groups": 200},
    "network": {
        "network": 500,
        "subnet": 500,
        "port": 2000,
        "router": 200,
        "floatingip": 200,
        "security_group": 200,
        "security_group_rule": 2000,
        "rbac_policy": 200,
    },
}
"""Room for all that is made: what a cloud gives by default is not enough of everything."""


def raise_quotas(people: People, project: str) -> None:
    """Give a project room; each limit is noted as made."""
    for service, limits in LIMITS.items():
        for thing in set_quota(people.admin(), service, project, limits):
            people.ledger.note(MADE, thing)


@dataclass(frozen=True)
class Task:
    """Something that one person does."""

    what: str
    account: int
    do: Callable[[Person], None]
    late: bool


def made_before(people: People) -> list[dict[str, Any]]:
    """Objects for each way to change one, and some to delete: with whose they are and what they are for."""
    kept: list[dict[str, Any]] = []
    lock = threading.Lock()

    def make(number: int, work: Work, use: str, account: int, me: Person) -> None:
        thing = work.make(me, f"{work.kind.replace(' ', '-')}-{next(me.numbers)}")
        me.ledger.note(MADE, thing)
        with lock:
            kept.append({"work": number, "use": use, "account": account, "thing": plain(thing)})

    tasks = []
    for number, work in enumerate(WORKS):
        uses = [f"change {n}" for n in range(len(work.changes))] + ["delete"] * DELETED_OF_EACH
        for use in uses:
            account = len(tasks) % len(people.accounts)
            tasks.append(
                Task(
                    f"make {work.kind} to {use}", account, _bound(make, number, work, use, account), work.late
                )
            )
    carry_out(people, tasks)
    return kept


def _bound(do: Callable[..., None], *words: object) -> Callable[[Person], None]:
    return lambda me: do(*words, me)


def work_after(people: People, kept: list[dict[str, Any]]) -> None:
    """Make, change and delete of every kind; of what was made now, some is changed and deleted again."""
    tasks: list[Task] = []

    def add(what: str, account: int, late: bool, do: Callable[..., None], *words: object) -> None:
        tasks.append(Task(what, account, _bound(do, *words), late))

    for work in WORKS:
        for _ in range(MADE_OF_EACH + work.more):
            add(f"make {work.kind}", len(tasks) % len(people.accounts), work.late, _make, work)
        add(f"make and delete {work.kind}", len(tasks) % len(people.accounts), work.late, _pass, work)
        if work.changes:
            add(f"make and change {work.kind}", len(tasks) % len(people.accounts), work.late, _grow, work)
    for each in kept:
        work, thing = WORKS[each["work"]], Thing(**each["thing"])
        add(
            f"{each['use']} of {thing.kind} {thing.id}",
            each["account"],
            work.late,
            _use,
            work,
            thing,
            each["use"],
        )
    random.Random(5).shuffle(tasks)  # noqa: S311  (any order, and always the same)
    carry_out(people, tasks)


def _make(work: Work, me: Person) -> Thing:
    thing = work.make(me, f"{work.kind.replace(' ', '-')}-{next(me.numbers)}")
    me.ledger.note(MADE, thing)
    return thing


def _pass(work: Work, me: Person) -> None:
    _use(work, _make(work, me), "delete", me)


def _grow(work: Work, me: Person) -> None:
    _use(work, _make(work, me), "change 0", me)


def _use(work: Work, thing: Thing, use: str, me: Person) -> None:
    if use == "delete":
        work.drop(me, thing)
        me.ledger.note(DELETED, thing)
    elif work.changes[int(use.split()[1])](me, thing) is not False:
        me.ledger.note(CHANGED, thing)


def carry_out(people: People, tasks: list[Task]) -> None:
    """All tasks by a few threads; what fails is kept, and said."""

    def one_task(task: Task) -> None:
        try:
            task.do(people.person(people.accounts[task.account]))
        except Exception as error:
            people.ledger.fail(task.what, error)
            print(f"FAILED: {task.what}: {type(error).__name__}: {error}", flush=True)

    for late in (False, True):
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(one_task, [t for t in tasks if t.late is late]))


def trusts(admin: Any) -> set[str]:
    """Ids of all trusts: heat makes one for each stack, and tells nobody."""
    return {trust.id for trust in admin.identity.trusts()}


def before(folder: Path) -> None:
    """Settle people, and make what they will change and delete."""
    people = People(Ledger(), "before")
    common = shared(people)
    for number, name in enumerate(PROJECTS):
        people.accounts.append(settle(people, name, common, number))
    kept = made_before(people)
    told = {
        "common": common,
        "accounts": people.accounts,
        "kept": kept,
        "trusts": sorted(trusts(people.admin())),
    }
    write(folder / "people.json", told)
    write(folder / "made-before.json", people.ledger.document())
    print(f"{len(people.ledger.writes)} writes, {len(people.ledger.failed)} failed", flush=True)


def after(folder: Path) -> None:
    """Write, and keep the ledger."""
    told = json.loads((folder / "people.json").read_text())
    people = People(Ledger(), "after")
    people.accounts = told["accounts"]
    people.accounts.append(settle(people, LATE_PROJECT, told["common"], LATE))
    work_after(people, told["kept"])
    now = trusts(people.admin())
    for fate, ids in ((MADE, now - set(told["trusts"])), (DELETED, set(told["trusts"]) - now)):
        for trust in ids:
            people.ledger.note(fate, Thing("trust", trust))
    write(folder / "ledger.json", people.ledger.document())
    write(folder / "accounts.json", people.accounts)
    print(f"{len(people.ledger.writes)} writes, {len(people.ledger.failed)} failed", flush=True)


def look(folder: Path, file: Path) -> None:
    """Write down what can be seen of everything."""
    accounts = folder / "accounts.json"
    people = People(Ledger(), "look")
    known = json.loads(accounts.read_text()) if accounts.exists() else []
    known = known or json.loads((folder / "people.json").read_text())["accounts"]
    write(file, seen(people.admin(), list(_there(people, known))))


def _there(people: People, accounts: list[dict[str, str]]) -> Iterator[Person]:
    """Those whose project and user are there: a restore takes the late ones away."""
    users = {user.id for user in people.admin().identity.users()}
    return (people.person(account) for account in accounts if account["user"] in users)


def write(file: Path, content: object) -> None:
    """As JSON."""
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    {"before": before, "after": after, "look": look}[verb](*map(Path, words))
