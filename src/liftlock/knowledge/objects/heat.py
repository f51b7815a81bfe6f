"""heat: stacks."""

from liftlock.knowledge.kinds import Detail, Kind

_DB = ("heat",)

KINDS = (
    Kind(
        "stack",
        _DB,
        "stack",
        project="t.tenant",
        # A stack inside another shows in the resource that holds it; a backup of one is heat's own.
        alive="t.deleted_at IS NULL AND t.owner_id IS NULL AND NOT COALESCE(t.backup, 0)",
        leave=(
            *(
                "raw_template_id",
                "prev_raw_template_id",
                "current_traversal",
                "current_deps",
                "user_creds_id",
            ),
            *("convergence", "nested_depth", "parent_resource_name"),
        ),
        details=(
            Detail("template", "raw_template", "id", of="raw_template_id", only=("template", "environment")),
            # What heat calls a resource's physical id still lies in a column of its first days.
            Detail(
                "resources",
                "resource",
                "stack_id",
                only=("name", "nova_instance", "action", "status", "rsrc_metadata"),
            ),
            Detail("tags", "stack_tag", "stack_id", only=("tag",)),
        ),
    ),
    Kind("stack snapshot", _DB, "snapshot", project="t.tenant"),
    Kind("software config", _DB, "software_config", project="t.tenant"),
    Kind(
        "software deployment",
        _DB,
        "software_deployment",
        label="''",
        project="t.tenant",
    ),
)
