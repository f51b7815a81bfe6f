"""A release as one directory beside the others, and a link that names the current one."""

from __future__ import annotations

from liftlock.cloud.file import CloudFile
from liftlock.drivers.deployers.venv.deployer import VenvDeployer
from liftlock.ports.clock import Clock
from liftlock.ports.deployer import Deployer
from liftlock.ports.shell import Shell


def deployer_of(file: CloudFile, shell: Shell, clock: Clock) -> Deployer:
    """The deployer that a cloud file asks for with `kind: venv`."""
    choice, images = file.deployer, {green.name: green.image for green in file.green}
    return VenvDeployer(shell, clock, choice.archives, images=images, root=choice.root)
