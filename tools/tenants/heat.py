"""heat: stacks."""

from __future__ import annotations

import secrets
import time
from typing import Any

import openstack

from tenants.ledger import DELETED, MADE, Thing
from tenants.person import Person, Work, gone, one, settled

LATE_S = 60.0
"""How long a stack may take to be there after an error was answered."""


def template(name: str, cidr: str, length: int) -> dict[str, Any]:
    """A stack with something of heat's own, and a network."""
    subnet = {"network": {"get_resource": "basin"}, "cidr": cidr, "name": f"{name}-sub"}
    return {
        "heat_template_version": "2018-08-31",
        "resources": {
            "word": {"type": "OS::Heat::RandomString", "properties": {"length": length}},
            "basin": {"type": "OS::Neutron::Net", "properties": {"name": f"{name}-net"}},
            "floor": {"type": "OS::Neutron::Subnet", "properties": subnet},
        },
        "outputs": {"word": {"value": {"get_attr": ["word", "value"]}}},
    }


_IN_STACK = {"OS::Neutron::Net": "network", "OS::Neutron::Subnet": "subnet"}


def _in_stack(me: Person, stack: str) -> list[Thing]:
    """Other services' objects that a stack made."""
    found = me.cloud.orchestration.resources(stack)
    return [
        Thing(_IN_STACK[each.resource_type], each.physical_resource_id, each.name)
        for each in found
        if each.resource_type in _IN_STACK
    ]


def _created(me: Person, name: str, wanted: dict[str, Any]) -> Any:
    try:
        return me.cloud.orchestration.create_stack(name=name, template=wanted, timeout_mins=15)
    except openstack.exceptions.HttpException:
        # An API that waited for its engine in vain says 500, and the engine makes the stack all the same.
        end = time.monotonic() + LATE_S
        while (found := me.cloud.orchestration.find_stack(name)) is None and time.monotonic() < end:
            time.sleep(1)
        if found is None:
            raise
        return found


def _stack(me: Person, name: str) -> Thing:
    cidr = me.cidr()
    made = _created(me, name, template(name, cidr, 12))
    settled(lambda: me.cloud.orchestration.get_stack(made.id), "CREATE_COMPLETE")
    for thing in _in_stack(me, made.id):
        me.ledger.note(MADE, thing)
    return Thing("stack", made.id, name, cidr)


def _change_stack(me: Person, it: Thing) -> None:
    """Only what is heat's own is another afterwards: the network stays."""
    stack = me.cloud.orchestration.get_stack(it.id)
    me.cloud.orchestration.put(
        f"/stacks/{stack.name}/{it.id}",
        json={"template": template(it.name, it.handle, 16), "timeout_mins": 15},
    ).raise_for_status()
    settled(lambda: me.cloud.orchestration.get_stack(it.id), "UPDATE_COMPLETE")


def _drop_stack(me: Person, it: Thing) -> None:
    inside = _in_stack(me, it.id)
    me.cloud.orchestration.delete_stack(it.id, ignore_missing=False)
    gone(lambda: me.cloud.orchestration.get_stack(it.id), "DELETE_COMPLETE")
    for thing in inside:
        me.ledger.note(DELETED, thing)


def _deployment(me: Person, name: str) -> Thing:
    config = me.cloud.orchestration.create_software_config(name=f"{name}-of", group="script", config="true")
    me.note(MADE, "software config", config.id, config.name)
    words = {"action": "CREATE", "status": "COMPLETE", "status_reason": "told so"}
    made = me.cloud.orchestration.create_software_deployment(
        config_id=config.id, server_id=secrets.token_hex(16), **words
    )
    return one("software deployment", made)


WORKS = (
    Work("stack", _stack, _drop_stack, (_change_stack,)),
    Work(
        "software config",
        lambda me, n: one(
            "software config",
            me.cloud.orchestration.create_software_config(name=n, group="script", config="true"),
        ),
        lambda me, it: me.cloud.orchestration.delete_software_config(it.id, ignore_missing=False),
        more=2,
    ),
    Work(
        "software deployment",
        _deployment,
        lambda me, it: me.cloud.orchestration.delete_software_deployment(it.id, ignore_missing=False),
    ),
)
