"""What makes a host itself: name, machine id, SSH keys and the files only it has."""

from __future__ import annotations

import uuid
from pathlib import Path

from liftlock.drivers.provisioners.nspawn.machine import run
from liftlock.ports.provisioner import HostOrder


def write_identity(upper: Path, order: HostOrder, *, hosts_file: str, authorized_key: str) -> None:
    """Fill the host's still empty disk with all that tells it from its image."""
    etc = upper / "etc"
    (etc / "ssh").mkdir(parents=True)
    (etc / "hostname").write_text(f"{order.name}\n")
    (etc / "machine-id").write_text(f"{uuid.uuid4().hex}\n")
    (etc / "hosts").write_text(hosts_file)
    make_key(etc / "ssh/ssh_host_ed25519_key", comment=order.name)
    ssh = upper / "root/.ssh"
    ssh.mkdir(parents=True)
    for folder in (upper / "root", ssh):
        folder.chmod(0o700)
    (ssh / "authorized_keys").write_text(authorized_key)
    (ssh / "authorized_keys").chmod(0o600)
    if order.release:
        current = upper / "opt/openstack/current"
        current.parent.mkdir(parents=True)
        current.symlink_to(order.release)


def make_key(path: Path, *, comment: str) -> None:
    """A new ed25519 key pair without passphrase at `path` and `path`.pub; one that is there is kept."""
    if not path.exists():
        new = path.with_name(path.name + ".new")
        for leftover in (new, new.with_name(new.name + ".pub")):
            leftover.unlink(missing_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", new)
        # The private key last: once it is there, both are.
        new.with_name(new.name + ".pub").rename(path.with_name(path.name + ".pub"))
        new.rename(path)


def hardware_address(address: str) -> str:
    """A MAC address that stays the same over reboots, so that neighbours need not learn anew."""
    return "02:11:" + ":".join(f"{int(part):02x}" for part in address.split("."))
