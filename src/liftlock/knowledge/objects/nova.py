"""nova: servers, and what they are made with."""

from liftlock.knowledge.kinds import Detail, Kind

_API = ("nova_api",)
_THERE = "d.deleted = 0"
SERVER = "server"

KINDS = (
    Kind(
        SERVER,
        # A server that could not be scheduled lies in cell0.
        ("nova", "nova_cell0"),
        "instances",
        id="t.uuid",
        label="t.display_name",
        alive="t.deleted = 0",
        leave=(
            *("id", "internal_id", "reservation_id", "launch_index", "compute_id", "cell_name", "cleaned"),
            # How it runs, and what nova is just doing with it, is looked up again by nova-compute.
            *("power_state", "task_state", "progress", "launched_at", "terminated_at", "launched_on"),
            *("vm_mode", "root_device_name", "default_ephemeral_device", "default_swap_device"),
        ),
        details=(
            Detail("metadata", "instance_metadata", "instance_uuid", only=("key", "value"), alive=_THERE),
            Detail("tags", "tags", "resource_id"),
            Detail(
                "volumes",
                "block_device_mapping",
                "instance_uuid",
                only=("volume_id", "device_name", "delete_on_termination", "boot_index", "image_id", "tag"),
                alive=_THERE,
            ),
            Detail("shares", "share_mapping", "instance_uuid", only=("share_id", "tag")),
        ),
    ),
    Kind(
        "flavor",
        _API,
        "flavors",
        id="t.flavorid",
        project="''",
        leave=("id",),
        details=(
            Detail("properties", "flavor_extra_specs", "flavor_id", of="id", only=("key", "value")),
            Detail("projects", "flavor_projects", "flavor_id", of="id", only=("project_id",)),
        ),
    ),
    Kind("keypair", _API, "key_pairs", id="CONCAT(t.user_id, '/', t.name)", project="''", leave=("id",)),
    Kind(
        "aggregate",
        _API,
        "aggregates",
        id="t.uuid",
        project="''",
        leave=("id",),
        details=(
            Detail("hosts", "aggregate_hosts", "aggregate_id", of="id", only=("host",)),
            Detail("properties", "aggregate_metadata", "aggregate_id", of="id", only=("key", "value")),
        ),
    ),
    Kind(
        "server group",
        _API,
        "instance_groups",
        id="t.uuid",
        leave=("id",),
        details=(
            Detail("policy", "instance_group_policy", "group_id", of="id", only=("policy", "rules")),
            Detail("members", "instance_group_member", "group_id", of="id", only=("instance_uuid",)),
        ),
    ),
    Kind(
        "quota", _API, "quotas", id="CONCAT(t.project_id, '/', t.resource)", label="t.resource", leave=("id",)
    ),
    Kind(
        "quota",
        _API,
        "project_user_quotas",
        id="CONCAT(t.project_id, '/', t.user_id, '/', t.resource)",
        label="t.resource",
        leave=("id",),
    ),
    Kind(
        "quota class",
        _API,
        "quota_classes",
        id="CONCAT(t.class_name, '/', t.resource)",
        label="t.resource",
        project="''",
        leave=("id",),
    ),
)
