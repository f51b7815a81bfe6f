"""Makes, boots and removes nspawn hosts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import liftlock
from liftlock.drivers.provisioners.nspawn import cgroups, fabric
from liftlock.drivers.provisioners.nspawn.cache import locked
from liftlock.drivers.provisioners.nspawn.identity import hardware_address, write_identity
from liftlock.drivers.provisioners.nspawn.images import image_tree
from liftlock.drivers.provisioners.nspawn.machine import in_private_mounts, last_lines, run
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.drivers.provisioners.nspawn.power import Seat
from liftlock.errors import LabFailed
from liftlock.ports.provisioner import HostOrder

LayerOf = Callable[[Path, str, str], Path]
"""Where the cache keeps the layer that puts a release into hosts of an image."""


class NspawnProvisioner:
    """`liftlock.ports.provisioner.Provisioner` on this machine; the fabric must exist.

    Safe to use from several threads for different hosts, not for the same one.
    """

    def __init__(
        self, place: LabPlace, layer_of: LayerOf, *, hosts_file: str, prefix_length: int = 24
    ) -> None:
        self._place = place
        self._layer_of = layer_of
        self._hosts_file = hosts_file
        """Content of `/etc/hosts` for hosts made from now on."""
        self._prefix_length = prefix_length

    def exists(self, name: str) -> bool:
        """Whether the host was made, running or not."""
        return (self._folder(name) / "order.json").exists()

    def running(self, name: str) -> bool:
        """Whether it is powered on; true also in the moment between the two halves of a reboot."""
        return cgroups.is_populated(self._group(name) / "power")

    def create(self, order: HostOrder) -> None:
        """Make the host and power it on; the same order again changes nothing but the power.

        Raises `LabFailed` if a host of this name was made to another order.
        """
        if self.exists(order.name):
            self._refuse_another(order)
        else:
            self._make(order)
        self.write_known_hosts()
        self.power_on(order.name)

    def renew(self, order: HostOrder) -> None:
        """Make the host, anew if it is off, and power it on. Raises like `create`."""
        if self.exists(order.name) and not self.running(order.name):
            self._refuse_another(order)
            self.destroy(order.name)
        self.create(order)

    def power_on(self, name: str) -> None:
        """Boot a host that is off; returns as soon as it has begun to boot."""
        if self.running(name):
            return
        folder = self._folder(name)
        supply = ["setsid", "--fork", *in_private_mounts([sys.executable, "-m", POWER, folder / "seat.json"])]
        environment = {**os.environ, "PYTHONPATH": str(Path(liftlock.__file__).parent.parent)}
        with (folder / "power.log").open("ab") as log:
            started = subprocess.run(
                supply,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                check=False,
            )
        # The pipe closes when the supply has said "on", or has died.
        if started.stdout != b"on\n":
            raise LabFailed(
                f"{name} did not power on\n{self.console(name)}",
                now="the host is off",
                hint=f"read {folder / 'power.log'}, then `liftlock lab up` again",
            )

    def power_off(self, name: str) -> None:
        """Cut its power: nothing on it is asked."""
        cgroups.kill(self._group(name))
        fabric.unplug(self._place.fabric, name)

    def destroy(self, name: str) -> None:
        """Power it off and remove it with its disk; one that does not exist is fine."""
        cgroups.remove(self._group(name))
        fabric.unplug(self._place.fabric, name)
        folder, gone = self._folder(name), self._place.hosts / f".gone-{name}"
        run("rm", "-rf", "--one-file-system", gone)
        if folder.exists():
            folder.rename(gone)
            run("rm", "-rf", "--one-file-system", gone)
        self.write_known_hosts()

    def console(self, name: str) -> str:
        """The last lines the host and its power supply printed, for an error."""
        log = self._folder(name) / "power.log"
        return last_lines(log.read_text(errors="replace")) if log.exists() else ""

    def host_key(self, name: str) -> str:
        """The host's public SSH key: type and key."""
        key = self._folder(name) / "upper/etc/ssh/ssh_host_ed25519_key.pub"
        return " ".join(key.read_text().split()[:2])

    def write_known_hosts(self) -> None:
        """Let SSH know the hosts that exist, and no others."""
        lines = []
        with locked(self._place.hosts / ".known_hosts.lock"):
            for order in sorted(self._place.hosts.glob("[!.]*/order.json")):
                made = json.loads(order.read_text())
                lines.append(
                    f"{','.join((made['name'], *made['addresses']))} {self.host_key(made['name'])}\n"
                )
            new = self._place.known_hosts.with_suffix(".new")
            new.write_text("".join(lines))
            new.rename(self._place.known_hosts)

    def _folder(self, name: str) -> Path:
        return self._place.hosts / name

    def _group(self, name: str) -> Path:
        return self._place.cgroup / name

    def _refuse_another(self, order: HostOrder) -> None:
        made = json.loads((self._folder(order.name) / "order.json").read_text())
        if made != json.loads(json.dumps(asdict(order))):
            raise LabFailed(
                f"{order.name} exists and was made to another order: {made}",
                now="the host is as it was",
                hint="`liftlock lab down`, then `liftlock lab up` makes it anew",
            )

    def _make(self, order: HostOrder) -> None:
        """Prepare folder and disk beside, then rename: a host is there whole or not at all."""
        place, folder = self._place, self._folder(order.name)
        new = place.hosts / f".new-{order.name}"
        run("rm", "-rf", "--one-file-system", new, folder)
        for name in ("upper", "work", "root"):
            (new / name).mkdir(parents=True)
        write_identity(
            new / "upper",
            order,
            hosts_file=self._hosts_file,
            authorized_key=place.key.with_name(place.key.name + ".pub").read_text(),
        )
        self._seat(order).save(new / "seat.json")
        (new / "order.json").write_text(json.dumps(asdict(order), indent=1))
        new.rename(folder)

    def _seat(self, order: HostOrder) -> Seat:
        place = self._place
        tree = image_tree(order.image, place.cache)
        layers = [str(tree)]
        binds: tuple[str, ...] = ()
        if order.release:
            layer = self._layer_of(place.cache, order.image, order.release)
            if not layer.exists():
                raise LabFailed(
                    f"{order.name} should carry {order.release}, which was not built for {order.image}",
                    hint="`liftlock lab up` builds it",
                )
            layers.insert(0, str(layer))
        if order.image.startswith("control"):
            place.shared.mkdir(parents=True, exist_ok=True)
            binds = (f"{place.shared}:/srv/shared",)
        return Seat(
            name=order.name,
            machine=f"{place.prefix}{order.name}",
            folder=str(self._folder(order.name)),
            layers=tuple(layers),
            fabric=place.fabric,
            mac=hardware_address(order.addresses[0]),
            addresses=tuple(f"{address}/{self._prefix_length}" for address in order.addresses),
            binds=binds,
            cgroup=str(self._group(order.name)),
        )


POWER = "liftlock.drivers.provisioners.nspawn.power"
