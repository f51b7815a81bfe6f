"""`liftlock lab up`: a real cloud at a series on this machine.

Hosts are made outside; the cloud on them is set up by a process of its own inside the lab's bastion, since only
from there can hosts and front doors be reached.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from liftlock.drivers.deployers.venv.build import release_id
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.errors import LabFailed, LiftlockError
from liftlock.lab import cloudfile
from liftlock.lab.bastion import bastion_command, bastion_environment
from liftlock.lab.cloudware import authority, secrets
from liftlock.lab.cloudware.bring_up import BringUp
from liftlock.lab.cloudware.chores import Say
from liftlock.lab.cloudware.fitting import fittings
from liftlock.lab.cloudware.ground import Ground
from liftlock.lab.cloudware.setting import Setting
from liftlock.lab.hosts import LabHosts, lab_shell, wait_for_lock
from liftlock.lab.tenants import Tenants
from liftlock.lab.topology import topology


def say_to_terminal(line: str) -> None:
    """One line for the person who waits, at once."""
    # In one write: several threads tell at once.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def up(series: str = "2025.1", size: str = "tiny", say: Say = say_to_terminal) -> None:
    """Bring up a lab of `size` at `series`, from wherever it is: nothing, half done, powered off or healthy.

    Returns when every API answers at the front door and instances can be booted. On a cloud that was upgraded
    since, it only starts what does not run. Raises `LabFailed`.
    """
    started = time.monotonic()
    place = LabPlace.from_environment()
    LabHosts(place, say).up(topology(size), series)
    say(f"{time.monotonic() - started:6.1f} s  hosts answer")
    inside = [sys.executable, "-m", "liftlock.lab.up", series, size]
    # However we end, it ends with us: the next `up` must not meet it at work.
    command = ["setpriv", "--pdeathsig", "KILL", *bastion_command(place, inside)]
    code = subprocess.run(command, env=bastion_environment(place, os.environ), check=False).returncode
    if code:
        raise LabFailed(
            f"the cloud did not come up (code {code})",
            now="hosts are up; what is done stays done",
            hint="see above, then `liftlock lab up` again",
        )
    say(f"{time.monotonic() - started:6.1f} s  the lab is up")


def setting(place: LabPlace, series: str, size: str) -> Setting:
    """The lab's own facts and secrets; secrets that are not there yet are made."""
    made = secrets.load_or_make(place.state / "secrets", fittings())
    shape = topology(size)
    authority.make(place.state, shape.public_front_door)
    return Setting(series, shape, place.state, made)


def up_inside(series: str, size: str, say: Say = say_to_terminal) -> None:
    """The part of `up` that runs on the bastion: the cloud on hosts that answer SSH."""
    place = LabPlace.from_environment()
    with (place.state / "cloud.lock").open("w") as lock:
        wait_for_lock(lock)
        lab = setting(place, series, size)
        shell = lab_shell(place, lab.topology)
        try:
            # A cloud at another release than it was made with is somebody's work: only wake it.
            ours = Ground(lab, shell).release(lab.control.name) == release_id(series)
            cloud = BringUp(lab, shell, say, ours=ours)
            if ours:
                cloud.everything()
                furnish(lab, say)
            else:
                cloud.wake()
            cloudfile.write(lab, place)
        finally:
            shell.close()


def furnish(lab: Setting, say: Say) -> None:
    """Make what the prober boots servers from."""
    started = time.monotonic()
    if did := Tenants(lab).settle_for_probes():
        say(f"{time.monotonic() - started:6.1f} s  for the prober: {did}")


def main() -> int:
    """`python -m liftlock.lab.up SERIES SIZE`, on the bastion."""
    try:
        series, size = sys.argv[1:3]
        up_inside(series, size)
    except LiftlockError as error:
        print(error, file=sys.stderr, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
