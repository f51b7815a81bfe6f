"""Declares the lab as any operator declares her cloud: `cloud.yaml` for liftlock, `clouds.yaml` for clients."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from liftlock.cloud.file import load
from liftlock.cloud.model import Role as CloudRole
from liftlock.drivers.deployers.venv.build import archive_folder
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.lab.cloudware.accounts import REGION
from liftlock.lab.cloudware.fitting import fittings
from liftlock.lab.cloudware.secrets import write_private
from liftlock.lab.cloudware.setting import Setting
from liftlock.lab.topology import LabHost, Role

ROLES: Mapping[Role, tuple[CloudRole, ...]] = {
    Role.DATABASE: (CloudRole.DATABASE, CloudRole.BROKER),
    Role.BALANCER: (CloudRole.BALANCER,),
    Role.CONTROL: (CloudRole.CONTROL,),
    Role.COMPUTE: (CloudRole.COMPUTE,),
}
"""What a lab's host is -> what it is to liftlock."""


def write(lab: Setting, place: LabPlace) -> str:
    """Write both files where they are missing or not what they should be; says what it wrote.

    The cloud file is read back: one that liftlock itself refuses raises `BadInput`.
    """
    wrote = []
    for path, content in ((place.clouds_yaml, clients_clouds(lab)), (place.cloud_file, cloud(lab, place))):
        text = yaml.safe_dump(content, sort_keys=False, width=110)
        if not path.exists() or path.read_text() != text:
            write_private(path, text)
            wrote.append(path.name)
    load(place.cloud_file)
    return " and ".join(wrote)


def clients_clouds(lab: Setting) -> dict[str, object]:
    """Content of `clouds.yaml`: the administrator as `lab`, the prober as `probe`."""
    people = {"lab": ("admin", "admin"), "probe": ("probe", "probe")}
    return {"clouds": {name: _client(lab, *who) for name, who in people.items()}}


def _client(lab: Setting, user: str, project: str) -> dict[str, object]:
    keystone = fittings()["keystone"]
    return {
        "auth": {
            "auth_url": lab.url(keystone, public=True),
            "username": user,
            "password": lab.secrets[user],
            "project_name": project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "region_name": REGION,
        "interface": "public",
        "identity_api_version": 3,
        "cacert": str(lab.folder / "ca.pem"),
    }


def cloud(lab: Setting, place: LabPlace) -> dict[str, object]:
    """Content of `cloud.yaml`; its paths start at the lab's folder, secrets are references to files there."""
    balancers = [host.name for host in lab.topology.having(Role.BALANCER)]
    return {
        "name": "lab",
        "hosts": {host.name: _host(host) for host in lab.topology.hosts},
        "access": {"key": place.key.name, "known_hosts": place.known_hosts.name},
        "services": list(fittings()),
        "api": {"cloud": "lab", "clouds_yaml": place.clouds_yaml.name},
        "databases": {
            "host": lab.db.name,
            "user": "liftlock",
            "password": {"file": str(Path("secrets", "liftlock"))},
        },
        "broker": {"host": lab.db.name},
        "balancer": {"hosts": balancers},
        "deployer": {"archives": str(archive_folder(place.cache))},
        "green": {host.name: _green(host, lab) for host in lab.topology.later},
        "provisioner": {"socket": place.provisioner_socket.name},
        "state": "liftlock",
    }


def _host(host: LabHost) -> dict[str, object]:
    return {"address": host.address, "roles": [role.value for role in ROLES[host.role]]}


def _green(host: LabHost, lab: Setting) -> dict[str, object]:
    # What follows 2023.1 and 2024.1 was released for Python 3.12 at most, and the newer Debian has 3.13.
    image = host.image if lab.series >= "2025" else lab.control.image
    wanted = {"address": host.address, "image": image, "memory_mib": host.memory_mib}
    return {**wanted, "replaces": lab.control.name}
