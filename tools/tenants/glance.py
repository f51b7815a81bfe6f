"""glance: images."""

from __future__ import annotations

import secrets

from tenants.ledger import Thing
from tenants.person import Person, Work, forget, one


def _image(me: Person, name: str) -> Thing:
    words = {"disk_format": "raw", "container_format": "bare", "validate_checksum": False}
    made = me.cloud.image.create_image(name=name, data=secrets.token_bytes(1024), cargo="coal", **words)
    return one("image", made)


def _namespace(me: Person, name: str) -> Thing:
    me.admin.image.create_metadef_namespace(namespace=name, display_name=name, description="new")
    return Thing("metadata definition", name, name)


def _refill(me: Person, it: Thing) -> None:
    # openstacksdk 4.22 would add the property a second time, which glance does not take.
    wanted = [{"op": "replace", "path": "/cargo", "value": "tea"}]
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    me.cloud.image.patch(f"/images/{it.id}", json=wanted, headers=kind).raise_for_status()


WORKS = (
    Work(
        "image",
        _image,
        forget("image", "image"),
        (
            lambda me, it: me.cloud.image.update_image(me.cloud.image.get_image(it.id), name=f"{it.name}-x"),
            _refill,
            lambda me, it: me.cloud.image.update_image(me.cloud.image.get_image(it.id), is_protected=True),
            lambda me, it: me.cloud.image.add_tag(it.id, "changed"),
            lambda me, it: me.cloud.image.add_member(it.id, member_id=me.account["neighbour"]),
            lambda me, it: me.admin.image.deactivate_image(it.id),
        ),
        more=4,
    ),
    Work(
        "metadata definition",
        _namespace,
        lambda me, it: me.admin.image.delete_metadef_namespace(it.id, ignore_missing=False),
        (
            lambda me, it: me.admin.image.update_metadef_namespace(it.id, description="changed"),
            lambda me, it: me.admin.image.add_tag_to_metadef_namespace(it.id, "changed"),
        ),
    ),
)
