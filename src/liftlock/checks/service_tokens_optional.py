"""From 2026.2 on, services ask for a service's token beside a user's by default, and refuse who sends none."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.surveyed_options import OPTIONS, TRUE

NAME = "service_token_roles_required"


@check(
    "Do services ask each other for service tokens already?",
    when="`service_token_roles_required` of a service is not true on a control host",
    says=(ADVICE,),
)
def service_tokens_optional(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding with all services; its default changes after the series liftlock knows."""
    found = sorted(
        {
            service
            for host in cloud.hosts_with(Role.CONTROL)
            for service in host.configuration
            if service in cloud.services and service in OPTIONS and service != "keystone"
            if (host.option(service, "keystone_authtoken", NAME) or "").lower() not in TRUE
        }
    )
    if found and any(host.options for host in cloud.hosts_with(Role.CONTROL)):
        yield advice(
            cloud.name,
            f"{cloud.name}: {', '.join(found)} do not ask for service tokens; 2026.2 will by default",
            f"set `[keystone_authtoken] {NAME} = true` and `[service_user] send_service_user_token = true` before then",
            f"files on control hosts: [keystone_authtoken] {NAME} is not true for {', '.join(found)}",
        )
