"""Commands on the lab's bastion: the one place from which hosts and front doors can be reached."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.errors import LabFailed

ENTER = """
echo $$ > "$1/cgroup.procs" && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"
"""


def bastion_command(place: LabPlace, command: Sequence[str]) -> list[str]:
    """`command` so that it runs on the bastion when started from this machine.

    Each word of the result executes the next, so process id, standard streams, signals and exit code are
    the command's own. Only the network is the bastion's (not `/sys`, as with `ip netns exec`), and
    `/etc/hosts`, which names the lab's hosts. It ends when the lab is taken down. Raises `LabFailed` if
    there is no lab.
    """
    namespace = Path("/run/netns", place.bastion)
    group = place.cgroup / "bastion"
    if not (namespace.exists() and place.hosts_file.exists() and place.cgroup.exists()):
        raise LabFailed("there is no lab on this machine", hint="make one: `liftlock lab up`")
    group.mkdir(exist_ok=True)
    private = ["unshare", "--mount", "--propagation", "private", "--"]
    network = ["nsenter", f"--net={namespace}", "--"]
    return [*private, *network, "sh", "-c", ENTER, "sh", str(group), str(place.hosts_file), *command]


def bastion_environment(place: LabPlace, env: Mapping[str, str]) -> dict[str, str]:
    """`env` as a command on the bastion should see it: the lab's cloud chosen, our programs first, no proxies."""
    kept = {name: value for name, value in env.items() if not name.lower().endswith("_proxy")}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{env.get('PATH', '/usr/sbin:/usr/bin:/sbin:/bin')}",
        "OS_CLIENT_CONFIG_FILE": str(place.clouds_yaml),
        "OS_CLOUD": "lab",
        "LIFTLOCK_CLOUD_FILE": str(place.cloud_file),
    }


def run_in_bastion(
    command: Sequence[str], env: Mapping[str, str] | None = None, place: LabPlace | None = None
) -> NoReturn:
    """Become `command`, on the bastion; never returns. Its exit code is what our caller sees.

    Raises `LabFailed` if there is no lab. To run it as a child instead, use `bastion_command` and
    `bastion_environment`.
    """
    where = place or LabPlace.from_environment()
    argv = bastion_command(where, command)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(argv[0], argv, bastion_environment(where, os.environ if env is None else env))
