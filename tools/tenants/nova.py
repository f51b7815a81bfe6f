"""nova: servers, and what they are made with."""

from __future__ import annotations

import base64
import secrets
import time

from tenants.ledger import CHANGED, DELETED, MADE, Thing
from tenants.person import PATIENCE_S, Person, Work, forget, gone, one, ports_of, settled


def public_key() -> str:
    """An ed25519 key of which nobody has the other half."""
    kind = b"ssh-ed25519"
    blob = len(kind).to_bytes(4, "big") + kind + (32).to_bytes(4, "big") + secrets.token_bytes(32)
    return f"{kind.decode()} {base64.b64encode(blob).decode()}"


def _keypair(me: Person, name: str) -> Thing:
    me.cloud.compute.create_keypair(name=name, type="ssh", public_key=public_key())
    return Thing("keypair", f"{me.user}/{name}", name, name)


def _flavor(me: Person, name: str) -> Thing:
    made = me.admin.compute.create_flavor(name=name, ram=64, vcpus=1, disk=0, is_public=False)
    return one("flavor", made)


def _aggregate(me: Person, name: str) -> Thing:
    made = me.admin.compute.create_aggregate(name=name)
    return Thing("aggregate", str(made.uuid), name, str(made.id))


def _server(me: Person, name: str) -> Thing:
    made = me.cloud.compute.create_server(
        name=name,
        image_id=me.account["image"],
        flavor_id=me.account["flavor"],
        networks=[{"uuid": me.account["network"]}],
        metadata={"cargo": "coal"},
    )
    settled(lambda: me.cloud.compute.get_server(made.id), "ACTIVE")
    for port in ports_of(me, made.id):
        me.ledger.note(MADE, port)
    return one("server", made, name)


def _drop_server(me: Person, it: Thing) -> None:
    ports = ports_of(me, it.id)
    me.cloud.compute.delete_server(it.id, ignore_missing=False)
    gone(lambda: me.cloud.compute.get_server(it.id), "DELETED")
    for port in ports:
        me.ledger.note(DELETED, port)


def _stop(me: Person, it: Thing) -> None:
    me.cloud.compute.stop_server(it.id)
    settled(lambda: me.cloud.compute.get_server(it.id), "SHUTOFF")


def _plug(me: Person, it: Thing) -> bool:
    """Another port, which is an object of its own; the server is what it was."""
    had = ports_of(me, it.id)
    me.cloud.compute.create_server_interface(it.id, net_id=me.account["network"])
    for port in ports_of(me, it.id):
        if port not in had:
            me.ledger.note(MADE, port)
    return False


def _reboot(me: Person, it: Thing) -> bool:
    """A write that leaves a server as it was."""
    me.cloud.compute.reboot_server(it.id, "HARD")
    settled(lambda: me.cloud.compute.get_server(it.id), "ACTIVE")
    return False


def _attach(me: Person, it: Thing) -> None:
    """A server and a volume that was there before get each other."""
    volume = me.account["loose volume"]
    me.cloud.compute.create_volume_attachment(it.id, volume)
    settled(lambda: me.cloud.block_storage.get_volume(volume), "in-use")
    me.note(CHANGED, "volume", volume)


def _rebuild(me: Person, it: Thing) -> None:
    me.cloud.compute.rebuild_server(it.id, me.account["other image"])
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = me.cloud.compute.get_server(it.id)
        if found.status == "ACTIVE" and not found.task_state and found.image.id == me.account["other image"]:
            return
        time.sleep(0.5)
    raise RuntimeError(f"{it.id} was not rebuilt")


WORKS = (
    Work("keypair", _keypair, forget("compute", "keypair"), more=4),
    Work(
        "flavor",
        _flavor,
        forget("compute", "flavor", admin=True),
        (
            lambda me, it: me.admin.compute.create_flavor_extra_specs(it.id, {"changed": "yes"}),
            lambda me, it: me.admin.compute.update_flavor(it.id, description="changed"),
            lambda me, it: me.admin.compute.flavor_add_tenant_access(it.id, me.account["neighbour"]),
        ),
    ),
    Work(
        "aggregate",
        _aggregate,
        forget("compute", "aggregate", admin=True),
        (
            lambda me, it: me.admin.compute.set_aggregate_metadata(it.handle, {"changed": "yes"}),
            lambda me, it: me.admin.compute.update_aggregate(it.handle, name=f"{it.name}-x"),
            lambda me, it: me.admin.compute.add_host_to_aggregate(it.handle, me.account["compute host"]),
        ),
    ),
    Work(
        "server group",
        lambda me, n: one("server group", me.cloud.compute.create_server_group(name=n, policy="affinity")),
        forget("compute", "server_group"),
        more=2,
    ),
    Work(
        "server",
        _server,
        _drop_server,
        (
            lambda me, it: me.cloud.compute.set_server_metadata(it.id, cargo="tea"),
            lambda me, it: me.cloud.compute.update_server(it.id, name=f"{it.name}-x"),
            lambda me, it: me.cloud.compute.add_tag_to_server(it.id, "changed"),
            lambda me, it: me.cloud.compute.lock_server(it.id),
            _stop,
            _rebuild,
            _attach,
            _plug,
            _reboot,
        ),
        more=2,
    ),
)
