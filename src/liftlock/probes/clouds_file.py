"""Who we are and where the cloud's front door is, from `clouds.yaml`."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from liftlock.errors import BadInput

PLACES = ("clouds.yaml", "~/.config/openstack/clouds.yaml", "/etc/openstack/clouds.yaml")
"""Where the file is looked for when `OS_CLIENT_CONFIG_FILE` does not say, as openstacksdk does."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What it takes to get a token."""

    cloud: str
    auth_url: str
    """Of keystone, ending in `/v3`."""
    username: str
    password: str
    user_domain: Mapping[str, str]
    """`{"name": …}` or `{"id": …}`."""
    project: Mapping[str, object]
    """As keystone's scope wants it: `{"id": …}`, or a name with its domain."""
    region: str
    """Empty: the cloud has one."""
    cacert: str
    """File of the certificate authority; empty: the system's."""

    def tls(self) -> ssl.SSLContext:
        """A context that verifies; there is no way to switch that off."""
        try:
            return ssl.create_default_context(cafile=self.cacert or None)
        except OSError as error:
            raise BadInput(
                f"the certificate authority {self.cacert} cannot be read: {error.strerror or error}",
                hint="correct `cacert` in clouds.yaml",
            ) from error


def credentials(path: str = "", cloud: str = "", environ: Mapping[str, str] = os.environ) -> Credentials:
    """The credentials of `cloud` (or `OS_CLOUD`, or the only one) in `path` (or where clients look).

    Raises `BadInput` when there is no such file or cloud, or something it needs is missing.
    """
    file = _find(path or environ.get("OS_CLIENT_CONFIG_FILE", ""))
    clouds = _clouds(file)
    name = cloud or environ.get("OS_CLOUD", "") or (next(iter(clouds)) if len(clouds) == 1 else "")
    if name not in clouds:
        raise BadInput(
            f"{file} has no cloud {name!r}" if name else f"{file} has several clouds and none was chosen",
            hint=f"set OS_CLOUD to one of: {', '.join(clouds)}",
        )
    entry = clouds[name]
    auth: dict[str, Any] = entry.get("auth") or {}
    missing = [key for key in ("auth_url", "username", "password") if not auth.get(key)]
    if missing or not (auth.get("project_id") or auth.get("project_name")):
        raise BadInput(
            f"{file}: cloud {name} lacks {', '.join(f'auth.{key}' for key in missing or ['project_name'])}",
            hint="the prober signs in with a user name, a password and a project",
        )
    return Credentials(
        cloud=name,
        auth_url=_versioned(str(auth["auth_url"])),
        username=str(auth["username"]),
        password=str(auth["password"]),
        user_domain=_domain(auth, "user"),
        project=_project(auth),
        region=str(entry.get("region_name") or ""),
        cacert=str(Path(str(entry["cacert"])).expanduser()) if entry.get("cacert") else "",
    )


def _find(path: str) -> Path:
    places = [path] if path else PLACES
    for place in places:
        file = Path(place).expanduser()
        if file.is_file():
            return file
    raise BadInput(f"no clouds.yaml: looked at {', '.join(places)}", hint="set OS_CLIENT_CONFIG_FILE")


def _clouds(file: Path) -> dict[str, dict[str, Any]]:
    clouds: dict[str, dict[str, Any]] = {}
    for part in (file, file.with_name("secure.yaml")):
        if not part.is_file():
            continue
        try:
            content = yaml.safe_load(part.read_text()) or {}
            for name, entry in (content.get("clouds") or {}).items():
                clouds[name] = _merged(clouds.get(name, {}), entry)
        except (yaml.YAMLError, AttributeError, TypeError) as error:
            raise BadInput(f"{part} is not a clouds.yaml: {error}") from error
    return clouds


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(under[key], over[key])
        for key in under.keys() & over.keys()
        if isinstance(under[key], dict) and isinstance(over[key], dict)
    }
    return {**under, **over, **both}


def _versioned(auth_url: str) -> str:
    url = auth_url.rstrip("/")
    return url if url.endswith("/v3") else f"{url}/v3"


def _domain(auth: Mapping[str, Any], whose: str) -> dict[str, str]:
    for prefix in (f"{whose}_", ""):
        for key in ("id", "name"):
            if value := auth.get(f"{prefix}domain_{key}"):
                return {key: str(value)}
    return {"id": "default"}


def _project(auth: Mapping[str, Any]) -> dict[str, object]:
    if auth.get("project_id"):
        return {"id": str(auth["project_id"])}
    return {"name": str(auth["project_name"]), "domain": _domain(auth, "project")}
