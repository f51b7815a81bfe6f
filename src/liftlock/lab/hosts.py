"""Brings the hosts of a lab up and down."""

from __future__ import annotations

import fcntl
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from liftlock.drivers.deployers.venv.build import build_release, release_id, release_layer
from liftlock.drivers.provisioners.nspawn import cgroups, fabric
from liftlock.drivers.provisioners.nspawn.identity import make_key
from liftlock.drivers.provisioners.nspawn.images import image_tree
from liftlock.drivers.provisioners.nspawn.leftovers import leftovers
from liftlock.drivers.provisioners.nspawn.machine import ensure_machine_packages, run
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.drivers.provisioners.nspawn.provisioner import NspawnProvisioner
from liftlock.errors import LabFailed
from liftlock.lab.daemon import ensure_running
from liftlock.lab.topology import LabHost, Topology, topology
from liftlock.ports.provisioner import HostOrder

if TYPE_CHECKING:
    from liftlock.drivers.shells.ssh import SshShell

Say = Callable[[str], None]
"""Tells a human what is being done, a line at a time."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One host of the lab, for humans."""

    name: str
    role: str
    address: str
    state: str
    """`absent`, `off`, `booting` (on, SSH does not answer yet) or `up`."""
    image: str
    release: str
    """The release it was made with; what it runs now is the host's own to tell."""


class LabHosts:
    """The hosts of the lab on this machine."""

    def __init__(self, place: LabPlace | None = None, say: Say = lambda _: None) -> None:
        self.place = place or LabPlace.from_environment()
        self._say = say

    def up(self, shape: Topology, series: str) -> None:
        """Make, boot and reach every host; what exists already is kept.

        Control images carry the release of `series` as the current one when a host is made. Returns when every
        host answers SSH. Raises `LabFailed` if a lab of another size or series is there.
        """
        ensure_machine_packages()
        release = release_id(series)
        with self._alone():
            self._remember(shape, series)
            self.place.hosts.mkdir(parents=True, exist_ok=True)
            self.place.shared.mkdir(exist_ok=True)
            make_key(self.place.key, comment="liftlock-lab")
            # Rewritten in place: a bastion command may have it mounted.
            self.place.hosts_file.write_text(shape.hosts_file())
            fabric.build_fabric(self.place, shape.bastion, shape.prefix_length)
            images = sorted({host.image for host in shape.hosts})
            with ThreadPoolExecutor(len(images)) as builders:
                list(builders.map(lambda image: self._up_with(image, shape, release), images))
            ensure_running(self.place)

    def down(self) -> None:
        """Remove every process, mount, namespace, cgroup and file of the lab; the cache stays.

        Raises `LabFailed` if something of the lab is left afterwards.
        """
        ensure_machine_packages()
        with self._alone(joins=False):
            cgroups.remove(self.place.cgroup)
            fabric.remove_fabric(self.place)
            run("rm", "-rf", "--one-file-system", self.place.state)
            left = leftovers(self.place)
        if left:
            raise LabFailed(
                "something of the lab is left: " + "; ".join(left),
                now="hosts and networks of the lab are gone, except for these",
                hint="end what holds them, then `liftlock lab down` again",
            )

    def status(self) -> tuple[HostStatus, ...]:
        """Every host of the lab and how it is; empty without a lab."""
        if not self.place.record.exists():
            return ()
        shape = topology(json.loads(self.place.record.read_text())["size"])
        provisioner = self.provisioner(shape)
        hosts = [
            host
            for host in (*shape.hosts, *shape.later)
            if host in shape.hosts or provisioner.exists(host.name)
        ]
        with ThreadPoolExecutor(len(hosts)) as askers:
            return tuple(askers.map(lambda host: self._status_of(host, provisioner), hosts))

    def power_off(self, name: str) -> None:
        """Cut a host's power: nothing on it is asked."""
        self._existing(name).power_off(name)

    def power_on(self, name: str) -> None:
        """Boot a host that is off and wait until it answers SSH."""
        self._existing(name).power_on(name)
        self.wait_for_ssh(name)

    def reboot(self, name: str) -> None:
        """Cut a host's power, boot it again and wait until it answers SSH."""
        self.power_off(name)
        self.power_on(name)

    def provisioner(self, shape: Topology) -> NspawnProvisioner:
        """Makes and removes hosts of this lab."""
        return NspawnProvisioner(
            self.place, release_layer, hosts_file=shape.hosts_file(), prefix_length=shape.prefix_length
        )

    def wait_for_ssh(self, name: str, *, patience_s: float = 180.0) -> None:
        """Return when root can log in with the lab's key; `LabFailed` after `patience_s` seconds."""
        shape = self._shape()
        host = shape.host(name)
        deadline = time.monotonic() + patience_s
        while not self._answers(host):
            provisioner = self.provisioner(shape)
            if not provisioner.running(name) or time.monotonic() > deadline:
                raise LabFailed(
                    f"{name} does not answer SSH\n{provisioner.console(name)}",
                    now=f"it is {'on' if provisioner.running(name) else 'off'}; the other hosts are as they were",
                    hint="`liftlock lab up` again; if it fails again, `liftlock lab down` first",
                )
            time.sleep(0.1)

    def _up_with(self, image: str, shape: Topology, release: str) -> None:
        """Everything for the hosts of one image, from the image to SSH."""
        cache = self.place.cache
        started = time.monotonic()
        tree = image_tree(image, cache)
        self._say(f"image {image}: ready after {time.monotonic() - started:.1f} s")
        hosts = [host for host in shape.hosts if host.image == image]
        if any(host.runs_openstack for host in hosts):
            series = release.rpartition("-")[0]
            build_release(series, image, tree, cache)
            self._say(f"release {release}: ready after {time.monotonic() - started:.1f} s")
        with ThreadPoolExecutor(len(hosts)) as workers:
            list(workers.map(lambda host: self._up_host(host, shape, release), hosts))

    def _up_host(self, host: LabHost, shape: Topology, release: str) -> None:
        started = time.monotonic()
        order = HostOrder(
            name=host.name,
            image=host.image,
            addresses=host.addresses,
            release=release if host.runs_openstack else "",
            memory_mib=host.memory_mib,
        )
        self.provisioner(shape).create(order)
        self.wait_for_ssh(host.name)
        self._say(f"host {host.name}: answers after {time.monotonic() - started:.1f} s")

    def _answers(self, host: LabHost) -> bool:
        """Whether root can log in now, with the host's own key and no other."""
        key = self.provisioner(self._shape()).host_key(host.name)
        options = [
            "BatchMode=yes",
            "ConnectTimeout=3",
            "StrictHostKeyChecking=yes",
            "GlobalKnownHostsFile=/dev/null",
        ]
        options += [
            "IdentitiesOnly=yes",
            "LogLevel=ERROR",
            f"KnownHostsCommand=/bin/echo {host.address} {key}",
        ]
        command = ["nsenter", f"--net=/run/netns/{self.place.bastion}", "ssh", "-F", "none", "-n"]
        command += ["-i", str(self.place.key), "-o", "UserKnownHostsFile=/dev/null"]
        command += [word for option in options for word in ("-o", option)]
        try:
            ended = subprocess.run(
                [*command, f"root@{host.address}", "true"], capture_output=True, check=False, timeout=15
            )
        except subprocess.TimeoutExpired:
            return False
        return ended.returncode == 0

    def _status_of(self, host: LabHost, provisioner: NspawnProvisioner) -> HostStatus:
        state, release = "absent", ""
        if provisioner.exists(host.name):
            state = "off"
            release = json.loads((self.place.hosts / host.name / "order.json").read_text())["release"]
            if provisioner.running(host.name):
                state = "up" if self._answers(host) else "booting"
        return HostStatus(host.name, host.role.value, host.address, state, host.image, release)

    def _shape(self) -> Topology:
        if not self.place.record.exists():
            raise LabFailed("there is no lab on this machine", hint="make one: `liftlock lab up`")
        return topology(json.loads(self.place.record.read_text())["size"])

    def _existing(self, name: str) -> NspawnProvisioner:
        shape = self._shape()
        provisioner = self.provisioner(shape)
        if not provisioner.exists(shape.host(name).name):
            raise LabFailed(
                f"the host {name} was not made yet", hint="`liftlock lab up` makes the lab's hosts"
            )
        return provisioner

    def _remember(self, shape: Topology, series: str) -> None:
        """Write down what the lab is; refuse to turn it into another."""
        asked = {"size": shape.size, "series": series}
        if self.place.record.exists():
            made = json.loads(self.place.record.read_text())
            if made != asked:
                raise LabFailed(
                    f"a lab of size {made['size']} made at {made['series']} is on this machine",
                    hint="go on with it, or `liftlock lab down` first",
                )
            return
        self.place.state.mkdir(parents=True, exist_ok=True)
        new = self.place.record.with_suffix(".new")
        new.write_text(json.dumps(asked))
        new.rename(self.place.record)

    @contextmanager
    def _alone(self, *, joins: bool = True) -> Iterator[None]:
        """Hold the lab; end what a killed holder left running; be in the lab's own control group meanwhile.

        So every child of ours is found by whoever comes after us, whatever becomes of us.
        """
        self.place.cache.mkdir(parents=True, exist_ok=True)
        ours = self.place.cgroup / "up"
        with self.place.lock.open("w") as lock:
            wait_for_lock(lock)
            if not joins:
                yield
                return
            cgroups.kill(ours)
            before = cgroups.own()
            cgroups.join(ours)
            try:
                yield
            finally:
                cgroups.join(before)


def lab_shell(place: LabPlace, shape: Topology) -> SshShell:
    """Commands on the lab's hosts, by name; to be used on the bastion. Hosts of later are known already."""
    from liftlock.drivers.shells.ssh import SshAccess, SshShell  # noqa: PLC0415  (half a second to load)

    hosts = (*shape.hosts, *shape.later)
    return SshShell({host.name: SshAccess(host.address, place.key, place.known_hosts) for host in hosts})


def wait_for_lock(lock: TextIO, *, patience_s: float = 10.0) -> None:
    """Take the lab's lock; `LabFailed` if somebody holds it for longer than `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            if time.monotonic() > deadline:
                raise LabFailed(
                    "another `lab up` or `lab down` is at work",
                    now="it goes on",
                    hint="wait until it has ended",
                ) from e
            time.sleep(0.1)
        else:
            return
