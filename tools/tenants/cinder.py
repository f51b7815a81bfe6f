"""cinder: volumes, and what is made of them."""

from __future__ import annotations

from tenants.ledger import CHANGED, MADE, Thing
from tenants.person import Person, Work, forget, gone, new_project, one, settled


def _volume(me: Person, name: str) -> Thing:
    made = me.cloud.block_storage.create_volume(name=name, size=1, metadata={"cargo": "grain"})
    settled(lambda: me.cloud.block_storage.get_volume(made.id), "available")
    return one("volume", made, name)


def _drop_volume(me: Person, it: Thing) -> None:
    me.cloud.block_storage.delete_volume(it.id, ignore_missing=False)
    gone(lambda: me.cloud.block_storage.get_volume(it.id))


def _snapshot(me: Person, name: str) -> Thing:
    made = me.cloud.block_storage.create_snapshot(volume_id=me.account["volume"], name=name)
    settled(lambda: me.cloud.block_storage.get_snapshot(made.id), "available")
    return one("snapshot", made, name)


def _drop_snapshot(me: Person, it: Thing) -> None:
    me.cloud.block_storage.delete_snapshot(it.id, ignore_missing=False)
    gone(lambda: me.cloud.block_storage.get_snapshot(it.id))


def _group(me: Person, name: str) -> Thing:
    words = {"group_type": me.account["group type"], "volume_types": [me.account["volume type"]]}
    made = me.cloud.block_storage.create_group(name=name, description="new", **words)
    settled(lambda: me.cloud.block_storage.get_group(made.id), "available")
    return one("volume group", made, name)


def _drop_group(me: Person, it: Thing) -> None:
    me.cloud.block_storage.delete_group(it.id)
    gone(lambda: me.cloud.block_storage.get_group(it.id), "deleted")


def _transfer(me: Person, name: str) -> Thing:
    volume = _volume(me, f"{name}-of")
    me.ledger.note(MADE, volume)
    made = me.cloud.block_storage.create_transfer(volume_id=volume.id, name=name)
    return Thing("volume transfer", str(made.id), name, volume.id)


def _drop_transfer(me: Person, it: Thing) -> None:
    me.cloud.block_storage.delete_transfer(it.id, ignore_missing=False)
    settled(lambda: me.cloud.block_storage.get_volume(it.handle), "available")
    # It awaited its transfer when the backup was taken.
    me.note(CHANGED, "volume", it.handle)


def _default_type(me: Person, name: str) -> Thing:
    project = new_project(me, f"{name}-of")
    me.ledger.note(MADE, project)
    me.admin.block_storage.set_default_type(project.id, me.account["volume type"])
    return Thing("default volume type", project.id)


def _put_default_type(me: Person, it: Thing) -> None:
    me.admin.block_storage.set_default_type(it.id, me.account["other volume type"])


def _qos(me: Person, name: str) -> Thing:
    # openstacksdk 4.22 sends properties as one, which cinder does not take.
    body = {"qos_specs": {"name": name, "consumer": "back-end", "iops": "10"}}
    told = me.admin.block_storage.post("/qos-specs", json=body)
    told.raise_for_status()
    return Thing("volume qos", told.json()["qos_specs"]["id"], name)


WORKS = (
    Work(
        "volume",
        _volume,
        _drop_volume,
        (
            lambda me, it: me.cloud.block_storage.set_volume_metadata(it.id, cargo="tea"),
            lambda me, it: me.cloud.block_storage.update_volume(it.id, name=f"{it.name}-x"),
            lambda me, it: me.cloud.block_storage.set_volume_bootable_status(it.id, True),
            lambda me, it: me.cloud.block_storage.set_volume_readonly(it.id, True),
            lambda me, it: me.cloud.block_storage.set_volume_image_metadata(it.id, os_distro="changed"),
            lambda me, it: me.cloud.block_storage.update_volume(it.id, description="changed"),
        ),
        more=3,
    ),
    Work(
        "snapshot",
        _snapshot,
        _drop_snapshot,
        (
            lambda me, it: me.cloud.block_storage.update_snapshot(it.id, name=f"{it.name}-x"),
            lambda me, it: me.cloud.block_storage.set_snapshot_metadata(it.id, cargo="tea"),
        ),
    ),
    Work(
        "volume type",
        lambda me, n: one("volume type", me.admin.block_storage.create_type(name=n, is_public=False)),
        forget("block_storage", "type", admin=True),
        (
            lambda me, it: me.admin.block_storage.update_type(it.id, description="changed"),
            lambda me, it: me.admin.block_storage.update_type_extra_specs(it.id, changed="yes"),
            lambda me, it: me.admin.block_storage.add_type_access(it.id, me.account["neighbour"]),
        ),
    ),
    Work(
        "volume qos",
        _qos,
        forget("block_storage", "qos_spec", admin=True),
        (
            lambda me, it: me.admin.block_storage.put(
                f"/qos-specs/{it.id}", json={"qos_specs": {"iops": "20"}}
            ).raise_for_status(),
        ),
    ),
    Work(
        "volume group type",
        lambda me, n: one("volume group type", me.admin.block_storage.create_group_type(name=n)),
        forget("block_storage", "group_type", admin=True),
        (
            lambda me, it: me.admin.block_storage.create_group_type_group_specs(it.id, {"changed": "yes"}),
            lambda me, it: me.admin.block_storage.update_group_type(it.id, description="changed"),
        ),
    ),
    Work(
        "volume group",
        _group,
        _drop_group,
        (lambda me, it: me.cloud.block_storage.update_group(it.id, description="changed"),),
    ),
    Work("volume transfer", _transfer, _drop_transfer),
    Work(
        "default volume type",
        _default_type,
        lambda me, it: me.admin.block_storage.unset_default_type(it.id),
        (_put_default_type,),
    ),
)
