"""glance: images."""

from liftlock.knowledge.kinds import Detail, Kind

_DB = ("glance",)
_THERE = "NOT d.deleted"

KINDS = (
    Kind(
        "image",
        _DB,
        "images",
        project="t.owner",
        alive="NOT t.deleted",
        details=(
            Detail("properties", "image_properties", "image_id", leave=("id",), alive=_THERE),
            Detail("tags", "image_tags", "image_id", leave=("id",), alive=_THERE),
            Detail("shared with", "image_members", "image_id", leave=("id",), alive=_THERE),
            Detail("locations", "image_locations", "image_id", only=("value", "status"), alive=_THERE),
        ),
    ),
    Kind(
        "metadata definition",
        _DB,
        "metadef_namespaces",
        id="t.namespace",
        label="t.display_name",
        project="t.owner",
        leave=("id",),
        details=(
            Detail("objects", "metadef_objects", "namespace_id", of="id", leave=("id",)),
            Detail("properties", "metadef_properties", "namespace_id", of="id", leave=("id",)),
            Detail("tags", "metadef_tags", "namespace_id", of="id", leave=("id",)),
            Detail("resource types", "metadef_namespace_resource_types", "namespace_id", of="id"),
        ),
    ),
)
