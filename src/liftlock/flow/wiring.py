"""The only place that chooses drivers: from a cloud file to hands that reach the cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liftlock.cloud.file import CloudFile, load
from liftlock.drivers.balancers.haproxy import HaProxy
from liftlock.drivers.brokers.rabbitmq import RabbitMq
from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.clouds.openstack import OpenStackApi
from liftlock.drivers.configurations.files import ConfigurationFiles
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.drivers.deployers.venv.deployer import VenvDeployer
from liftlock.drivers.hosts.linux import LinuxHosts
from liftlock.drivers.journals.sql import SqlJournal
from liftlock.drivers.services.systemd import SystemdServices
from liftlock.drivers.shells.ssh import SshAccess, SshShell
from liftlock.errors import BadInput
from liftlock.flow.site import Site, backup_folder, journal_file
from liftlock.ports.hands import Hands
from liftlock.ports.shell import Shell


@contextmanager
def opened(path: Path) -> Iterator[Site]:
    """The site of a cloud file; its connections are closed afterwards."""
    file = load(path)
    shell = SshShell({host.name: ssh_access(file, host.name) for host in file.hosts})
    try:
        yield Site(file, hands(file, shell))
    finally:
        shell.close()


@contextmanager
def journal(file: CloudFile, *, create: bool = True) -> Iterator[SqlJournal]:
    """The cloud's journal; without `create`, raises `BadInput` when nothing was ever written."""
    if create:
        file.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    book = SqlJournal(journal_file(file), create=create)
    try:
        yield book
    finally:
        book.close()


def ssh_access(file: CloudFile, host: str) -> SshAccess:
    """How to log in on a host."""
    entry, access = file.host(host), file.access
    return SshAccess(
        address=entry.address,
        key=access.key,
        known_hosts=access.known_hosts,
        user=entry.user or access.user,
        port=entry.port or access.port,
    )


def hands(file: CloudFile, shell: Shell) -> Hands:
    """Drivers for everything the cloud file names."""
    if file.deployer.kind != "venv":
        raise BadInput(f"liftlock has no deployer `{file.deployer.kind}`", hint="the one it has is `venv`")
    clock = SystemClock()
    backups = backup_folder(file)
    databases = MariaDb(
        shell,
        backups,
        host=file.databases.host,
        address=file.address_of(file.databases.host),
        port=file.databases.port,
        user=file.databases.user,
        password=file.databases.password.reveal(),
    )
    api = OpenStackApi(
        file.api.cloud, clock, clouds_yaml=file.api.clouds_yaml, service_versions=databases.service_versions
    )
    return Hands(
        hosts=LinuxHosts(shell, clock, {h.name: h.roles for h in file.hosts}, file.deployer.root),
        services=SystemdServices(shell, clock),
        deployer=VenvDeployer(shell, clock, file.deployer.archives, root=file.deployer.root),
        configuration=ConfigurationFiles(shell, backups),
        databases=databases,
        broker=RabbitMq(shell, file.broker.host),
        balancer=HaProxy(
            shell, file.balancer.hosts, {s: file.backend(s) for s in file.services}, file.balancer.socket
        ),
        api=api,
        clock=clock,
    )
