"""keystone: who may do what."""

# ruff: noqa: S608  (text put together from text of this file)

from liftlock.knowledge.kinds import Detail, Kind

_DB = ("keystone",)
_NO_ROOT = "t.id <> '<<keystone.domain.root>>'"
_IN_EXTRA = "COALESCE(JSON_VALUE(t.extra, '$.name'), '')"
_ACTOR = (
    "COALESCE((SELECT MIN(l.name) FROM local_user l WHERE l.user_id = t.actor_id),"
    " (SELECT g.name FROM `group` g WHERE g.id = t.actor_id), t.actor_id)"
)
_ASSIGNED = f"CONCAT((SELECT r.name FROM role r WHERE r.id = t.role_id), ' for ', {_ACTOR})"

KINDS = (
    Kind(
        "domain",
        _DB,
        "project",
        project="''",
        alive=f"t.is_domain AND {_NO_ROOT}",
        details=(Detail("options", "project_option", "project_id"),),
    ),
    Kind(
        "project",
        _DB,
        "project",
        project="t.id",
        alive="NOT t.is_domain",
        details=(
            Detail("tags", "project_tag", "project_id"),
            Detail("options", "project_option", "project_id"),
        ),
    ),
    Kind(
        "user",
        _DB,
        "user",
        label=(
            "COALESCE((SELECT MIN(l.name) FROM local_user l WHERE l.user_id = t.id),"
            " (SELECT MIN(n.name) FROM nonlocal_user n WHERE n.user_id = t.id),"
            " (SELECT MIN(f.display_name) FROM federated_user f WHERE f.user_id = t.id), '')"
        ),
        project="''",
        # Written at every login.
        leave=("last_active_at",),
        details=(
            # Counters of failed logins.
            Detail("name", "local_user", "user_id", leave=("id", "failed_auth_count", "failed_auth_at")),
            Detail(
                "password",
                "password",
                "u.user_id",
                joins="JOIN local_user u ON u.id = d.local_user_id",
                only=("password_hash", "expires_at", "self_service"),
            ),
            Detail("name", "nonlocal_user", "user_id"),
            Detail("federation", "federated_user", "user_id", leave=("id",)),
            Detail("options", "user_option", "user_id"),
            Detail("groups", "user_group_membership", "user_id"),
            Detail("groups", "expiring_user_group_membership", "user_id", only=("group_id", "idp_id")),
        ),
    ),
    Kind("group", _DB, "group", project="''"),
    Kind(
        "role",
        _DB,
        "role",
        project="''",
        details=(
            Detail("implied roles", "implied_role", "prior_role_id"),
            Detail("options", "role_option", "role_id"),
        ),
    ),
    Kind(
        "role assignment",
        _DB,
        "assignment",
        id="CONCAT_WS(' ', t.type, t.actor_id, t.target_id, t.role_id, t.inherited)",
        label=_ASSIGNED,
        project="IF(t.type LIKE '%Project', t.target_id, '')",
    ),
    Kind(
        "role assignment",
        _DB,
        "system_assignment",
        id="CONCAT_WS(' ', t.type, t.actor_id, t.target_id, t.role_id, t.inherited)",
        label=_ASSIGNED,
        project="''",
    ),
    Kind(
        "application credential",
        _DB,
        "application_credential",
        leave=("internal_id",),
        details=(
            Detail(
                "roles",
                "application_credential_role",
                "application_credential_id",
                of="internal_id",
            ),
            Detail(
                "access rules",
                "application_credential_access_rule",
                "application_credential_id",
                of="internal_id",
                only=("access_rule_id",),
            ),
        ),
    ),
    Kind("access rule", _DB, "access_rule", id="t.external_id", label="t.path", project="''", leave=("id",)),
    Kind("credential", _DB, "credential", label="t.type"),
    Kind(
        "trust",
        _DB,
        "trust",
        label="''",
        # Counted down by every use.
        leave=("remaining_uses",),
        alive="t.deleted_at IS NULL",
        details=(Detail("roles", "trust_role", "trust_id"),),
    ),
    Kind("service", _DB, "service", label=_IN_EXTRA, project="''"),
    Kind("endpoint", _DB, "endpoint", label="CONCAT(t.interface, ' ', t.url)", project="''"),
    Kind("region", _DB, "region", label="t.description", project="''"),
    Kind("policy", _DB, "policy", label="t.type", project="''"),
    Kind(
        "identity provider",
        _DB,
        "identity_provider",
        label="t.id",
        project="''",
        details=(Detail("remote ids", "idp_remote_ids", "idp_id"),),
    ),
    Kind("mapping", _DB, "mapping", label="t.id", project="''"),
    Kind(
        "federation protocol",
        _DB,
        "federation_protocol",
        id="CONCAT(t.idp_id, '/', t.id)",
        label="t.id",
        project="''",
    ),
    Kind("service provider", _DB, "service_provider", label="t.id", project="''"),
    Kind(
        "registered limit",
        _DB,
        "registered_limit",
        label="t.resource_name",
        project="''",
        leave=("internal_id",),
    ),
    Kind(
        "limit",
        _DB,
        "limit",
        label=("(SELECT r.resource_name FROM registered_limit r WHERE r.id = t.registered_limit_id)"),
        leave=("internal_id",),
    ),
)
