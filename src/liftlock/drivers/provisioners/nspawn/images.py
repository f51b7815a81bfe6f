"""Image trees: Debian, built once by mmdebstrap from the machine's own archive."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from liftlock.drivers.provisioners.nspawn.cache import built_once
from liftlock.drivers.provisioners.nspawn.machine import dying_with_us, refresh_archive, run
from liftlock.errors import BadInput, LabFailed

MASKED_UNITS = (
    # Work of its own at odd hours would disturb measurements.
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "logrotate.timer",
    "man-db.timer",
    "systemd-tmpfiles-clean.timer",
    # Addresses come from outside, with the cable; networkd would stay "pending" without udev.
    "systemd-networkd.service",
    "systemd-networkd.socket",
    "systemd-resolved.service",
    "systemd-timesyncd.service",
    # These would act on the machine's own kernel.
    "systemd-modules-load.service",
    "systemd-sysctl.service",
    "systemd-random-seed.service",
    "systemd-udevd.service",
    "systemd-udev-trigger.service",
    # Nobody sits at a console.
    "console-getty.service",
    "getty.target",
)
"""Units that no host of a lab runs."""

FILES = {
    "etc/systemd/journald.conf.d/lab.conf": "[Journal]\nStorage=persistent\nSystemMaxUse=50M\n",
    "etc/ssh/sshd_config.d/lab.conf": "UseDNS no\nMaxStartups 100:30:200\n",
    "etc/systemd/system.conf.d/lab.conf": "[Manager]\nDefaultTimeoutStopSec=60s\nShowStatus=no\n",
}
"""Files every image carries: path -> content."""

BASE = (
    "ca-certificates",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "openssh-server",
    "procps",
    "python3",
    "socat",
    "sudo",
    "systemd",
    "systemd-sysv",
    "zstd",
)


@dataclass(frozen=True, slots=True)
class Image:
    """A recipe; two with the same `key` give the same tree."""

    name: str
    suite: str
    """Debian's code name: `bookworm`."""
    packages: tuple[str, ...]
    idle_units: tuple[str, ...] = ()
    """Units that Debian would start at boot and that stay off until the lab enables them on one host."""

    @property
    def key(self) -> str:
        """`control-3f21c0de9a77`: the name and a hash of all that goes into the tree."""
        content = repr((self, sorted(MASKED_UNITS), sorted(FILES.items())))
        return f"{self.name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


CONTROL_PACKAGES = (*BASE, "gcc", "libc6-dev", "python3-dev", "qemu-utils")
"""What OpenStack's environments need to be built (one source distribution of 2024.1 is C) and to run."""

IMAGES = {
    image.name: image
    for image in (
        Image(
            "infra",
            "bookworm",
            (*BASE, "haproxy", "mariadb-backup", "mariadb-server", "memcached", "rabbitmq-server"),
            idle_units=(
                "epmd.service",
                "haproxy.service",
                "mariadb.service",
                "memcached.service",
                "rabbitmq-server.service",
            ),
        ),
        Image("control", "bookworm", CONTROL_PACKAGES),
        Image("control-trixie", "trixie", CONTROL_PACKAGES),
    )
}


def image_tree(name: str, cache: Path) -> Path:
    """The tree of the image `name`, built now if the cache lacks it; raises `BadInput` for an unknown name."""
    if name not in IMAGES:
        raise BadInput(f"there is no image {name!r}", hint=f"images are {', '.join(IMAGES)}")
    image = IMAGES[name]
    (cache / "images").mkdir(parents=True, exist_ok=True)
    return built_once(cache / "images" / image.key, lambda folder: build_tree(image, folder))


def build_tree(image: Image, folder: Path) -> None:
    """Fill `folder` with the image's tree."""
    sources = archive_sources(image.suite)
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root"]
    command += [f"--aptopt={option}" for option in archive_options()]
    command += [f"--include={','.join(image.packages)}"]
    if image.idle_units:
        command.append(f'--customize-hook=chroot "$1" systemctl --quiet disable {" ".join(image.idle_units)}')
    command += [image.suite, str(folder), "-"]
    run(*dying_with_us(command), stdin="\n".join(sources) + "\n", doing=f"building the image {image.name}")
    finish_tree(folder)


def finish_tree(tree: Path) -> None:
    """Take out what belongs to one host or to this machine, and put in what every host of a lab has."""
    # Addresses and options of this machine's archive; identities that each host must have of its own.
    for pattern in ("etc/apt/sources.list*/*", "etc/apt/apt.conf.d/99mmdebstrap", "etc/ssh/ssh_host_*"):
        for path in tree.glob(pattern):
            path.unlink()
    for name in ("resolv.conf", "hostname", "machine-id"):
        (tree / "etc" / name).unlink(missing_ok=True)
    for file, content in FILES.items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(content)
    for unit in MASKED_UNITS:
        link = tree / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    for name in ("opt/openstack", "srv/shared", "var/log/journal"):
        (tree / name).mkdir(parents=True, exist_ok=True)


def archive_sources(suite: str) -> list[str]:
    """`deb` lines for `suite`, its updates and security, from where this machine gets its own Debian."""
    found = re.search(r"^VERSION_CODENAME=(\S+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    own = found.group(1) if found else ""
    lines = []
    refresh_archive()
    fields = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
    for target in run("apt-get", "indextargets", "--format", fields, "Created-By: Packages").splitlines():
        address, release, component, origin = (target.split(" ") + [""] * 3)[:4]
        if origin == "Debian" and release in (own, f"{own}-updates", f"{own}-security"):
            lines.append(f"deb {address} {release.replace(own, suite)} {component}")
    if not lines:
        raise LabFailed(
            f"this machine's apt has no Debian archive to take {suite} from",
            hint="the lab is built on Debian: see `apt-get indextargets`",
        )
    return sorted(set(lines))


def archive_options() -> list[str]:
    """The machine's own apt settings about fetching (proxies, dates), for mmdebstrap's apt."""
    wanted = re.compile(r"Acquire::(Check-Valid-Until|Check-Date|Retries|ForceIPv4|https?::\S+) ")
    dump = run("apt-config", "dump").splitlines()
    return [line.removesuffix(";") for line in dump if wanted.match(line) and not line.endswith(' "";')]
