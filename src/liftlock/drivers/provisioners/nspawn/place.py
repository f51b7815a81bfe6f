"""Where a lab lives on this machine: its folders and the prefix of every name it takes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from liftlock.drivers.provisioners.nspawn import cgroups


@dataclass(frozen=True, slots=True)
class LabPlace:
    """Folders and names of one lab; everything a lab leaves on the machine is derived from here."""

    state: Path
    """Hosts, keys and files of the lab; gone after `down`."""
    cache: Path
    """Image trees and release layers; stays after `down`, shared by all labs."""
    prefix: str = "ll-"
    """Begins the name of every network namespace, cgroup and machine of the lab."""

    @classmethod
    def from_environment(cls) -> LabPlace:
        """The place that `LIFTLOCK_LAB`, `LIFTLOCK_CACHE` and `LIFTLOCK_LAB_PREFIX` name, or the usual one."""
        return cls(
            state=Path(os.environ.get("LIFTLOCK_LAB", "/var/lib/liftlock-lab")),
            cache=Path(os.environ.get("LIFTLOCK_CACHE", "/var/cache/liftlock")),
            prefix=os.environ.get("LIFTLOCK_LAB_PREFIX", "ll-"),
        )

    @property
    def cgroup(self) -> Path:
        """Control group that holds every process of the lab."""
        return cgroups.unified_root() / f"{self.prefix}lab"

    @property
    def fabric(self) -> str:
        """Network namespace with the switch all hosts are plugged into."""
        return f"{self.prefix}fabric"

    @property
    def bastion(self) -> str:
        """Network namespace from which hosts and front doors can be reached."""
        return f"{self.prefix}bastion"

    @property
    def lock(self) -> Path:
        """Held by whoever brings this lab up or takes it down; outside the lab, since `down` leaves no file in it."""
        return self.cache / f"{self.prefix}lab.lock"

    @property
    def record(self) -> Path:
        """What the lab was made as: size and series, in JSON."""
        return self.state / "lab.json"

    @property
    def hosts(self) -> Path:
        """Folder with one folder per host."""
        return self.state / "hosts"

    @property
    def hosts_file(self) -> Path:
        """Names and addresses of the whole lab, as `/etc/hosts` wants them."""
        return self.state / "etc-hosts"

    @property
    def key(self) -> Path:
        """Private SSH key that opens every host as root."""
        return self.state / "key"

    @property
    def known_hosts(self) -> Path:
        """Public SSH keys of the hosts, as `ssh` wants them."""
        return self.state / "known_hosts"

    @property
    def shared(self) -> Path:
        """Folder that all control hosts see as `/srv/shared`."""
        return self.state / "shared"

    @property
    def clouds_yaml(self) -> Path:
        """What the `openstack` client reads inside the bastion."""
        return self.state / "clouds.yaml"

    @property
    def cloud_file(self) -> Path:
        """The lab's declaration for liftlock itself."""
        return self.state / "cloud.yaml"

    @property
    def provisioner_socket(self) -> Path:
        """Where the lab's daemon listens for orders of hosts; unix sockets are reached from the bastion too."""
        return self.state / "provisioner.sock"
