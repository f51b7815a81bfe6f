"""Options of services' configuration files that a survey may read: what is not in this list is not told.

`*` stands for every section. So no secret is told: `connection` and `transport_url` are not here, and of addresses that
are, whoever logs in is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EVERY: Final = "*"
TRUE: Final = ("true", "1", "on", "yes")
"""What oslo.config 9.7 takes for true (`types.Boolean`), in lower case."""

_OF_ALL = (
    ("DEFAULT", "host"),
    ("keystone_authtoken", "service_token_roles_required"),
    ("oslo_policy", "enforce_new_defaults"),
    ("oslo_policy", "enforce_scope"),
    ("oslo_policy", "policy_file"),
    ("keystone_authtoken", "www_authenticate_uri"),
    (EVERY, "auth_url"),
    (EVERY, "endpoint_override"),
)

OPTIONS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "keystone": (
        *_OF_ALL,
        ("token", "provider"),
        ("token", "expiration"),
        ("fernet_tokens", "max_active_keys"),
        ("cache", "backend"),
    ),
    "glance": (
        *_OF_ALL,
        ("DEFAULT", "enabled_backends"),
        ("DEFAULT", "node_staging_uri"),
        (EVERY, "filesystem_store_datadir"),
    ),
    "placement": _OF_ALL,
    "nova": (
        *_OF_ALL,
        ("DEFAULT", "compute_driver"),
        ("DEFAULT", "resume_guests_state_on_host_boot"),
        ("DEFAULT", "service_down_time"),
        ("DEFAULT", "report_interval"),
        ("filter_scheduler", "enabled_filters"),
        ("glance", "api_servers"),
        ("libvirt", "cpu_mode"),
        ("libvirt", "virt_type"),
        ("libvirt", "images_type"),
        ("service_user", "send_service_user_token"),
        ("upgrade_levels", "compute"),
        ("upgrade_levels", "conductor"),
        ("upgrade_levels", "scheduler"),
        ("workarounds", "disable_compute_service_check_for_ffu"),
    ),
    "neutron": (
        *_OF_ALL,
        ("DEFAULT", "core_plugin"),
        ("DEFAULT", "service_plugins"),
        ("DEFAULT", "router_distributed"),
        ("DEFAULT", "agent_mode"),
        ("DEFAULT", "l3_ha"),
        ("DEFAULT", "agent_down_time"),
        ("ml2", "extension_drivers"),
        ("ml2", "mechanism_drivers"),
        ("ml2", "type_drivers"),
    ),
    "cinder": (
        *_OF_ALL,
        ("DEFAULT", "enabled_backends"),
        ("DEFAULT", "cluster"),
        ("DEFAULT", "backup_driver"),
        ("DEFAULT", "glance_api_servers"),
        (EVERY, "backend_host"),
        (EVERY, "volume_driver"),
        ("service_user", "send_service_user_token"),
    ),
    "heat": (*_OF_ALL, ("DEFAULT", "num_engine_workers")),
}
"""Service -> (section, option)."""
