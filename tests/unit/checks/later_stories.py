"""Clouds at which the checks of backups, runs elsewhere, keys, OVN, routers and held packages speak, and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from liftlock.checks.finding import ADVICE, BLOCKER, RISK
from liftlock.cloud.answers import UpgradeAnswer, UpgradeResult
from liftlock.cloud.model import Agent, Cloud, PlannedHost
from liftlock.cloud.traces import Backup, Elsewhere
from tests.clouds import DATABASES, TAKEN_AT, small_cloud, with_host
from tests.unit.checks.story import Story

CLOUD = small_cloud()
DAY = 86_400.0
KIM = "kim, process 7 on bastion-2, since 2026-11-29 08:00:00"
CRON = "/etc/cron.d/keystone"


def backups(*kept: Backup) -> Cloud:
    return replace(CLOUD, backups=kept)


def backup(days: float, *, proven: bool = True, databases: tuple[str, ...] = DATABASES) -> Backup:
    """One so many days old."""
    return Backup(f"{days:g}-days", TAKEN_AT - days * DAY, databases, proven)


def elsewhere(silent_s: float, *, alive: bool) -> Cloud:
    return replace(CLOUD, elsewhere=Elsewhere(KIM, silent_s, alive))


def rotated(due_in_s: float, cloud: Cloud = CLOUD) -> Cloud:
    return with_host(cloud, "ctl-blue", key_rotations={CRON: TAKEN_AT + due_in_s})


def ovn(controller: Mapping[str, str], northd: str = "25.03.1") -> Cloud:
    return with_host(with_host(CLOUD, "ctl-blue", ovn={"northd": northd}), "cmp1", ovn=controller)


def routers(cloud: Cloud = CLOUD, *, mode: str = "dvr", hosts: tuple[str, ...] = ("cmp1", "cmp2")) -> Cloud:
    """The cloud with L3 agents in this mode."""
    for name in hosts:
        cloud = with_host(
            cloud, name, options={**cloud.host(name).options, "neutron [DEFAULT] agent_mode": mode}
        )
    agents = tuple(
        Agent("neutron-l3-agent", "neutron", name, alive=True, enabled=True, seconds_since_report=4.0)
        for name in hosts
    )
    return replace(cloud, agents=(*cloud.agents, *agents))


def answered(*results: UpgradeResult, version: str = "33.0.2", code: int = 0, said: str = "") -> Cloud:
    """The cloud with what nova's upgrade check says."""
    return replace(CLOUD, upgrade_answers=(UpgradeAnswer("nova", "ctl-blue", version, code, results, said),))


FINE = UpgradeResult("Cells v2", 0)
WARNS = UpgradeResult("hw_machine_type unset", 1, "Run `nova-manage libvirt list_unset_machine_type`.")
FAILS = UpgradeResult("Older than N-1 computes", 2, "Too old.")
GREEN = replace(CLOUD, greens=(PlannedHost("ctl-green", "ctl-blue", 4096),))
OLDER = with_host(CLOUD, "cmp2", versions={**CLOUD.host("cmp2").versions, "neutron": "24.2.2"})


def untried(cloud: Cloud, says: str) -> Story:
    """Judged as it is: for a hop the plan makes a backup."""
    take = "`liftlock run backup.json --no-wait`"
    return Story("backup_untried", cloud, ADVICE, "harbour-town", says, take, "2025.1")


SPEAKS = [
    Story(
        "another_run", elsewhere(4.0, alive=True), BLOCKER, "harbour-town", KIM, "wait until the run is over"
    ),
    Story("another_run", elsewhere(9_000.0, alive=False), RISK, "harbour-town", "never ended", "resume"),
    untried(backups(), "no backup of all"),
    untried(backups(backup(1, databases=DATABASES[1:])), "no backup of all of the services' databases"),
    untried(
        backups(backup(2, proven=False), backup(1, proven=False)),
        "no backup was ever restored on the side, the newest (1-days) neither",
    ),
    untried(backups(backup(8), backup(1, proven=False)), "(8-days) is 8 days old"),
    Story(
        "key_rotation_due",
        rotated(3600.0),
        RISK,
        "ctl-blue",
        f"{CRON} rotates keystone's keys at 2026-",
        "stop",
    ),
    Story("key_rotation_due", rotated(-TAKEN_AT), RISK, "ctl-blue", "at some time"),
    Story("key_rotation_due", rotated(3600.0, GREEN), ADVICE, "ctl-blue", CRON, "the plan stops it"),
    Story(
        "packages_held",
        with_host(CLOUD, "cmp1", held=("libvirt-daemon", "linux-image-amd64", "nova-compute")),
        RISK,
        "cmp1",
        "hold libvirt-daemon, nova-compute",
        "apt-mark unhold libvirt-daemon nova-compute",
    ),
    Story(
        "ovn_versions_differ",
        ovn({"controller": "25.03.2", "match": "true"}),
        BLOCKER,
        "cmp1",
        "ovn-controller is 25.03.2, northd 25.03.1, and was told to match",
        "ovs-vsctl remove open . external_ids ovn-match-northd-version",
    ),
    Story(
        "ovn_versions_differ",
        ovn({"controller": "24.03.2"}),
        RISK,
        "cmp1",
        "controllers go first",
        "to 25.03.1",
    ),
    Story(
        "upgrade_check_warns",
        answered(FINE, WARNS, code=1),
        RISK,
        "nova/hw_machine_type-unset",
        "nova: hw_machine_type unset: Run `nova-manage libvirt list_unset_machine_type`",
        "nova-status upgrade check",
    ),
    Story(
        "upgrade_check_warns",
        answered(WARNS, FAILS, code=2),
        BLOCKER,
        "nova/Older-than-N-1-computes",
        "Too old",
    ),
    Story(
        "upgrade_check_warns",
        answered(code=255, said="DBNonExistentDatabase: no"),
        RISK,
        "nova",
        "gave no answer: DBNonExistentDatabase",
        "on ctl-blue: run",
    ),
    Story(
        "upgrade_check_warns",
        answered(WARNS, version="31.3.1"),
        RISK,
        "nova",
        "is 31.3.1, of 2025.1, not 2026.1",
        "--target-env",
    ),
    Story("routers_distributed", routers(), ADVICE, "harbour-town", "run on 2 hosts"),
    Story(
        "routers_distributed",
        routers(OLDER),
        RISK,
        "harbour-town",
        "of 2 versions: 24.2.2 on cmp2; 26.",
        "bring the hosts to one version",
    ),
]

SILENT = [
    ("upgrade_check_warns", CLOUD, "2026.1"),
    ("upgrade_check_warns", answered(FINE), "2026.1"),
    ("upgrade_check_warns", answered(FINE, version="ours"), "2026.1"),
    ("another_run", CLOUD, "2026.1"),
    ("backup_untried", backups(backup(6.9), backup(1, proven=False)), "2025.1"),
    ("backup_untried", replace(CLOUD, backups=None), "2025.1"),
    ("backup_untried", backups(), "2026.1"),
    ("key_rotation_due", rotated(25 * 3600.0), "2026.1"),
    ("packages_held", with_host(CLOUD, "cmp1", held=("linux-image-amd64", "novacom")), "2026.1"),
    ("ovn_versions_differ", ovn({"controller": "25.03.1", "match": "true"}), "2026.1"),
    ("ovn_versions_differ", ovn({"controller": "25.09.0"}), "2026.1"),
    (
        "ovn_versions_differ",
        with_host(CLOUD, "cmp1", ovn={"controller": "24.03.2", "match": "true"}),
        "2026.1",
    ),
    ("routers_distributed", routers(mode="legacy"), "2026.1"),
    ("routers_distributed", routers(hosts=("cmp1",)), "2026.1"),
    ("routers_distributed", routers(OLDER, hosts=("cmp1",)), "2026.1"),
]
