"""Limits of projects, in three services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenants.ledger import MADE, Thing
from tenants.person import Person, Work, new_project


def set_quota(admin: Any, service: str, project: str, limits: Mapping[str, int]) -> list[Thing]:
    """Limits of a project, by the names of its service; each is an object of its own."""
    if service == "network":
        told = admin.network.put(f"/quotas/{project}", json={"quota": dict(limits)})
        told.raise_for_status()
    else:
        getattr(admin, service).update_quota_set(project, **limits)
    return [Thing("quota", f"{project}/{name}", name, project) for name in limits]


def _quota(service: str, resource: str) -> Work:
    def make(me: Person, name: str) -> Thing:
        project = new_project(me, f"{name}-of")
        me.ledger.note(MADE, project)
        return set_quota(me.admin, service, project.id, {resource: 7})[0]

    def drop(me: Person, it: Thing) -> None:
        if service == "network":
            me.admin.network.delete_quota(it.handle, ignore_missing=False)
        else:
            getattr(me.admin, service).revert_quota_set(it.handle)

    def change(me: Person, it: Thing) -> None:
        set_quota(me.admin, service, it.handle, {resource: 8})

    return Work("quota", make, drop, (change,))


WORKS = (_quota("compute", "instances"), _quota("block_storage", "volumes"), _quota("network", "network"))
