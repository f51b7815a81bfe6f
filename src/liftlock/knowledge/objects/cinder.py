"""cinder: volumes, and what is made of them."""

from liftlock.knowledge.kinds import Detail, Kind

_DB = ("cinder",)
_THERE = "NOT d.deleted"
_ALIVE = "NOT t.deleted"
_DRIVERS = ("provider_id", "provider_location", "provider_auth", "service_uuid", "cluster_name")
"""What drivers note."""

KINDS = (
    Kind(
        "volume",
        _DB,
        "volumes",
        label="t.display_name",
        alive=_ALIVE,
        leave=(
            *_DRIVERS,
            *(
                "ec2_id",
                "scheduled_at",
                "launched_at",
                "terminated_at",
                "previous_status",
                "migration_status",
            ),
            *("provider_geometry", "replication_driver_data", "replication_extended_status"),
            # Filled by online migrations of the release.
            *("use_quota", "shared_targets", "encryption_key_id", "_name_id"),
        ),
        details=(
            Detail("properties", "volume_metadata", "volume_id", only=("key", "value"), alive=_THERE),
            Detail(
                "image properties",
                "volume_glance_metadata",
                "volume_id",
                only=("key", "value"),
                alive=f"{_THERE} AND d.volume_id IS NOT NULL",
            ),
            Detail(
                "attachments",
                "volume_attachment",
                "volume_id",
                only=("id", "instance_uuid", "mountpoint", "attach_status"),
                alive=_THERE,
            ),
            # cinder writes "False" itself with a volume's first attachment.
            Detail(
                "read-only flag",
                "volume_admin_metadata",
                "volume_id",
                only=("value",),
                alive=f"{_THERE} AND d.key = 'readonly' AND d.value <> 'False'",
            ),
        ),
    ),
    Kind(
        "snapshot",
        _DB,
        "snapshots",
        label="t.display_name",
        alive=_ALIVE,
        leave=(
            "provider_id",
            "provider_location",
            "provider_auth",
            "progress",
            "use_quota",
            "encryption_key_id",
        ),
        details=(
            Detail("properties", "snapshot_metadata", "snapshot_id", only=("key", "value"), alive=_THERE),
        ),
    ),
    Kind(
        "volume backup",
        _DB,
        "backups",
        label="t.display_name",
        alive=_ALIVE,
        leave=(
            *(
                "service_metadata",
                "object_count",
                "temp_volume_id",
                "temp_snapshot_id",
                "num_dependent_backups",
            ),
            *("restore_volume_id", "encryption_key_id", "host"),
        ),
        details=(Detail("properties", "backup_metadata", "backup_id", only=("key", "value"), alive=_THERE),),
    ),
    Kind(
        "volume transfer",
        _DB,
        "transfers",
        label="t.display_name",
        project="t.source_project_id",
        alive=_ALIVE,
    ),
    Kind(
        "volume group",
        _DB,
        "groups",
        alive=_ALIVE,
        leave=("cluster_name", "replication_status"),
        details=(
            Detail(
                "volume types",
                "group_volume_type_mapping",
                "group_id",
                only=("volume_type_id",),
                alive=_THERE,
            ),
        ),
    ),
    Kind("volume group snapshot", _DB, "group_snapshots", alive=_ALIVE),
    Kind("consistency group", _DB, "consistencygroups", alive=_ALIVE, leave=("cluster_name",)),
    Kind("consistency group snapshot", _DB, "cgsnapshots", alive=_ALIVE),
    Kind(
        "volume type",
        _DB,
        "volume_types",
        project="''",
        alive=_ALIVE,
        details=(
            Detail(
                "properties", "volume_type_extra_specs", "volume_type_id", only=("key", "value"), alive=_THERE
            ),
            Detail(
                "projects",
                "volume_type_projects",
                "volume_type_id",
                only=("project_id",),
                alive="d.deleted = 0",
            ),
            Detail("encryption", "encryption", "volume_type_id", alive=_THERE),
        ),
    ),
    Kind(
        "volume qos",
        _DB,
        "quality_of_service_specs",
        label="t.value",
        project="''",
        alive=f"{_ALIVE} AND t.specs_id IS NULL",
        details=(
            Detail("properties", "quality_of_service_specs", "specs_id", only=("key", "value"), alive=_THERE),
        ),
    ),
    Kind(
        "volume group type",
        _DB,
        "group_types",
        project="''",
        alive=_ALIVE,
        details=(
            Detail("properties", "group_type_specs", "group_type_id", only=("key", "value"), alive=_THERE),
            Detail("projects", "group_type_projects", "group_type_id", only=("project_id",), alive=_THERE),
        ),
    ),
    Kind(
        "quota",
        _DB,
        "quotas",
        id="CONCAT(t.project_id, '/', t.resource)",
        label="t.resource",
        alive=_ALIVE,
        leave=("id", "allocated"),
    ),
    Kind(
        "quota class",
        _DB,
        "quota_classes",
        id="CONCAT(t.class_name, '/', t.resource)",
        label="t.resource",
        project="''",
        alive=_ALIVE,
        leave=("id",),
    ),
    Kind("default volume type", _DB, "default_volume_types", id="t.project_id", label="''", alive=_ALIVE),
)
