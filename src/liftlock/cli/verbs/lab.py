"""lab: a real small cloud on this machine."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cliff.lister import Lister

from liftlock.cli.verb import Verb
from liftlock.cloud.versions import series_named
from liftlock.drivers.deployers.venv.build import build_release, release_archive, release_id
from liftlock.drivers.provisioners.nspawn.images import image_tree
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.errors import LabFailed, Refused
from liftlock.lab.bastion import bastion_environment, run_in_bastion
from liftlock.lab.hosts import LabHosts

if TYPE_CHECKING:
    from liftlock.lab.tenants import Tenants


class LabVerb(Verb):
    """A verb that needs root on this machine."""

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Do it, as root."""
        if os.geteuid() != 0:
            self.app.stderr.write(f"{LabFailed('the lab needs root', hint='use `sudo`')}\n")
            return LabFailed.exit_code
        return super().run(parsed_args)


class LabUp(LabVerb):
    """Bring a real cloud up; twice is harmless."""

    verb = "lab up"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options: the series."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--series", default="2025.1", help="2025.1 or epoxy (default: 2025.1)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Build what is missing, boot, configure, wait until every front door answers."""
        from liftlock.lab.up import up  # noqa: PLC0415  (the client libraries take a second to load)

        up(series_named(parsed_args.series).id)


class LabDown(LabVerb):
    """Remove every process, mount, namespace, cgroup and file of the lab; images stay cached."""

    verb = "lab down"

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Take it down, whatever state it is in."""
        LabHosts(say=self.out).down()
        self.out("the lab is gone; images and releases stay cached")


class LabStatus(LabVerb, Lister):
    """List the lab's hosts and how each is."""

    verb = "lab status"

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per host."""
        rows = [(h.name, h.role, h.address, h.state, h.image, h.release) for h in LabHosts().status()]
        return ("Host", "Role", "Address", "State", "Image", "Made with"), rows


class LabEnv(LabVerb):
    """Print the environment of the lab's bastion as shell commands, for use inside it."""

    verb = "lab env"

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """`export` lines."""
        for name in ("OS_CLIENT_CONFIG_FILE", "OS_CLOUD", "LIFTLOCK_CLOUD_FILE"):
            self.out(f"export {name}={bastion_environment(LabPlace.from_environment(), os.environ)[name]}")


class LabExec(LabVerb):
    """Run a command on the lab's bastion, with OS_CLOUD and LIFTLOCK_CLOUD_FILE set: `lab exec -- openstack …`."""

    verb = "lab exec"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The command and its words, kept as they are."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Become the command."""
        words = parsed_args.command[1:] if parsed_args.command[:1] == ["--"] else parsed_args.command
        run_in_bastion(words or [os.environ.get("SHELL", "/bin/bash")])


class LabRelease(LabVerb):
    """Build the release of a series for the lab's control hosts, as an archive that `run` puts on them."""

    verb = "lab release"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The series, the image."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("series", help="2026.1 or gazpacho")
        parser.add_argument("--image", default="control", help="what its hosts boot from (default: control)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Build it once; a second time it is there."""
        place, series = LabPlace.from_environment(), series_named(parsed_args.series).id
        tree = image_tree(parsed_args.image, place.cache)
        build_release(series, parsed_args.image, tree, place.cache)
        self.out(str(release_archive(place.cache, parsed_args.image, release_id(series))))


class LabTenantsMake(LabVerb):
    """On the bastion: make what users of a cloud have (image, network, servers, volume, stack) and remember it."""

    verb = "lab tenants make"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Where to remember it."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--save", type=Path, required=True, metavar="FILE")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Make what is missing, and write down how all of it is."""
        tenants = tenants_of_the_lab()
        self.out(tenants.settle() or "everything is there")
        parsed_args.save.write_text(json.dumps(tenants.describe(), indent=1, sort_keys=True))
        self.out(f"written down in {parsed_args.save}")


class LabTenantsCompare(LabVerb):
    """On the bastion: compare users' things with what was remembered; end with code 3 if anything changed."""

    verb = "lab tenants compare"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """What was remembered."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--saved", type=Path, required=True, metavar="FILE")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Say what changed."""
        from liftlock.lab.tenants import unchanged  # noqa: PLC0415

        before = json.loads(parsed_args.saved.read_text())
        changes = unchanged(before, tenants_of_the_lab().describe())
        if changes:
            raise Refused(
                "\n".join(["users' things changed:", *(f"  - {c}" for c in changes)]), now="as listed"
            )
        self.out(f"all {len(before)} things users had before are there, unchanged")


def tenants_of_the_lab() -> Tenants:
    """The lab's tenants; can be reached on its bastion only."""
    from liftlock.lab.tenants import Tenants  # noqa: PLC0415
    from liftlock.lab.up import setting  # noqa: PLC0415

    place = LabPlace.from_environment()
    made = json.loads(place.record.read_text())
    return Tenants(setting(place, made["series"], made["size"]))
