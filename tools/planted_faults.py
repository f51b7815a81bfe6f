"""What can be wrong with the lab: how it is planted, what must be found then, how it is taken out; and the clean lab.

Data for `plant.py`. Of what needs no second cloud, two checks have no fault here: `backup_untried` speaks where there
was no plan yet and is silent about a hop, and `routers_distributed` wants L3 agents, of which the lab has none.
"""

# ruff: noqa: S608  (statements of our own)

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

CLEAN: Mapping[str, str] = {
    "options_removed:nova": "[api] auth_strategy, which nova does not have any more: green's file goes without it",
    "options_renamed:neutron": "[ml2] tenant_network_types: its new name is unknown to 2025.1",
    "options_leaving:cinder": "[DEFAULT] api_paste_config: the files of the release are named by their own path",
    "options_leaving:neutron": "[DEFAULT] api_paste_config: as cinder's",
    "defaults_changed:neutron": "nobody sets vlan_qinq, vlan_transparent or fdb_age_threshold; nothing rests on them",
    "defaults_changed:nova": "sync_power_state_pool_size: the lab's computes do not compare power states",
    "policy_widened:nova": "what a project's manager may do: nobody has that role in the lab",
    "server_alone:lb1": "the lab has one control host; the lift puts a second beside it",
    "staging_on_one_host:ctl-blue": "images in flight stay on the host that took them; the lab imports none",
}
"""Finding on a lab at 2025.1 that nobody has touched, judged for 2026.1 -> why it is there, and stays."""
KEPT = "/root/planted"
"""Where the original of a file waits on its host."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with one host, and how it is made right again."""

    finds: tuple[str, ...]
    """Names of findings, or how they begin: the first must be found, the others may follow from the same fault."""
    host: str
    """Where both commands are typed, as root."""
    plant: str
    undo: str
    settle_s: float = 0.0
    """How long until it shows, in seconds."""
    asks: tuple[str, ...] = ()
    """More words for `liftlock assess`, without which nobody looks there."""

    @property
    def check(self) -> str:
        """Name of the check it is for."""
        return self.finds[0].partition(":")[0]


def edit(file: str, expression: str) -> tuple[str, str]:
    """A `sed` on a file that keeps its date, so that only its content is wrong; and the way back."""
    there = shlex.quote(file)
    plant = f"cp -p {there} {KEPT} && sed -i {shlex.quote(expression)} {there} && touch -r {KEPT} {there}"
    return f"{plant} && ! cmp -s {KEPT} {there}", f"cp -p {KEPT} {there} && rm {KEPT}"


def sql(statement: str) -> str:
    """A statement as root of the database server."""
    return f"mariadb -e {shlex.quote(statement)}"


def on_file(finds: str, host: str, file: str, expression: str) -> Fault:
    """A fault that is an edit."""
    return Fault((finds,), host, *edit(file, expression))


NOVA, HAPROXY = "/etc/nova/nova.conf", "/etc/haproxy/haproxy.cfg"
SERVICE = (
    "INSERT INTO nova.services (host, `binary`, topic, report_count, disabled, deleted, version, updated_at, "
)
SERVICE += (
    "uuid) VALUES ('cmp9', 'nova-compute', 'compute', 1, 0, 0, {version}, NOW() - INTERVAL 1 DAY, UUID())"
)
NO_SERVICE = "DELETE FROM nova.services WHERE host = 'cmp9'"
LOST = "deadbeef-0000-4000-8000-000000000000"
PUBLISH = """
import configparser, kombu
read = configparser.ConfigParser(interpolation=None, strict=False); read.read("/etc/heat/heat.conf")
with kombu.Connection(read["DEFAULT"]["transport_url"].replace("rabbit://", "amqp://")) as broker:
    queue = kombu.Queue("planted", channel=broker.channel(), durable=True, auto_delete=False); queue.declare()
    for _ in range(120): broker.Producer().publish("x", routing_key="planted")
"""
UNPUBLISH = PUBLISH.replace("queue.declare()", "queue.delete(); exit()")
LEASE = (
    "CREATE DATABASE IF NOT EXISTS liftlock; "
    "CREATE TABLE IF NOT EXISTS liftlock.lease (cloud VARCHAR(255) PRIMARY KEY, epoch BIGINT NOT NULL, "
    "holder TEXT NOT NULL, bastion VARCHAR(512) NOT NULL, held BOOLEAN NOT NULL, renewed TIMESTAMP(6) NOT NULL); "
    "INSERT INTO liftlock.lease VALUES ('lab', 1, "
    """'{"who": "planted", "pid": 7, "host": "elsewhere", "since": 0}', 'elsewhere:/planted', TRUE, """
    "NOW(6) - INTERVAL 1 DAY) ON DUPLICATE KEY UPDATE holder = VALUES(holder), bastion = VALUES(bastion), "
    "held = TRUE, renewed = VALUES(renewed)"
)
"""A run on another bastion that was never ended; the table as liftlock makes it."""
NO_LEASE = "UPDATE liftlock.lease SET held = FALSE WHERE bastion = 'elsewhere:/planted'"
TABLE = """\
+----------------------------------+
| Upgrade Check Results            |
+----------------------------------+
| Check: Planted                   |
| Result: Warning                  |
| Details: Nothing is wrong.       |
+----------------------------------+
"""
STATUS = f"#!/bin/sh\ncat <<'END'\n{TABLE}END\nexit 1\n"


def program(path: str, text: str) -> str:
    """Puts a program there that prints what it is told to."""
    return f"printf %s {shlex.quote(text)} | install -D -m 755 /dev/stdin {shlex.quote(path)}"


def tells(path: str, version: str) -> str:
    """Puts a program there that tells this version of itself."""
    return program(path, f"#!/bin/sh\necho {path.rpartition('/')[2]} {version}\n")


FAULTS = (
    Fault(
        ("process_stale:cmp1",),
        "cmp1",
        # The same release under another name: what is loaded late is still found.
        f"cd /opt/openstack && readlink current > {KEPT} && mkdir 2025.1-planted && "
        f'for f in "$(cat {KEPT})"/*; do ln -s "../$f" 2025.1-planted/; done && ln -sfn 2025.1-planted current',
        f'cd /opt/openstack && ln -sfn "$(cat {KEPT})" current && rm -r 2025.1-planted && rm {KEPT}',
    ),
    Fault(
        ("configuration_unread:cmp1",),
        "cmp1",
        f"stat -c %Y {NOVA} > {KEPT} && touch {NOVA}",
        f'touch -d "@$(cat {KEPT})" {NOVA} && rm {KEPT}',
    ),
    Fault(
        ("libraries_replaced:cmp1",),
        "cmp1",
        "f=$(readlink -f /lib/x86_64-linux-gnu/libz.so.1) && cp -a $f $f.planted && mv -f $f.planted $f",
        "systemctl restart nova-compute neutron-openvswitch-agent",
        settle_s=5,
    ),
    Fault(
        ("policy_in_json:/etc/nova/policy.json",),
        "ctl-blue",
        "echo '{}' > /etc/nova/policy.json && touch -d 2000-01-01 /etc/nova/policy.json",
        "rm /etc/nova/policy.json",
    ),
    Fault(
        ("schema_of_another_series:heat",),
        "db1",
        sql(
            "UPDATE heat.alembic_version SET version_num = '97b2a986f922' WHERE version_num = 'c6214ca60943'"
        ),
        sql(
            "UPDATE heat.alembic_version SET version_num = 'c6214ca60943' WHERE version_num = '97b2a986f922'"
        ),
    ),
    Fault(
        ("instances_unmapped:nova_api",),
        "db1",
        sql(
            "INSERT INTO nova_api.instance_mappings (instance_uuid, project_id, queued_for_delete, user_id) "
            f"VALUES ('{LOST}', 'planted', 0, 'planted')"
        ),
        sql(f"DELETE FROM nova_api.instance_mappings WHERE instance_uuid = '{LOST}'"),
    ),
    Fault(
        ("mappings_orphaned:nova_api",),
        "db1",
        sql(
            "INSERT INTO nova_api.instance_mappings (instance_uuid, cell_id, project_id, queued_for_delete, user_id) "
            f"SELECT '{LOST}', id, 'planted', 0, 'planted' FROM nova_api.cell_mappings "
            "WHERE uuid <> '00000000-0000-0000-0000-000000000000' LIMIT 1"
        ),
        sql(f"DELETE FROM nova_api.instance_mappings WHERE instance_uuid = '{LOST}'"),
    ),
    Fault(
        ("workers_removed:neutron-linuxbridge-agent",),
        "db1",
        # Its last sign of life is still to come: nobody takes it for dead.
        sql(
            "INSERT INTO neutron.agents (id, agent_type, `binary`, topic, host, admin_state_up, created_at, "
            "started_at, heartbeat_timestamp, configurations, `load`) VALUES (UUID(), 'Linux bridge agent', "
            "'neutron-linuxbridge-agent', 'N/A', 'cmp1', 1, UTC_TIMESTAMP(), UTC_TIMESTAMP(), "
            "UTC_TIMESTAMP() + INTERVAL 1 HOUR, '{}', 0)"
        ),
        sql("DELETE FROM neutron.agents WHERE `binary` = 'neutron-linuxbridge-agent'"),
    ),
    Fault(
        ("online_migrations_pending:nova",),
        "db1",
        sql("INSERT INTO nova.migrations (status, deleted) VALUES ('done', 0)"),
        sql("DELETE FROM nova.migrations WHERE uuid IS NULL"),
    ),
    Fault(
        ("tables_not_transactional:heat",),
        "db1",
        sql("CREATE TABLE heat.planted (line INT) ENGINE=MyISAM"),
        sql("DROP TABLE heat.planted"),
    ),
    Fault(
        ("character_sets_mixed:heat",),
        "db1",
        sql("CREATE TABLE heat.planted (line VARCHAR(9)) CHARACTER SET latin1"),
        sql("DROP TABLE heat.planted"),
    ),
    Fault(
        ("transaction_forgotten:session",),
        "db1",
        "systemd-run --quiet --collect --unit=planted "
        + sql("START TRANSACTION; SELECT COUNT(*) FROM heat.stack; DO SLEEP(1200)"),
        "mariadb -N -e \"SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist "
        "WHERE info = 'DO SLEEP(1200)'\" | mariadb",
        settle_s=65,
    ),
    Fault(
        ("database_connections:database server", "two_colours:database server"),
        "db1",
        f"mariadb -N -e 'SELECT @@max_connections' > {KEPT} && "
        "peak=$(mariadb -N -e \"SHOW GLOBAL STATUS LIKE 'Max_used_connections'\" | cut -f2) && "
        'mariadb -e "SET GLOBAL max_connections = $((peak * 115 / 100))"',
        f'mariadb -e "SET GLOBAL max_connections = $(cat {KEPT})" && rm {KEPT}',
    ),
    Fault(("stale_service_records:cmp9",), "db1", sql(SERVICE.format(version=68)), sql(NO_SERVICE)),
    Fault(
        ("agents_too_old:cmp9", "stale_service_records:cmp9"),
        "db1",
        sql(SERVICE.format(version=60)),
        sql(NO_SERVICE),
    ),
    Fault(
        ("broker_alarm:broker", "stale_service_records", "broker_backlog"),
        "db1",
        "rabbitmqctl -q set_vm_memory_high_watermark 0.00001",
        "rabbitmqctl -q set_vm_memory_high_watermark 0.4",
        settle_s=20,
    ),
    Fault(
        ("queues_mirrored:broker",),
        "db1",
        "rabbitmqctl -q set_policy planted '^planted$' '{\"ha-mode\":\"all\"}'",
        "rabbitmqctl -q clear_policy planted",
    ),
    Fault(
        ("queue_unread:/",),
        "ctl-blue",
        f"/opt/openstack/current/bin/python -c {shlex.quote(PUBLISH)}",
        f"/opt/openstack/current/bin/python -c {shlex.quote(UNPUBLISH)}",
    ),
    on_file("rpc_pinned:nova", "cmp1", NOVA, "s/^compute = auto/compute = 6.4/"),
    on_file(
        "version_guard_off:nova",
        "ctl-blue",
        NOVA,
        "$a [workarounds]\\ndisable_compute_service_check_for_ffu = true",
    ),
    on_file(
        "driver_removed:neutron",
        "ctl-blue",
        "/etc/neutron/plugins/ml2/ml2_conf.ini",
        "s/^mechanism_drivers = openvswitch/&,linuxbridge/",
    ),
    on_file(
        "service_tokens_optional:lab",
        "ctl-blue",
        "/etc/cinder/cinder.conf",
        "s/^service_token_roles_required = true/service_token_roles_required = false/",
    ),
    on_file(
        "images_on_one_host:ctl-blue",
        "ctl-blue",
        "/etc/glance/glance-api.conf",
        "s|^filesystem_store_datadir = /srv/shared/glance/images|filesystem_store_datadir = /var/lib/glance/images|",
    ),
    on_file(
        "queue_options_differ:nova",
        "cmp1",
        NOVA,
        "$a [oslo_messaging_rabbit]\\namqp_durable_queues = true",
    ),
    on_file(
        "options_removed:glance",
        "ctl-blue",
        "/etc/glance/glance-api.conf",
        "$a [glance_download_opts]\\nextra_properties = planted",
    ),
    on_file("options_renamed:nova", "ctl-blue", NOVA, "$a [cache]\\nmemcache_username = planted"),
    on_file("options_leaving:nova", "ctl-blue", NOVA, "$a [DEFAULT]\\nconfig_drive_format = iso9660"),
    on_file(
        "balancer_bypassed:ctl-blue",
        "ctl-blue",
        "/etc/cinder/cinder.conf",
        "$a [DEFAULT]\\nglance_api_servers = http://ctl-blue:9292",
    ),
    Fault(
        ("revision_strange:heat",),
        "db1",
        sql("INSERT INTO heat.alembic_version VALUES ('c0ffee000000')"),
        sql("DELETE FROM heat.alembic_version WHERE version_num = 'c0ffee000000'"),
    ),
    on_file("balancer_forgets:lb1", "lb1", HAPROXY, "/server-state-file/d"),
    on_file("balancer_replays:lb1", "lb1", HAPROXY, "s/retry-on conn-failure/& empty-response/"),
    on_file("balancer_impatient:lb1", "lb1", HAPROXY, "s/timeout check 10s/timeout check 5s/"),
    Fault(
        ("filesystem_read_only:cmp1",),
        "cmp1",
        "mkdir -p /srv && mount --bind /srv /srv && mount -o remount,bind,ro /srv",
        "umount /srv",
    ),
    Fault(("reboot_wanted:lab",), "cmp1", "touch /run/reboot-required", "rm /run/reboot-required"),
    Fault(
        ("virtualization_too_old:cmp1",),
        "cmp1",
        tells("/usr/local/sbin/libvirtd", "7.0.0"),
        "rm /usr/local/sbin/libvirtd",
    ),
    Fault(
        ("volumes_on_computes:cmp1", "part_not_enabled:cmp1"),
        "cmp1",
        "systemd-run --quiet --collect --unit=cinder-volume sleep 1200",
        "systemctl stop cinder-volume",
    ),
    Fault(
        ("unknown_part:ctl-blue",),
        "ctl-blue",
        "systemd-run --quiet --collect --unit=barbican-api sleep 1200",
        "systemctl stop barbican-api",
    ),
    Fault(
        ("part_not_enabled:ctl-blue",),
        "ctl-blue",
        "systemctl --quiet disable heat-engine",
        "systemctl --quiet enable heat-engine",
    ),
    Fault(("another_run:lab",), "db1", sql(LEASE), sql(NO_LEASE)),
    Fault(
        ("key_rotation_due:ctl-blue",),
        "ctl-blue",
        "echo '* * * * * root : fernet_rotate' > /etc/cron.d/planted",
        "rm /etc/cron.d/planted",
    ),
    Fault(
        ("packages_held:cmp1",),
        "cmp1",
        "echo systemd hold | dpkg --set-selections",
        "echo systemd install | dpkg --set-selections",
    ),
    Fault(
        ("ovn_versions_differ:cmp1",),
        "cmp1",
        f"{tells('/usr/local/sbin/ovn-northd', '25.03.1')} && {tells('/usr/local/sbin/ovn-controller', '24.03.2')}",
        "rm /usr/local/sbin/ovn-northd /usr/local/sbin/ovn-controller",
    ),
    Fault(
        ("upgrade_check_warns:nova/Planted", "upgrade_check_warns"),
        "ctl-blue",
        program("/opt/planted/bin/nova-status", STATUS),
        "rm -r /opt/planted",
        asks=("--target-env", "/opt/planted"),
    ),
)
