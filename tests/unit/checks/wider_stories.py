"""Clouds at which the checks of hosts, databases, broker, balancer and instances speak, and nearly the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from liftlock.checks.finding import ADVICE, BLOCKER, RISK
from liftlock.cloud.books import CellBook, Galera, OpenTransaction
from liftlock.cloud.compute import ServerGroup
from liftlock.cloud.model import AcceptedRisk, Cloud, FileSystem, NotAsked, PlannedHost, Queue, Unit
from liftlock.knowledge.heads import heads
from tests.clouds import (
    TAKEN_AT,
    small_cloud,
    with_agent,
    with_database_server,
    with_host,
    with_second_controller,
    with_unit,
)
from tests.unit.checks.story import Story

CLOUD = small_cloud()
TWO = with_second_controller(CLOUD)


def database(name: str, **changes: Any) -> Cloud:
    """The cloud with fields of one database replaced."""
    found = CLOUD.database_server.databases
    return with_database_server(
        CLOUD, databases=tuple(replace(d, **changes) if d.name == name else d for d in found)
    )


def broker(**changes: Any) -> Cloud:
    return replace(CLOUD, broker=replace(CLOUD.broker, **changes))


def balancer(**changes: Any) -> Cloud:
    return replace(CLOUD, balancers=tuple(replace(b, **changes) for b in CLOUD.balancers))


def compute(**changes: Any) -> Cloud:
    return replace(CLOUD, compute=replace(CLOUD.compute, **changes))


def instances(**changes: Any) -> Cloud:
    """The cloud with fields of its first instance replaced."""
    first, *others = CLOUD.compute.instances
    return compute(instances=(replace(first, **changes), *others))


def options(host: str, more: Mapping[str, str], cloud: Cloud = CLOUD) -> Cloud:
    return with_host(cloud, host, options={**cloud.host(host).options, **more})


def book(**changes: Any) -> Cloud:
    """The cloud with fields of nova's books replaced."""
    found = CLOUD.database_server.cell_book
    assert found
    return with_database_server(CLOUD, cell_book=replace(found, **changes))


def falls_after(fall: int) -> Cloud:
    (node,) = CLOUD.balancers
    return balancer(servers=tuple(replace(s, fall=fall) for s in node.servers))


def two_servers() -> Cloud:
    (node,) = CLOUD.balancers
    return balancer(servers=(*node.servers, *(replace(s, name="ctl-2") for s in node.servers)))


def group(policy: str, *members: str) -> Cloud:
    return compute(groups=(ServerGroup("g1", "masts", policy, members),))


def renamed_record() -> Cloud:
    """Records with a domain behind the host's name belong to the host."""
    return replace(
        CLOUD,
        agents=tuple(replace(a, host=f"{a.host}.harbour.example") for a in CLOUD.agents if "@" not in a.host),
    )


BOOK = CLOUD.database_server.cell_book or CellBook()
IDS = tuple(i.id for i in CLOUD.compute.instances)
OLD_UNIT = {"release": "", "since": TAKEN_AT - 100_000}
SYNCED = Galera("Synced", "Primary", 3, cache_mib=1024, written_mib_per_s=0.1)
GREEN = (PlannedHost("ctl-green", "ctl-blue", 8192),)
LINUXBRIDGE = {"neutron [ml2] mechanism_drivers": "openvswitch,linuxbridge"}
IMAGES = {"glance [files] filesystem_store_datadir": "/var/lib/glance/images"}
STORY_GREEN = replace(CLOUD, greens=GREEN)
ACCEPTED = AcceptedRisk("clocks_differ", "cmp1", "rey", "new battery on Monday", "2020-01-01")

SPEAKS = [
    Story(
        "process_stale",
        with_unit(CLOUD, "ctl-blue", "nova-conductor", release="2024.1-0a1b2c3d4e5f"),
        BLOCKER,
        "ctl-blue",
        "nova-conductor still runs 2024.1-0a1b2c3d4e5f, while 2025.1-3f2a91c04d7e is installed",
        "systemctl restart nova-conductor",
    ),
    Story(
        "process_stale", with_unit(CLOUD, "cmp1", "nova-compute", **OLD_UNIT), RISK, "cmp1", "the last switch"
    ),
    Story(
        "configuration_unread",
        with_host(CLOUD, "cmp1", configuration_since={"nova": TAKEN_AT - 1_000}),
        RISK,
        "cmp1",
        "the configuration of nova was changed after nova-compute had read it",
        "systemctl restart nova-compute",
    ),
    Story(
        "libraries_replaced",
        with_unit(CLOUD, "cmp1", "nova-compute", replaced=("libssl.so.3",)),
        ADVICE,
        "cmp1",
        "1 programs use libraries that were replaced on disk: libssl.so.3",
    ),
    Story(
        "python_too_old",
        with_host(CLOUD, "ctl-blue", python="3.9.2"),
        BLOCKER,
        "ctl-blue",
        "needs 3.10 or newer",
    ),
    Story("python_too_old", with_host(CLOUD, "cmp1", python="3.9.2"), RISK, "cmp1", "Python 3.9.2"),
    Story(
        "virtualization_too_old",
        with_host(CLOUD, "cmp1", libvirt="7.0.0"),
        RISK,
        "cmp1",
        "libvirt 7.0.0; nova-compute of 2026.1 starts from 8.0.0 on",
    ),
    Story(
        "virtualization_too_old",
        with_host(CLOUD, "cmp1", qemu="7.2.22"),
        ADVICE,
        "cmp1",
        "will ask for 8.2.2",
    ),
    Story(
        "policy_files_differ",
        with_host(TWO, "ctl-2", policies={"/etc/nova/policy.yaml": "2 rules, 5f2c"}),
        RISK,
        "/etc/nova/policy.yaml",
        "2 rules, 5f2c on ctl-2; none on ctl-blue",
    ),
    Story(
        "policy_in_json",
        with_host(CLOUD, "ctl-blue", policies={"/etc/nova/policy.json": "2 rules, 5f2c"}),
        RISK,
        "/etc/nova/policy.json",
        "nova reads it only while no policy.yaml is beside it",
        "oslopolicy-convert-json-to-yaml",
    ),
    Story(
        "schema_of_another_series",
        database("heat", revisions=heads()["2026.1"]["heat"]),
        RISK,
        "heat",
        "has the schema of 2026.1, while 2025.1 runs",
        "liftlock audit",
    ),
    Story(
        "schema_of_another_series",
        database("nova", revisions=heads()["2024.1"]["nova"]),
        BLOCKER,
        "nova",
        "has the schema of 2024.1",
        "finish the migrations of 2025.1",
    ),
    Story(
        "cells_incomplete", book(cells=BOOK.cells[1:]), BLOCKER, "nova_api", "no cell0 is mapped", "map_cell0"
    ),
    Story(
        "cells_incomplete",
        book(cells=(BOOK.cells[0], replace(BOOK.cells[1], disabled=True))),
        BLOCKER,
        "nova_api",
        "no cell beside cell0 is mapped and enabled",
    ),
    Story(
        "cells_incomplete",
        book(cells=(*BOOK.cells, replace(BOOK.cells[1], name="cell2", database="nova_cell2"))),
        RISK,
        "cell2",
        "its database nova_cell2 is not on this server",
    ),
    Story(
        "computes_unmapped",
        book(hosts_unmapped=("cmp2",)),
        RISK,
        "nova_api",
        "1 compute hosts",
        "discover_hosts",
    ),
    Story(
        "instances_unmapped", book(instances_unmapped=2), RISK, "nova_api", "2 instances belong to no cell"
    ),
    Story(
        "online_migrations_pending",
        database("nova", unmigrated={"populate_instance_compute_id": 7}),
        RISK,
        "nova",
        "populate_instance_compute_id 7 rows left",
        "nova-manage db online_data_migrations",
    ),
    Story(
        "soft_deleted_rows",
        database("cinder", soft_deleted={"volumes": 10_000, "snapshots": 5}),
        ADVICE,
        "cinder",
        "10000 in volumes",
        "cinder-manage db purge",
    ),
    Story(
        "tables_not_transactional",
        database("heat", odd_engines={"stack": "MyISAM"}),
        RISK,
        "heat",
        "1 tables are not in InnoDB: stack (MyISAM)",
        "ALTER TABLE heat.stack ENGINE=InnoDB",
    ),
    Story(
        "character_sets_mixed",
        database("neutron", odd_collations={"tags": "utf8mb4_bin", "ports": "latin1_swedish_ci"}),
        RISK,
        "neutron",
        "1 tables have another character set than the others: ports (latin1_swedish_ci)",
    ),
    Story("table_copied", database("neutron", largest={"tags": 256.0}), RISK, "neutron", "tags 256 MiB"),
    Story(
        "database_read_only",
        with_database_server(CLOUD, read_only=True),
        BLOCKER,
        "database server",
        "read-only",
    ),
    Story(
        "database_partly_read",
        with_database_server(CLOUD, unread=("nova's cells: SELECT",)),
        RISK,
        "nova's cells",
        "our account lacks SELECT",
        "GRANT SELECT ON",
    ),
    Story(
        "transaction_forgotten",
        with_database_server(CLOUD, transactions=(OpenTransaction(143, "heat from 10.77.0.21:47558", 160),)),
        RISK,
        "session 143",
        "heat from 10.77.0.21:47558 has had a transaction open for 160 s",
        "KILL 143",
    ),
    Story(
        "galera_not_synced",
        with_database_server(CLOUD, galera=replace(SYNCED, state="Donor/Desynced")),
        BLOCKER,
        "database server",
        "is Donor/Desynced",
    ),
    Story(
        "galera_not_synced",
        with_database_server(CLOUD, galera=replace(SYNCED, size=2)),
        RISK,
        "database server",
        "sees 2 node(s) of its cluster",
    ),
    Story(
        "galera_needs_copy",
        with_database_server(CLOUD, galera=replace(SYNCED, cache_mib=128.0)),
        RISK,
        "database server",
        "128 MiB of writes, about 21 minutes",
        "gcache.size=1G",
    ),
    Story(
        "broker_alarm",
        broker(alarms=("memory on rabbit@db1",)),
        BLOCKER,
        "broker",
        "short of memory on rabbit@db1",
    ),
    Story(
        "broker_cluster_broken",
        broker(partitions=("rabbit@a does not see rabbit@b",)),
        BLOCKER,
        "broker",
        "rabbit@a does not see rabbit@b",
    ),
    Story(
        "broker_cluster_broken",
        broker(members=("rabbit@db1", "rabbit@db2")),
        RISK,
        "broker",
        "misses rabbit@db2",
        "forget_cluster_node rabbit@db2",
    ),
    Story(
        "feature_flags_missing",
        broker(flags_off=("stream_queue",)),
        ADVICE,
        "broker",
        "stream_queue are not enabled",
    ),
    Story(
        "queues_mirrored",
        broker(mirroring=("ha-all of /",)),
        RISK,
        "broker",
        "mirrored by policy: ha-all of /",
    ),
    Story(
        "queue_unread",
        broker(unread=(Queue("/", "notifications.info", 100), Queue("/", "reply_1", 99))),
        RISK,
        "/",
        "messages wait in 1 queues that nobody reads: notifications.info 100",
        "rabbitmqctl purge_queue -p / notifications.info",
    ),
    Story(
        "worker_deaf",
        broker(unread=(Queue("/", "compute.cmp1"),)),
        BLOCKER,
        "cmp1",
        "takes no calls",
        "nova-compute",
    ),
    Story(
        "options_differ",
        options("ctl-2", {"nova [DEFAULT] service_down_time": "30"}, TWO),
        RISK,
        "nova",
        "[DEFAULT] service_down_time is 30 on ctl-2; not set on ctl-blue",
    ),
    Story(
        "rpc_pinned",
        options("cmp1", {"nova [upgrade_levels] compute": "2024.1"}),
        RISK,
        "nova",
        "[upgrade_levels] compute = 2024.1, on cmp1",
    ),
    Story(
        "version_guard_off",
        options("ctl-blue", {"nova [workarounds] disable_compute_service_check_for_ffu": "True"}),
        RISK,
        "nova",
        "switched off on ctl-blue",
    ),
    Story(
        "driver_removed",
        options("ctl-blue", LINUXBRIDGE),
        BLOCKER,
        "neutron",
        "names linuxbridge on ctl-blue",
    ),
    Story("driver_removed", options("cmp1", LINUXBRIDGE), RISK, "neutron", "names linuxbridge on cmp1"),
    Story(
        "service_tokens_optional",
        options("ctl-blue", {"nova [keystone_authtoken] service_token_roles_required": "false"}),
        ADVICE,
        "harbour-town",
        "nova do not ask for service tokens",
    ),
    Story(
        "images_on_one_host",
        options("ctl-blue", IMAGES, STORY_GREEN),
        RISK,
        "ctl-blue",
        "keeps images in /var/lib/glance/images",
    ),
    Story(
        "volumes_on_computes",
        with_host(CLOUD, "cmp1", units=(*CLOUD.host("cmp1").units, Unit("cinder-volume", active=True))),
        RISK,
        "cmp1",
        "is a compute host and runs cinder-volume",
    ),
    Story(
        "instances_in_transition", instances(task="migrating"), ADVICE, "nova", "1 instances are migrating"
    ),
    Story("instances_in_error", instances(status="ERROR"), ADVICE, "nova", "1 instances are in error"),
    Story(
        "instances_bound",
        instances(bound_by=("PCI device",)),
        ADVICE,
        "PCI device",
        "1 instances cannot be live-migrated (PCI device), on 1 hosts: cmp1",
    ),
    Story(
        "capacity_short",
        instances(memory_mib=12_289),
        RISK,
        "quay",
        "no room to empty cmp1: its instances use 12289 MiB, the other 1 hosts have 12288 MiB free",
    ),
    Story(
        "group_without_target", group("anti-affinity", *IDS), ADVICE, "masts", "has a member on every host"
    ),
    Story("server_alone", CLOUD, ADVICE, "lb1", "one server each for cinder, glance"),
    Story("balancer_forgets", balancer(keeps_state=False), RISK, "lb1", "forgets its servers' states"),
    Story(
        "balancer_replays", balancer(retries_on=("empty-response",)), RISK, "lb1", "again on empty-response"
    ),
    Story("balancer_impatient", balancer(check_s=5.0), RISK, "lb1", "timeout check 5 s"),
    Story("balancer_impatient", falls_after(2), RISK, "lb1", "fall under 3 for cinder, glance"),
    Story(
        "filesystem_full",
        with_host(CLOUD, "db1", filesystems=(FileSystem("/var", 100_000, 4_900),)),
        RISK,
        "db1",
        "/var has 4900 MiB",
    ),
    Story(
        "filesystem_full",
        with_host(CLOUD, "db1", filesystems=(FileSystem("/var", 100_000, 900),)),
        BLOCKER,
        "db1",
        "/var has 900 MiB",
    ),
    Story(
        "filesystem_read_only",
        with_host(CLOUD, "cmp1", filesystems=(FileSystem("/var/lib/nova", 9_000, 8_000, writable=False),)),
        BLOCKER,
        "cmp1",
        "/var/lib/nova is read-only",
    ),
    Story(
        "name_drift",
        with_host(
            CLOUD, "cmp1", hostname="cmp1.harbour.example", options={"nova [libvirt] cpu_mode": "none"}
        ),
        RISK,
        "cmp1",
        "would call itself cmp1.harbour.example after a restart, and its record is cmp1",
        "[DEFAULT] host = cmp1",
    ),
    Story(
        "reboot_wanted",
        with_host(CLOUD, "db1", reboot_wanted=True),
        ADVICE,
        "harbour-town",
        "for a reboot: db1",
    ),
    Story(
        "compute_undeclared",
        replace(CLOUD, hosts=tuple(h for h in CLOUD.hosts if h.name != "cmp2")),
        RISK,
        "nova-compute",
        "reports from 1 hosts that the cloud file does not have: cmp2",
    ),
    Story(
        "not_asked",
        replace(CLOUD, not_asked=(NotAsked("the hosts", "what runs on them", "an SSH key: `access`"),)),
        RISK,
        "the hosts",
        "the hosts were not asked, so nobody knows what runs on them",
        "give an SSH key",
    ),
    Story(
        "not_asked",
        replace(
            CLOUD, not_asked=(NotAsked("the records", "which are dead", "the role `admin`", "it may not"),)
        ),
        RISK,
        "the records",
        "the records were not told to this account, so nobody knows which are dead",
        "give the role `admin`",
    ),
    Story(
        "risk_expired",
        replace(CLOUD, accepted_risks=(ACCEPTED,)),
        RISK,
        "clocks_differ:cmp1",
        "was accepted by rey until 2020-01-01",
        "liftlock risk withdraw clocks_differ:cmp1",
    ),
]

SILENT = [
    ("process_stale", CLOUD, "2026.1"),
    ("process_stale", with_unit(CLOUD, "cmp1", "nova-compute", active=False, **OLD_UNIT), "2026.1"),
    (
        "process_stale",
        with_unit(CLOUD, "cmp1", "nova-compute", release="", since=TAKEN_AT - 80_000),
        "2026.1",
    ),
    (
        "configuration_unread",
        with_host(CLOUD, "cmp1", configuration_since={"nova": TAKEN_AT - 86_350}),
        "2026.1",
    ),
    ("configuration_unread", with_host(CLOUD, "cmp1", configuration_since={"heat": TAKEN_AT}), "2026.1"),
    ("libraries_replaced", CLOUD, "2026.1"),
    ("python_too_old", with_host(CLOUD, "ctl-blue", python="3.10.0"), "2026.1"),
    ("python_too_old", with_host(CLOUD, "db1", python="3.9.2"), "2026.1"),
    ("virtualization_too_old", with_host(CLOUD, "cmp1", libvirt="10.0.0", qemu="8.2.2"), "2026.1"),
    ("policy_files_differ", with_host(TWO, "ctl-2", configuration={}, policies={}), "2026.1"),
    ("policy_files_differ", with_host(CLOUD, "ctl-blue", policies={"/etc/nova/policy.yaml": "x"}), "2026.1"),
    ("policy_in_json", with_host(CLOUD, "ctl-blue", policies={"/etc/nova/policy.yaml": "x"}), "2026.1"),
    (
        "policy_in_json",
        options(
            "ctl-blue",
            {"nova [oslo_policy] policy_file": "policy.json"},
            with_host(CLOUD, "ctl-blue", policies={"/etc/nova/policy.json": "x"}),
        ),
        "2026.1",
    ),
    ("schema_of_another_series", database("heat", revisions=("0123456789ab",)), "2026.1"),
    ("schema_of_another_series", database("heat", revisions=()), "2026.1"),
    ("cells_incomplete", CLOUD, "2026.1"),
    ("cells_incomplete", with_database_server(CLOUD, cell_book=None), "2026.1"),
    ("cells_incomplete", book(cells=(BOOK.cells[0], replace(BOOK.cells[1], database="{path}"))), "2026.1"),
    ("computes_unmapped", CLOUD, "2026.1"),
    ("instances_unmapped", CLOUD, "2026.1"),
    ("online_migrations_pending", CLOUD, "2026.1"),
    ("soft_deleted_rows", database("cinder", soft_deleted={"volumes": 9_999}), "2026.1"),
    (
        "tables_not_transactional",
        replace(database("heat", odd_engines={"a": "MyISAM"}), services=()),
        "2026.1",
    ),
    ("character_sets_mixed", database("neutron", odd_collations={"tags": "utf8mb4_bin"}), "2026.1"),
    ("character_sets_mixed", database("nova", odd_collations={"inventories": "latin1_swedish_ci"}), "2026.1"),
    ("table_copied", database("neutron", largest={"tags": 255.0}), "2026.1"),
    ("table_copied", database("heat", largest={"stack": 9_000.0}), "2026.1"),
    ("database_read_only", with_database_server(CLOUD, reachable=False, read_only=True), "2026.1"),
    ("database_partly_read", CLOUD, "2026.1"),
    ("transaction_forgotten", CLOUD, "2026.1"),
    ("galera_not_synced", with_database_server(CLOUD, galera=SYNCED), "2026.1"),
    ("galera_needs_copy", with_database_server(CLOUD, galera=replace(SYNCED, cache_mib=180.0)), "2026.1"),
    (
        "galera_needs_copy",
        with_database_server(CLOUD, galera=replace(SYNCED, written_mib_per_s=0.0)),
        "2026.1",
    ),
    ("broker_alarm", CLOUD, "2026.1"),
    ("broker_cluster_broken", broker(reachable=False, members=("a",), running=()), "2026.1"),
    ("feature_flags_missing", CLOUD, "2026.1"),
    ("queues_mirrored", CLOUD, "2026.1"),
    ("queue_unread", broker(unread=(Queue("/", "notifications.info", 99),)), "2026.1"),
    ("worker_deaf", broker(unread=(Queue("/", "compute.cmp7"), Queue("/", "reply_1"))), "2026.1"),
    (
        "worker_deaf",
        with_agent(broker(unread=(Queue("/", "compute.cmp1"),)), "nova-compute", "cmp1", alive=False),
        "2026.1",
    ),
    (
        "worker_deaf",
        with_unit(broker(unread=(Queue("/", "compute.cmp1"),)), "cmp1", "nova-compute", active=False),
        "2026.1",
    ),
    (
        "worker_deaf",
        with_unit(broker(unread=(Queue("/", "compute.cmp1"),)), "cmp1", "nova-compute", since=TAKEN_AT - 100),
        "2026.1",
    ),
    ("options_differ", options("ctl-2", {"nova [DEFAULT] host": "ctl-2"}, TWO), "2026.1"),
    (
        "options_differ",
        with_host(options("ctl-2", {"nova [DEFAULT] service_down_time": "3"}, TWO), "ctl-2", reachable=False),
        "2026.1",
    ),
    ("rpc_pinned", options("cmp1", {"nova [upgrade_levels] compute": "Auto"}), "2026.1"),
    (
        "version_guard_off",
        options("ctl-blue", {"nova [workarounds] disable_compute_service_check_for_ffu": "no"}),
        "2026.1",
    ),
    ("driver_removed", options("ctl-blue", {"neutron [ml2] mechanism_drivers": "openvswitch"}), "2026.1"),
    ("driver_removed", options("ctl-blue", LINUXBRIDGE, small_cloud("2024.1")), "2024.1"),
    ("service_tokens_optional", CLOUD, "2026.1"),
    ("images_on_one_host", options("ctl-blue", IMAGES), "2026.1"),
    (
        "images_on_one_host",
        options("ctl-blue", {"glance [files] filesystem_store_datadir": "/srv/shared/images"}, STORY_GREEN),
        "2026.1",
    ),
    ("volumes_on_computes", CLOUD, "2026.1"),
    ("instances_in_transition", CLOUD, "2026.1"),
    ("instances_in_error", CLOUD, "2026.1"),
    ("instances_bound", instances(bound_by=("PCI device",), status="SHUTOFF"), "2026.1"),
    ("instances_bound", instances(bound_by=("dedicated CPUs",)), "2026.1"),
    ("capacity_short", instances(memory_mib=12_288), "2026.1"),
    ("group_without_target", group("anti-affinity", IDS[0]), "2026.1"),
    ("group_without_target", group("soft-anti-affinity", *IDS), "2026.1"),
    ("server_alone", two_servers(), "2026.1"),
    ("balancer_forgets", balancer(keeps_state=None), "2026.1"),
    ("balancer_replays", CLOUD, "2026.1"),
    ("balancer_impatient", balancer(check_s=0.0), "2026.1"),
    ("filesystem_full", with_host(CLOUD, "db1", filesystems=(FileSystem("/boot", 500, 100),)), "2026.1"),
    (
        "filesystem_read_only",
        with_host(CLOUD, "db1", filesystems=(FileSystem("/mnt/iso", 9, 9, 9, False),)),
        "2026.1",
    ),
    ("name_drift", with_host(CLOUD, "cmp1", hostname="cmp1.harbour.example"), "2026.1"),
    ("reboot_wanted", CLOUD, "2026.1"),
    ("compute_undeclared", renamed_record(), "2026.1"),
    ("compute_undeclared", replace(CLOUD, hosts=()), "2026.1"),
    ("not_asked", CLOUD, "2026.1"),
    ("risk_expired", replace(CLOUD, accepted_risks=(replace(ACCEPTED, until="2099-01-01"),)), "2026.1"),
]
