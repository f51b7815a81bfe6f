"""Whom a rule lets in, read as oslo.policy reads it."""

from __future__ import annotations

import pytest

from liftlock.knowledge.options import Rule, Source
from liftlock.knowledge.policy_reach import PEOPLE, Person, lets_in, widened

ADMIN, MANAGER, MEMBER, READER, SERVICE = (
    Person(r, own=True) for r in ("admin", "manager", "member", "reader", "service")
)
STRANGER = Person("member", own=False)
RULES = {
    name: Rule(Source("p", "rules", "p", "p:list_rules"), name, check)
    for name, check in {
        "owner": "project_id:%(project_id)s",
        "admin_api": "is_admin:True",
        "admin_or_owner": "rule:admin_api or rule:owner",
        "circle": "rule:circle",
    }.items()
}


@pytest.mark.parametrize(
    ("check", "inside", "outside"),
    [
        ("@", PEOPLE, ()),
        ("", PEOPLE, ()),
        ("!", (), PEOPLE),
        ("role:reader", (ADMIN, MANAGER, MEMBER, READER), (SERVICE,)),
        (
            "role:manager and project_id:%(project_id)s",
            (ADMIN, MANAGER),
            (MEMBER, Person("admin", own=False)),
        ),
        ("rule:admin_or_owner", (ADMIN, Person("admin", own=False), READER), (STRANGER,)),
        ("(role:admin) OR (role:member and rule:owner)", (ADMIN, MEMBER), (STRANGER, READER, SERVICE)),
        ("not role:admin", (MEMBER,), (ADMIN,)),
        (
            "role:admin or role:member and rule:owner",
            (ADMIN, MEMBER, Person("admin", own=False)),
            (STRANGER,),
        ),
        ("role:reader and system_scope:all", (), PEOPLE),
        ("user_id:%(target.credential.user_id)s", (MEMBER,), (STRANGER,)),
        ("service_roles:service", (SERVICE,), (ADMIN, MEMBER)),
    ],
)
def test_who_is_let_in(check: str, inside: tuple[Person, ...], outside: tuple[Person, ...]) -> None:
    assert [p for p in inside if lets_in(check, RULES, p) is not True] == []
    assert [p for p in outside if lets_in(check, RULES, p) is not False] == []


@pytest.mark.parametrize(
    "check",
    [
        "rule:gone",
        "rule:circle",
        "field:networks:shared=True",
        "(role:admin",
        "role:admin)",
        "role:admin role:member",
        "or",
        "domain_id:%(target.domain.id)s",
        "project_id:%(network:project_id)s_%",
    ],
)
def test_what_depends_on_more_or_cannot_be_read_is_neither_yes_nor_no(check: str) -> None:
    assert lets_in(check, RULES, MEMBER) is None


def test_what_is_known_of_one_side_may_be_enough() -> None:
    assert lets_in("rule:gone or role:member", RULES, MEMBER) is True
    assert lets_in("rule:gone and !", RULES, MEMBER) is False


def test_nova_2026_1_lets_managers_of_a_project_migrate_its_servers() -> None:
    gains = widened("2025.1", "2026.1", "nova")
    assert gains["os_compute_api:os-migrate-server:migrate_live"] == (MANAGER,)
    assert "os_compute_api:servers:create" not in gains
    assert widened("2025.1", "2025.2", "nova") == {}
    assert widened("2025.1", "2025.1", "nova") == {}
