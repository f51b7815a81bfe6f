"""keystone: with keys of its own, since tokens and credentials of production are nobody's business here."""

from liftlock.rehearsal.target.role import OURS, ListCall, Place, Role, Sections, Trial, kind_of

_KEYS = ("fernet_tokens", "fernet_receipts", "credential")
"""Sections with a folder of keys."""


def _settings(place: Place) -> Sections:
    usual = place.usual("keystone")
    home = place.home("keystone")
    return {
        "DEFAULT": usual["DEFAULT"],
        "database": usual["database"],
        # Each service has one process here: what it remembers it remembers itself.
        "cache": {"enabled": "false"},
        "token": {"provider": "fernet"},
        # Passwords that are made here protect nothing, and the machine may be a small one.
        "identity": {"password_hash_rounds": "4"},
        **{section: {"key_repository": f"{home}/{section}"} for section in _KEYS},
        "oslo_messaging_notifications": usual["oslo_messaging_notifications"],
    }


ROLE = Role(
    "keystone",
    _settings,
    endpoint="/v3",
    keys=_KEYS,
    surroundings=(("OS_KEYSTONE_CONFIG_DIR", "{home}"),),
    calls=(
        ListCall("openstack service list", ("/v3/services",), "services", kind_of("keystone", "service")),
        ListCall("openstack project list", ("/v3/projects",), "projects", kind_of("keystone", "project")),
        ListCall("openstack user list", ("/v3/users",), "users", kind_of("keystone", "user")),
        ListCall("openstack role list", ("/v3/roles",), "roles", kind_of("keystone", "role")),
    ),
    trials=(
        Trial(
            "project",
            "/v3/projects",
            lambda _: {"project": {"name": f"{OURS}-2", "domain_id": "default"}},
            "project",
            named=f"{OURS}-2",
        ),
        Trial(
            "user",
            "/v3/users",
            lambda ids: {
                "user": {
                    "name": f"{OURS}-2",
                    "domain_id": "default",
                    "default_project_id": ids["project"],
                    "password": OURS,
                }
            },
            "user",
            needs=("project",),
            named=f"{OURS}-2",
        ),
        Trial("group", "/v3/groups", lambda _: {"group": {"name": OURS, "domain_id": "default"}}, "group"),
        Trial("role", "/v3/roles", lambda _: {"role": {"name": OURS}}, "role"),
    ),
)
