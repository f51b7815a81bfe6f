"""Who may do what in the lab: services' accounts and endpoints in keystone, and those of people and probes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import openstack

from liftlock.lab.cloudware.fitting import fittings
from liftlock.lab.cloudware.setting import VOLUME_BACKEND, VOLUME_TYPE, Setting

REGION = "RegionOne"
SERVICE_ROLES = ("admin", "service")


def connect(lab: Setting, *, user: str = "admin", project: str = "admin", account: str = "admin") -> Any:
    """The lab's cloud through its internal front door, as seen by one user."""
    return openstack.connect(
        auth={
            "auth_url": f"http://{lab.internal}:5000/v3",
            "username": user,
            "password": lab.secrets[account],
            "project_name": project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        region_name=REGION,
        interface="internal",
        load_yaml_config=False,
        load_envvars=False,
        app_name="liftlock-lab",
    )


class Accounts:
    """Makes what keystone should know; what is there is left alone."""

    def __init__(self, lab: Setting, cloud: Any) -> None:
        self._lab = lab
        self._identity = cloud.identity
        self._made: list[str] = []

    def settle(self) -> str:
        """Everything keystone should know about the lab; says what was missing."""
        domain = self._identity.find_domain("Default", ignore_missing=False).id
        services = self._project("service", domain)
        roles = {name: self._role(name) for name in ("admin", "member", "service", "heat_stack_user")}
        users = {u.name: u for u in self._identity.users(domain_id=domain)}
        held = {(a.user["id"], a.role["id"]) for a in self._identity.role_assignments() if a.user}
        for fitting in fittings().values():
            if fitting.endpoint_type and fitting.name != "keystone":
                user = users.get(fitting.name) or self._user(fitting.name, f"os_{fitting.name}", domain)
                for role in SERVICE_ROLES:
                    if (user.id, roles[role].id) not in held:
                        self._identity.assign_project_role_to_user(services, user, roles[role])
        self._heat_domain(roles["admin"])
        # The prober also reads placement and makes projects, which only administrators may.
        self._person("probe", domain, users, roles["admin"])
        self._catalogue()
        return f"made {' '.join(self._made)}" if self._made else ""

    def _note(self, kind: str, name: str, make: Callable[[], Any]) -> Any:
        found = make()
        self._made.append(f"{kind}:{name}")
        return found

    def _project(self, name: str, domain: str) -> Any:
        return self._identity.find_project(name, domain_id=domain) or self._note(
            "project", name, lambda: self._identity.create_project(name=name, domain_id=domain)
        )

    def _role(self, name: str) -> Any:
        return self._identity.find_role(name) or self._note(
            "role", name, lambda: self._identity.create_role(name=name)
        )

    def _user(self, name: str, secret: str, domain: str) -> Any:
        password = self._lab.secrets[secret]
        return self._note(
            "user",
            name,
            lambda: self._identity.create_user(name=name, password=password, domain_id=domain),
        )

    def _person(self, name: str, domain: str, users: dict[str, Any], role: Any) -> None:
        """A project and a user of the same name who has `role` in it."""
        project = self._project(name, domain)
        user = users.get(name) or self._user(name, name, domain)
        self._identity.assign_project_role_to_user(project, user, role)

    def _heat_domain(self, admin: Any) -> None:
        """The domain in which heat makes users for stacks, and the user who may."""
        domain = self._identity.find_domain("heat") or self._note(
            "domain", "heat", lambda: self._identity.create_domain(name="heat")
        )
        user = self._identity.find_user("heat_domain_admin", domain_id=domain.id) or self._user(
            "heat_domain_admin", "heat_domain_admin", domain.id
        )
        self._identity.assign_domain_role_to_user(domain, user, admin)

    def _catalogue(self) -> None:
        """Services and their three endpoints."""
        services = {s.type: s for s in self._identity.services()}
        endpoints = {(e.service_id, e.interface): e for e in self._identity.endpoints()}
        for fitting in fittings().values():
            for kind in fitting.catalogue_types:
                service = services.get(kind) or self._note(
                    "service", kind, partial(self._identity.create_service, name=fitting.name, type=kind)
                )
                for interface in ("public", "internal", "admin"):
                    if (service.id, interface) not in endpoints:
                        self._identity.create_endpoint(
                            service_id=service.id,
                            interface=interface,
                            region_id=REGION,
                            url=self._lab.url(fitting, public=interface == "public"),
                        )


def settle_volume_type(cloud: Any) -> str:
    """Make the volume type that volumes get when nobody asks for one."""
    volumes = cloud.block_storage
    if volumes.find_type(VOLUME_TYPE):
        return ""
    kind = volumes.create_type(name=VOLUME_TYPE, description="what volumes get when nobody asks for another")
    volumes.update_type_extra_specs(kind, volume_backend_name=VOLUME_BACKEND)
    return f"made {VOLUME_TYPE}"
