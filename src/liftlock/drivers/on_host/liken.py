"""On a new host: accounts, directories and files put in place as told, compared, and noted.

Nothing that is right already is touched. The note is taken away first and written last: a host with a note is complete.
"""

from __future__ import annotations

import base64
import fcntl
import grp
import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from liftlock.drivers.on_host.likeness import CERTIFICATES, MEMORY, Entry, entry, remembered
from liftlock.drivers.on_host.tree import remove, set_access
from liftlock.drivers.on_host.trees import below

LOCK = "/run/lock/liftlock-likeness"


def call(*words: str) -> None:
    """Run a program of the host that must end well."""
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"`{' '.join(words)}`: {ended.stderr.strip() or ended.stdout.strip()}")


def settle_group(wanted: dict[str, Any]) -> None:
    """Make the group, with its number."""
    try:
        found = grp.getgrnam(wanted["name"])
    except KeyError:
        call("groupadd", "--system", "--gid", str(wanted["gid"]), wanted["name"])
        return
    if found.gr_gid != wanted["gid"]:
        sys.exit(different("group", wanted["name"], found.gr_gid, wanted["gid"]))


def settle_user(wanted: dict[str, Any]) -> None:
    """Make the user, with its numbers; the home is made with the other directories."""
    try:
        found = pwd.getpwnam(wanted["name"])
    except KeyError:
        words = [
            "useradd",
            "--system",
            "--no-create-home",
            "--uid",
            str(wanted["uid"]),
            "--gid",
            str(wanted["gid"]),
        ]
        words += ["--home-dir", wanted["home"], "--shell", wanted["shell"], "--comment", wanted["about"]]
        call(*words, wanted["name"])
        return
    if (found.pw_uid, found.pw_gid) != (wanted["uid"], wanted["gid"]):
        there, here = f"{found.pw_uid}:{found.pw_gid}", f"{wanted['uid']}:{wanted['gid']}"
        sys.exit(different("user", wanted["name"], there, here))


def different(kind: str, name: str, found: object, wanted: object) -> str:
    """Why an account cannot be as it should."""
    return (
        f"the {kind} {name} has the number {found} here and should have {wanted}: "
        "files in shared folders would be somebody else's"
    )


def settle_accounts(wanted: dict[str, list[dict[str, Any]]]) -> None:
    """Make groups, users, and put users into groups."""
    for one in wanted["groups"]:
        settle_group(one)
    for one in wanted["users"]:
        settle_user(one)
    for one in wanted["groups"]:
        for member in set(one["members"]) - set(grp.getgrnam(one["name"]).gr_mem):
            call("usermod", "--append", "--groups", one["name"], member)


def owner(wanted: Entry) -> tuple[int, int]:
    """Numbers of the entry's owner on this host."""
    who, group = wanted["user"], wanted["group"]
    try:
        return (
            int(who) if who.isdigit() else pwd.getpwnam(who).pw_uid,
            int(group) if group.isdigit() else grp.getgrnam(group).gr_gid,
        )
    except KeyError:
        sys.exit(f"{wanted['path']} should belong to {who}:{group}, whom this host does not know")


def bare(found: Entry) -> Entry:
    """The entry without its content, which its hash stands for; a link has no access of its own."""
    left_out = ("content", "mode", "user", "group") if found["kind"] == "link" else ("content",)
    return {key: value for key, value in found.items() if key not in left_out}


def is_right(wanted: Entry) -> bool:
    """Whether the file system has exactly this."""
    path = Path(wanted["path"])
    if not path.is_symlink() and not path.exists():
        return False
    return bare(entry(path, contents=False)) == bare(wanted)


def put(wanted: Entry) -> None:
    """Make the file system have this, in one move."""
    path = Path(wanted["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    if wanted["kind"] == "directory":
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            remove(path)
        path.mkdir(exist_ok=True, mode=0o700)
        set_access(path, wanted["mode"], owner(wanted))
        return
    fresh = path.with_name(f".{path.name}.liftlock")
    remove(fresh)
    if wanted["kind"] == "link":
        fresh.symlink_to(wanted["link"])
    else:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into:
            into.write(base64.b64decode(wanted["content"]))
        set_access(fresh, wanted["mode"], owner(wanted))
    if path.is_dir() and not path.is_symlink():
        remove(path)
    fresh.replace(path)


def remove_strangers(directories: list[str], wanted: list[Entry]) -> None:
    """Away with whatever the directories hold that the other host's do not."""
    known = {one["path"] for one in wanted}
    for directory in directories:
        for path in reversed(below(Path(directory))):
            if str(path) not in known:
                remove(path)


def without_the_images(others: list[Entry], placed: list[str]) -> list[Entry]:
    """Files outside of the directories, but for those that the image brought: its own are newer."""
    return [one for one in others if one["path"] in placed or not os.path.lexists(one["path"])]


def settle(entries: list[Entry]) -> list[str]:
    """Put in place what is not; paths of what was put."""
    wrong = [one for one in entries if not is_right(one)]
    for one in wrong:
        put(one)
    return [one["path"] for one in wrong]


def use(paths: list[str]) -> None:
    """Let the system read what was put: authorities, temporary directories, units."""
    if any(path.startswith(f"{CERTIFICATES}/") for path in paths) and shutil.which("update-ca-certificates"):
        call("update-ca-certificates")
    temporary = [path for path in paths if path.startswith("/etc/tmpfiles.d/")]
    if temporary:
        call("systemd-tmpfiles", "--create", *temporary)
    call("systemctl", "daemon-reload")


def units_loaded(parts: list[str]) -> str:
    """The first part whose unit systemd does not take; empty if it takes all."""
    for part in parts:
        words = ["systemctl", "show", "--property=LoadState", "--value", f"{part}.service"]
        state = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        if state != "loaded":
            return f"systemd does not take the unit {part}.service ({state})"
    return ""


def note(memory: dict[str, Any]) -> None:
    """Write down that it is done."""
    path = Path(MEMORY)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}")
    fresh.write_text(json.dumps(memory))
    # What the note speaks of must be on the disk before it.
    os.sync()
    fresh.replace(path)


def main(*, found: dict[str, Any], directories: list[str], parts: list[str], memory: dict[str, Any]) -> None:
    """Make this host like the one `found` was collected on."""
    os.umask(0o022)
    with Path(LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        placed = remembered().get("placed", [])
        unmounted = [point for point in found["shared"] if not os.path.ismount(point)]
        if unmounted:
            sys.exit(
                f"nothing is mounted at {unmounted[0]}, where the other host's services share files with others"
            )
        Path(MEMORY).unlink(missing_ok=True)
        settle_accounts(found["accounts"])
        others = without_the_images(found["others"], placed)
        # Directories above their content.
        state = sorted(found["state"], key=lambda one: str(one["path"]))
        entries = [*state, *found["trees"], *found["singles"], *others]
        put_now = settle(entries)
        remove_strangers(directories, found["trees"])
        use(put_now)
        wrong = [one["path"] for one in entries if not is_right(one)]
        if wrong:
            sys.exit(f"{wrong[0]} did not become what it should be; who else writes there?")
        if complaint := units_loaded(parts):
            sys.exit(complaint)
        note({**memory, "placed": [one["path"] for one in others]})
        print(json.dumps({"put": put_now}))
