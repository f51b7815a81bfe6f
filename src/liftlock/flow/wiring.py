"""The only place that chooses drivers: from a cloud file to hands that reach the cloud.

Drivers whose libraries take long to load are imported where they are chosen: `liftlock lab exec` needs none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from liftlock.cloud.file import CloudFile, ProvisionerChoice, load
from liftlock.cloud.model import Role
from liftlock.discovery import names_in
from liftlock.drivers import balancers, deployers
from liftlock.drivers.brokers.rabbitmq import RabbitMq
from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.configurations.files import ConfigurationFiles
from liftlock.drivers.databases.renamed import RenamedDatabases
from liftlock.drivers.decisions.file import RiskFileDecisions
from liftlock.drivers.hosts.linux import LinuxHosts
from liftlock.drivers.keys.linux import LinuxKeys
from liftlock.drivers.likenesses.linux import LinuxLikeness
from liftlock.drivers.provisioners.absent import NoProvisioner
from liftlock.drivers.provisioners.announced import Announced
from liftlock.drivers.provisioners.socket import SocketProvisioner
from liftlock.drivers.services.systemd import SystemdServices
from liftlock.drivers.shells.fence import Fence
from liftlock.drivers.upgrade_checks.oslo import OsloUpgradeChecks
from liftlock.errors import BadInput, LiftlockError
from liftlock.flow.site import Site, backup_folder, journal_file
from liftlock.ports.api import CloudApi
from liftlock.ports.artefacts import Artefacts
from liftlock.ports.balancer import Balancer
from liftlock.ports.clock import Clock
from liftlock.ports.deployer import Deployer
from liftlock.ports.hands import Hands
from liftlock.ports.lease import Owned
from liftlock.ports.provisioner import Provisioner
from liftlock.ports.scratch import ScratchServer
from liftlock.ports.shell import Shell
from liftlock.ports.traffic import Traffic

if TYPE_CHECKING:
    from liftlock.drivers.databases.access import DatabaseAccess
    from liftlock.drivers.journals.sql import SqlJournal
    from liftlock.drivers.shells.ssh import SshAccess
    from liftlock.flow.copies.gathering import Ground

_QUICKLY_S = 2.0
"""How long `status` waits for the database server, in seconds."""


@contextmanager
def opened(path: Path) -> Iterator[Site]:
    """The site of a cloud file; its connections are closed afterwards."""
    from liftlock.drivers.shells.ssh import SshShell  # noqa: PLC0415

    file = load(path)
    fence = Fence()
    shell = SshShell(ssh_access(file), fence=fence)
    try:
        yield Site(file, hands(file, shell, fence))
    finally:
        shell.close()


@contextmanager
def proof_ground(old: Path, new: Path) -> Iterator[Ground]:
    """A scratch database server and two releases' code; the server is gone afterwards."""
    from liftlock.drivers.scratch.copies import scratch_server  # noqa: PLC0415
    from liftlock.drivers.scratch.environment import VenvCode  # noqa: PLC0415
    from liftlock.flow.copies.gathering import Ground  # noqa: PLC0415

    code = VenvCode(old), VenvCode(new)
    with scratch_server() as server:
        yield Ground(server, *code)


@contextmanager
def rehearsal_ground(
    site: Site, old: Path, new: Path, *, programs: bool, in_cluster: bool, tell: Callable[[str], None]
) -> Iterator[Ground]:
    """The same, on a server that is set as the cloud's is, so that what takes time there takes it here.

    With `in_cluster` on the cloud's very server, where programs have no network in any case. With a place in which the
    new release's `programs` can be started, and migrations without a network; raises `BadInput` where this machine
    offers neither. What a rehearsal that was killed left on the cloud's server is removed first, and told.
    """
    from liftlock.drivers.databases.lodging import Lodging  # noqa: PLC0415
    from liftlock.drivers.enclosures.netns import alone, enclosed, insist_on_none  # noqa: PLC0415
    from liftlock.drivers.scratch.copies import scratch_server  # noqa: PLC0415
    from liftlock.drivers.scratch.environment import VenvCode  # noqa: PLC0415
    from liftlock.drivers.scratch.in_cluster import in_cluster as in_cluster_server  # noqa: PLC0415
    from liftlock.drivers.scratch.server import swept  # noqa: PLC0415
    from liftlock.drivers.shells.ssh import SshShell  # noqa: PLC0415
    from liftlock.flow.copies.gathering import Ground  # noqa: PLC0415

    within = alone() if programs or in_cluster else ()
    code = VenvCode(old, within), VenvCode(new, within)
    access = database_access(site.file)
    with ExitStack() as stack:
        shell = SshShell(ssh_access(site.file), fence=Fence())
        stack.callback(shell.close)
        lodging = Lodging(access, shell, site.file.databases.host, site.file.name)
        for name in (*swept(), *lodging.clear()):
            tell(f"an earlier rehearsal was killed: {name} is removed")
        if in_cluster:
            insist_on_none(within)
            server: ScratchServer = stack.enter_context(in_cluster_server(lodging, access))
        else:
            server = stack.enter_context(scratch_server(site.hands.databases.tuning()))
        yield Ground(server, *code, enclosure=stack.enter_context(enclosed()) if programs else None)


@contextmanager
def scratch() -> Iterator[ScratchServer]:
    """A database server of liftlock's own on this machine, for copies; gone afterwards."""
    from liftlock.drivers.scratch.copies import scratch_server  # noqa: PLC0415

    with scratch_server() as server:
        yield server


@contextmanager
def journal(file: CloudFile, *, create: bool = True) -> Iterator[SqlJournal]:
    """The cloud's journal; without `create`, raises `BadInput` when nothing was ever written."""
    from liftlock.drivers.journals.sql import SqlJournal  # noqa: PLC0415

    if create:
        try:
            file.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BadInput(
                f"{file.state} cannot be the folder for the journal: {error.strerror}",
                hint="name another as `state` in the cloud file",
            ) from error
    book = SqlJournal(journal_file(file), create=create)
    try:
        yield book
    finally:
        book.close()


def api_of(cloud: str) -> CloudApi:
    """The API behind an entry of the `clouds.yaml` that the `openstack` client reads."""
    from liftlock.drivers.clouds.openstack import OpenStackApi  # noqa: PLC0415

    return OpenStackApi(cloud, SystemClock())


def wall_clock() -> Clock:
    """The time of this machine."""
    return SystemClock()


def ssh_access(file: CloudFile) -> dict[str, SshAccess]:
    """How to log in on every host, those that are yet to be made included."""
    from liftlock.drivers.shells.ssh import SshAccess  # noqa: PLC0415

    access = file.access
    found = {
        host.name: SshAccess(
            host.address, access.key, access.known_hosts, host.user or access.user, host.port or access.port
        )
        for host in file.hosts
    }
    for green in file.green:
        found[green.name] = SshAccess(green.address, access.key, access.known_hosts, access.user, access.port)
    return found


def database_access(
    file: CloudFile, connect_s: float | None = None, *, password: str | None = None
) -> DatabaseAccess:
    """How to log in at the cloud's database server; `connect_s` is for how many seconds, if not as long as usual.

    With a `password`, the one that the file leads to is not read.
    """
    from liftlock.drivers.databases.access import CONNECT_S, DatabaseAccess  # noqa: PLC0415

    return DatabaseAccess(
        file.address_of(file.databases.host),
        file.databases.user,
        file.databases.password.reveal() if password is None else password,
        file.databases.port,
        CONNECT_S if connect_s is None else connect_s,
    )


def owner(file: CloudFile) -> Owned | None:
    """Whose the cloud is by its own database; None where nobody has it, or where that cannot be asked quickly."""
    from liftlock.drivers.leases.mariadb import look as whose  # noqa: PLC0415

    with suppress(LiftlockError):
        return whose(database_access(file, _QUICKLY_S), file.name)
    return None


def hands(file: CloudFile, shell: Shell, fence: Fence, *, database: bool = True) -> Hands:
    """Drivers for everything the cloud file names; `fence` is what `shell` puts before its commands.

    Where its `database` server must not be asked, nobody needs the password.
    """
    from liftlock.drivers.clouds.openstack import OpenStackApi  # noqa: PLC0415
    from liftlock.drivers.databases.mariadb import MariaDb  # noqa: PLC0415
    from liftlock.drivers.leases.mariadb import MariaDbLease  # noqa: PLC0415

    clock = SystemClock()
    backups = backup_folder(file)
    access = database_access(file, password=None if database else "")
    databases = MariaDb(shell, backups, host=file.databases.host, access=access, names=file.databases.names)
    addresses = {h.name: h.address for h in file.hosts} | {g.name: g.address for g in file.green}
    api = OpenStackApi(
        file.api.cloud,
        clock,
        clouds_yaml=file.api.clouds_yaml,
        service_versions=databases.service_versions if database else None,
        hosts=addresses,
    )
    roles = {h.name: h.roles for h in file.hosts} | {g.name: (Role.CONTROL,) for g in file.green}
    looks, traffic = balancer(file, shell)
    return Hands(
        hosts=LinuxHosts(shell, clock, roles, file.deployer.root),
        services=SystemdServices(shell, clock),
        deployer=deployer(file, shell, clock),
        configuration=ConfigurationFiles(shell, backups),
        databases=RenamedDatabases(databases, file.databases.names),
        broker=RabbitMq(shell, file.broker.host),
        balancer=looks,
        api=api,
        clock=clock,
        traffic=traffic,
        likeness=LinuxLikeness(shell, file.deployer.root),
        provisioner=provisioner(file.provisioner),
        keys=LinuxKeys(shell),
        lease=MariaDbLease(access, shell, fence, cloud=file.name, hosts=tuple(roles)),
        upgrade_checks=OsloUpgradeChecks(shell),
        decisions=RiskFileDecisions(file.policy, clock),
    )


def deployer(file: CloudFile, shell: Shell, clock: Clock) -> Deployer:
    """Whoever brings releases to hosts; raises `BadInput` for a kind of which there is no file."""
    found: Deployer = _chosen(deployers, "deployer", file.deployer.kind).deployer_of(file, shell, clock)
    return found


def balancer(file: CloudFile, shell: Shell) -> tuple[Balancer, Traffic]:
    """Whoever looks at the balancer, and whoever shares requests; raises `BadInput` like `deployer`."""
    found: tuple[Balancer, Traffic] = _chosen(balancers, "balancer", file.balancer.kind).balancer_of(
        file, shell
    )
    return found


def _chosen(room: ModuleType, what: str, kind: str) -> ModuleType:
    known = names_in(room)
    if kind not in known:
        raise BadInput(
            f"liftlock has no {what} `{kind}`", hint=f"name one of {', '.join(known)} as `{what}.kind`"
        )
    return import_module(f"{room.__name__}.{kind}")


def provisioner(choice: ProvisionerChoice | None) -> Provisioner:
    """Whoever makes hosts, and tells the monitoring of them if there is a program for it."""
    if choice is None:
        return NoProvisioner()
    maker = SocketProvisioner(choice.socket)
    return Announced(maker, choice.monitoring) if choice.monitoring else maker


def artefacts(*, offline: bool, tell: Callable[[str], None]) -> Artefacts:
    """Released files, in the cache of whoever asks; `tell` hears of each that is fetched."""
    from liftlock.drivers.artefacts.released import ReleasedArtefacts  # noqa: PLC0415

    return ReleasedArtefacts(offline=offline, tell=tell)


def installable() -> tuple[str, ...]:
    """Series that the deployer has a release of, sorted."""
    from liftlock.drivers.deployers.venv.build import locked  # noqa: PLC0415

    return locked()
