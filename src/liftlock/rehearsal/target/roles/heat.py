"""heat: with an engine of its own, which forgets those of production when it starts: their records are not compared."""

from liftlock.rehearsal.target.role import (
    KEYSTONE,
    OURS,
    Awaited,
    ListCall,
    Place,
    Role,
    Sections,
    Trial,
    kind_of,
)


def _settings(place: Place) -> Sections:
    usual = place.usual("heat")
    own = f"{place.release}/etc/heat"
    return {
        **usual,
        "DEFAULT": {
            **usual["DEFAULT"],
            # 32 characters; what production keeps encrypted is not read.
            "auth_encryption_key": (OURS * 2)[:32],
            "num_engine_workers": "1",
            "environment_dir": f"{own}/environment.d",
            "template_dir": f"{own}/templates",
            "heat_metadata_server_url": "http://127.0.0.1:8004",
        },
        "paste_deploy": {"api_paste_config": f"{own}/api-paste.ini"},
        "trustee": place.account(),
        "clients": {"endpoint_type": "publicURL"},
        "clients_keystone": {"auth_uri": KEYSTONE.removesuffix("/v3")},
    }


_TEMPLATE = {
    "heat_template_version": "2018-08-31",
    "resources": {"text": {"type": "OS::Heat::RandomString", "properties": {"length": 16}}},
    "outputs": {"text": {"value": {"get_attr": ["text", "value"]}}},
}

ROLE = Role(
    "heat",
    _settings,
    endpoint="/v1/%(project_id)s",
    told=True,
    # A release's own rules let nobody list the stacks of all projects.
    policy=(("stacks:global_index", "role:admin"),),
    calls=(
        ListCall("openstack orchestration service list", ("/v1/{project}/services",), "services", None),
        ListCall(
            "openstack stack list --all-projects",
            ("/v1/{project}/stacks?global_tenant=true",),
            "stacks",
            kind_of("heat", "stack"),
            name_field="stack_name",
        ),
    ),
    trials=(
        Trial(
            "stack",
            "/v1/{project}/stacks",
            lambda _: {"stack_name": OURS, "template": _TEMPLATE, "timeout_mins": 5},
            "stack",
            name_field="stack_name",
            show="{collection}/{name}/{id}",
            status="stack_status",
            ready="CREATE_COMPLETE",
            broken=("CREATE_FAILED",),
            gone=("DELETE_COMPLETE",),
            awaited=Awaited(
                "/v1/{project}/services",
                "services",
                lambda item: item["status"] == "up",
                "no engine is listed as up",
            ),
        ),
        Trial(
            "software config",
            "/v1/{project}/software_configs",
            lambda _: {"name": OURS, "group": "script", "config": "true"},
            "software_config",
        ),
    ),
)
