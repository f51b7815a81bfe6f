"""keystone: who may do what."""

from __future__ import annotations

from collections.abc import Callable

from tenants.ledger import MADE, Thing
from tenants.person import PASSWORD, Person, Work, forget, new_project, one


def _drop_domain(me: Person, it: Thing) -> None:
    me.admin.identity.update_domain(it.id, is_enabled=False)
    me.admin.identity.delete_domain(it.id, ignore_missing=False)


def _user(me: Person, name: str) -> Thing:
    domain = me.account["domain"]
    made = me.admin.identity.create_user(name=name, password=PASSWORD, domain_id=domain, description="new")
    return one("user", made)


def assigned(actor: str, target: str, who: str, where: str, role: str, *, inherited: bool) -> Thing:
    """A role assignment, whose id is made of its parts."""
    words = f"{actor.title()}{target.title()} {who} {where} {role} {int(inherited)}"
    return Thing("role assignment", words)


_ACTORS = ("user", "group")
_TARGETS = ("project", "domain")


def _assignment(me: Person, name: str) -> Thing:
    """Assignments of all kinds, one after the other, each of an actor that nobody else has; its id is all it is."""
    number = next(me.numbers)
    actor, target, inherited = _ACTORS[number % 2], _TARGETS[number // 2 % 2], number // 4 % 2 == 1
    identity, role = me.admin.identity, me.account["member"]
    whole = me.account["domain"]
    if actor == "user":
        who = identity.create_user(name=f"{name}-of", password=PASSWORD, domain_id=whole).id
    else:
        who = identity.create_group(name=f"{name}-of", domain_id=whole).id
    me.note(MADE, actor, who, f"{name}-of")
    where = me.project if target == "project" else whole
    getattr(identity, f"assign_{target}_role_to_{actor}")(where, who, role, inherited=inherited)
    return assigned(actor, target, who, where, role, inherited=inherited)


def _unassign(me: Person, it: Thing) -> None:
    kind, who, where, role, inherited = it.id.split()
    actor = next(a for a in _ACTORS if kind.startswith(a.title()))
    target = kind[len(actor) :].lower()
    words = {} if target == "system" else {"inherited": inherited == "1"}
    places = (who, role, "all") if target == "system" else (where, who, role)
    getattr(me.admin.identity, f"unassign_{target}_role_from_{actor}")(*places, **words)


def _system_assignment(me: Person, name: str) -> Thing:
    identity = me.admin.identity
    who = identity.create_user(name=f"{name}-of", password=PASSWORD, domain_id=me.account["domain"]).id
    me.note(MADE, "user", who, f"{name}-of")
    identity.assign_system_role_to_user(who, me.account["member"], "all")
    return assigned("user", "system", who, "system", me.account["member"], inherited=False)


def _trust(me: Person, _: str) -> Thing:
    made = me.cloud.identity.create_trust(
        trustor_user_id=me.user,
        trustee_user_id=me.account["hand"],
        project_id=me.project,
        is_impersonation=False,
        roles=[{"id": me.account["member"]}],
    )
    return one("trust", made)


def _credential(me: Person, name: str) -> Thing:
    blob = f'{{"note": "{name}"}}'
    words = {"type": "note", "blob": blob, "user_id": me.user, "project_id": me.project}
    return one("credential", me.admin.identity.create_credential(**words), "note")


def _registered(me: Person, name: str) -> Thing:
    service = me.account["compute"]
    made = me.admin.identity.create_registered_limit(service_id=service, resource_name=name, default_limit=5)
    return one("registered limit", made, name)


def _limit(me: Person, name: str) -> Thing:
    base = _registered(me, f"{name}-of")
    me.ledger.note(MADE, base)
    words = {"service_id": me.account["compute"], "resource_name": base.name, "resource_limit": 3}
    return one("limit", me.admin.identity.create_limit(project_id=me.project, **words), base.name)


def _join(me: Person, it: Thing) -> None:
    me.admin.identity.add_user_to_group(it.id, me.account["crew"])


def _identity(kind: str, **words: object) -> Callable[[Person, Thing], object]:
    """A change by a keystone's `PATCH`."""

    def change(me: Person, it: Thing) -> None:
        getattr(me.admin.identity, f"update_{kind}")(it.id, **words)

    return change


WORKS = (
    Work(
        "domain",
        lambda me, n: one("domain", me.admin.identity.create_domain(name=n, description="new")),
        _drop_domain,
        (_identity("domain", description="changed"),),
    ),
    Work(
        "project",
        new_project,
        forget("identity", "project", admin=True),
        (
            _identity("project", description="changed"),
            _identity("project", is_enabled=False),
            lambda me, it: me.admin.identity.get_project(it.id).add_tag(me.admin.identity, "changed"),
            lambda me, it: me.admin.identity.update_project(it.id, name=f"{it.name}-changed"),
        ),
    ),
    Work(
        "user",
        _user,
        forget("identity", "user", admin=True),
        (
            _identity("user", description="changed"),
            _identity("user", email="changed@example.com"),
            _identity("user", password="as-it-was-changed"),  # noqa: S106
            _identity("user", is_enabled=False),
            lambda me, it: me.admin.identity.update_user(it.id, name=f"{it.name}-changed"),
            _join,
        ),
        more=4,
    ),
    Work(
        "group",
        lambda me, n: one("group", me.admin.identity.create_group(name=n, domain_id=me.account["domain"])),
        forget("identity", "group", admin=True),
        (_identity("group", description="changed"),),
        more=3,
    ),
    Work(
        "role",
        lambda me, n: one("role", me.admin.identity.create_role(name=n)),
        forget("identity", "role", admin=True),
        (_identity("role", description="changed"),),
    ),
    Work("role assignment", _assignment, _unassign, more=6),
    Work("role assignment", _system_assignment, _unassign),
    Work(
        "application credential",
        lambda me, n: one(
            "application credential",
            me.cloud.identity.create_application_credential(me.user, n, roles=[{"id": me.account["member"]}]),
        ),
        lambda me, it: me.cloud.identity.delete_application_credential(me.user, it.id, ignore_missing=False),
        more=2,
    ),
    Work(
        "credential",
        _credential,
        forget("identity", "credential", admin=True),
        (_identity("credential", blob='{"note": "changed"}'),),
    ),
    Work("trust", _trust, forget("identity", "trust"), more=2),
    Work(
        "region",
        lambda me, n: one("region", me.admin.identity.create_region(description=n), n),
        forget("identity", "region", admin=True),
        (_identity("region", description="changed"),),
    ),
    Work(
        "registered limit",
        _registered,
        forget("identity", "registered_limit", admin=True),
        (_identity("registered_limit", default_limit=6),),
    ),
    Work(
        "limit",
        _limit,
        forget("identity", "limit", admin=True),
        (_identity("limit", resource_limit=4),),
    ),
)
