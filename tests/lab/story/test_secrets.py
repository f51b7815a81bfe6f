"""None of the lab's passwords stands in clear where it does not belong, after everything that was run.

Where they belong, and is left out by name: the lab's own folder of secrets, `clouds.yaml`, services' configuration
below `/etc/<service>`, their databases, and liftlock's backups of both, which only root can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tools.leaks import Secrets, secrets_in

from liftlock.drivers.provisioners.nspawn.place import LabPlace
from tests.lab.story.operator import Operator
from tests.lab.story.process_list import ProcessList

pytestmark = pytest.mark.lab

ON_HOSTS = {
    "process list": "ps axww -o pid,user,args",
    "programs' results": "grep -ra . /var/lib/liftlock /run/liftlock* 2>/dev/null || true",
    "leftovers": "find /tmp /var/tmp -xdev -type f -size -10M -exec tail -n +1 -v {} + 2>/dev/null || true",
    "names of leftovers": "find /tmp /var/tmp /run/liftlock* /var/lib/liftlock 2>/dev/null || true",
    "unit files": "cat /etc/systemd/system/*.service /etc/systemd/system/*/*.conf /run/systemd/transient/* "
    "/run/systemd/system/*/* 2>/dev/null || true",
    "transient units": "systemctl show --all 'liftlock-*' 2>/dev/null || true",
    "units": "systemctl show --all '*.service' --property=Id,ExecStart,ExecStartPre,Environment 2>/dev/null || true",
    "journal about liftlock": "journalctl --no-pager --output=short-full | grep -i liftlock || true",
    "journal of units": "journalctl --no-pager --output=cat --unit='liftlock-*' || true",
    "journal of ssh and sudo": "journalctl --no-pager --output=cat -t sudo -t sshd || true",
}
"""What it is -> a command that prints it; it changes nothing."""


@pytest.fixture(scope="module")
def sought() -> Secrets:
    """The lab's passwords and keys, and the key that opens its hosts."""
    place = LabPlace.from_environment()
    named: Mapping[str, str] = secrets_in(place.state / "secrets")
    assert len(named) > 10, "the lab has no secrets to look for"
    body = [line for line in place.key.read_text().splitlines() if line and "-----" not in line]
    # The first lines of every OpenSSH key say the same: what kind of key it is.
    return Secrets({**named, "SSH key": "\n".join(body[2:-1]) or body[-1]})


@pytest.fixture(scope="module")
def hosts(the_lab: Operator) -> tuple[str, ...]:
    """Names of the hosts that are up."""
    rows = the_lab.types("liftlock lab status -f json").json()
    found = tuple(row["Host"] for row in rows if row["State"] == "up")
    assert {"db1", "lb1"} <= set(found)
    return found


@pytest.fixture(scope="module", autouse=True)
def _something_is_done(the_lab: Operator, process_list: ProcessList) -> None:
    """A survey logs in everywhere; where there is an upgrade to make, its first stages back up and copy everything."""
    the_lab.bastion("liftlock assess")
    planned = the_lab.bastion("liftlock plan --to 2026.1 -o secrets.json")
    if planned.code == 0:
        the_lab.bastion("liftlock run --no-wait secrets.json").well()
        the_lab.bastion("liftlock rollback").well()
    for verb in (
        "status",
        "report",
        "audit",
        "verify",
        "status -f json",
        "report -f json --page secrets.html",
    ):
        the_lab.bastion(f"liftlock {verb}")
    assert any(b"liftlock assess" in line for line in process_list.command_lines), (
        "nobody looked at processes"
    )


def test_no_process_was_told_a_secret_on_its_command_line(sought: Secrets, process_list: ProcessList) -> None:
    assert len(process_list.command_lines) > 20
    assert sought.in_text("process list", process_list.text()) == []


def test_the_bastion_keeps_no_secret_in_state_plans_reports_and_logs(
    the_lab: Operator, sought: Secrets
) -> None:
    place = LabPlace.from_environment()
    state = place.state / "liftlock"
    assert (state / "journal.db").is_file()
    transcript = the_lab.folder / "transcript.txt"
    assert sought.in_files(state, the_lab.folder, left_out=[state / "backups", transcript]) == []
    # What a test looked up on a host is not liftlock's to keep; everything that liftlock itself printed is.
    entries = f"\n{transcript.read_text()}".split("\n$ ")
    printed = "\n".join(entry for entry in entries if not entry.startswith("liftlock lab exec -- ssh "))
    assert "liftlock assess" in printed
    assert sought.in_text("what liftlock printed", printed) == []
    # The cloud file refers to secrets; and what the lab's own daemon and hosts' makers log lies beside it.
    beside = [p for p in place.state.iterdir() if p.is_file() and p not in (place.key, place.clouds_yaml)]
    private = [
        p for p in beside if p.suffix in (".pem", ".key") or "PRIVATE KEY" in p.read_text(errors="replace")
    ]
    assert sought.in_files(*(p for p in beside if p not in private)) == []


def test_what_has_to_hold_secrets_is_only_roots(the_lab: Operator) -> None:
    place = LabPlace.from_environment()
    for path in (place.state / "liftlock", place.state / "secrets"):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in (place.key, place.clouds_yaml, place.state / "liftlock" / "journal.db"):
        inside_private = path.parent.stat().st_mode & 0o077 == 0
        assert path.stat().st_mode & 0o077 == 0 or inside_private, path


@pytest.mark.parametrize("what", ON_HOSTS)
def test_hosts_keep_no_secret_in_their(
    the_lab: Operator, hosts: tuple[str, ...], sought: Secrets, what: str
) -> None:
    found = [
        leak
        for host in hosts
        for leak in sought.in_text(f"{what} of {host}", the_lab.on_host(host, ON_HOSTS[what]))
    ]
    assert found == []


def test_a_secret_put_there_would_have_been_found(
    the_lab: Operator, hosts: tuple[str, ...], sought: Secrets, tmp_path: Path
) -> None:
    folder = LabPlace.from_environment().state / "secrets"
    secret = secrets_in(folder)["liftlock"]
    the_lab.on_host(hosts[0], "umask 077; mkdir /tmp/liftlock-planted")
    place = LabPlace.from_environment()
    try:
        # By file: a command line is what the other tests look at.
        key = [
            "-F",
            "none",
            "-i",
            str(place.key),
            "-o",
            f"UserKnownHostsFile={place.known_hosts}",
            "-o",
            "LogLevel=ERROR",
        ]
        copy = " ".join(
            ["scp", "-q", *key, str(folder / "liftlock"), f"root@{hosts[0]}:/tmp/liftlock-planted/x"]
        )
        the_lab.bastion(copy).well()
        shown = the_lab.on_host(hosts[0], ON_HOSTS["leftovers"])
        assert secret in shown
        assert [leak.secret for leak in sought.in_text("leftovers", shown)] == ["liftlock"]
    finally:
        the_lab.on_host(hosts[0], "rm -rf /tmp/liftlock-planted")
