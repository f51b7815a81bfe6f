"""neutron: networks, and everything on them."""

from __future__ import annotations

from collections.abc import Callable

from tenants.ledger import DELETED, MADE, Thing
from tenants.person import Person, Work, forget, one, ports_of


def _tag(kind: str) -> Callable[[Person, Thing], object]:
    def change(me: Person, it: Thing) -> None:
        me.cloud.network.set_tags(getattr(me.cloud.network, f"get_{kind}")(it.id), ["changed"])

    return change


def _network_change(kind: str, **words: object) -> Callable[[Person, Thing], object]:
    def change(me: Person, it: Thing) -> None:
        getattr(me.cloud.network, f"update_{kind}")(it.id, **words)

    return change


def _renamed(kind: str) -> Callable[[Person, Thing], object]:
    def change(me: Person, it: Thing) -> None:
        getattr(me.cloud.network, f"update_{kind}")(it.id, name=f"{it.name}-x")

    return change


def _network(me: Person, name: str) -> Thing:
    """A network with a subnet, which goes when it goes."""
    made = me.cloud.network.create_network(name=name, description="new")
    subnet = me.cloud.network.create_subnet(
        network_id=made.id, ip_version=4, cidr=me.cidr(), name=f"{name}-of"
    )
    me.ledger.note(MADE, one("subnet", subnet))
    return one("network", made)


def _drop_network(me: Person, it: Thing) -> None:
    subnets = [one("subnet", subnet) for subnet in me.cloud.network.subnets(network_id=it.id)]
    me.cloud.network.delete_network(it.id, ignore_missing=False)
    for subnet in subnets:
        me.ledger.note(DELETED, subnet)


def _share(me: Person, it: Thing) -> None:
    words = {"object_type": "network", "object_id": it.id, "action": "access_as_shared"}
    me.cloud.network.create_rbac_policy(target_project_id=me.account["neighbour"], **words)


def _subnet(me: Person, name: str) -> Thing:
    words = {"network_id": me.account["wide network"], "ip_version": 4, "cidr": me.cidr()}
    return one("subnet", me.cloud.network.create_subnet(name=name, **words))


def _port(me: Person, name: str) -> Thing:
    return one("port", me.cloud.network.create_port(network_id=me.account["network"], name=name))


def _security_group(me: Person, name: str) -> Thing:
    made = me.cloud.network.create_security_group(name=name, description="new")
    for rule in made.security_group_rules:
        me.note(MADE, "security group rule", rule["id"], name)
    return one("security group", made)


def _drop_security_group(me: Person, it: Thing) -> None:
    rules = list(me.cloud.network.security_group_rules(security_group_id=it.id))
    me.cloud.network.delete_security_group(it.id, ignore_missing=False)
    for rule in rules:
        me.note(DELETED, "security group rule", rule.id, it.name)


def _rule(me: Person, _: str) -> Thing:
    number = 1000 + next(me.numbers)
    words = {"direction": "ingress", "ether_type": "IPv4", "protocol": "tcp"}
    made = me.cloud.network.create_security_group_rule(
        security_group_id=me.account["security group"], port_range_min=number, port_range_max=number, **words
    )
    return one("security group rule", made)


def _interface(me: Person, it: Thing) -> None:
    subnet = _subnet(me, f"{it.name}-reaches")
    me.ledger.note(MADE, subnet)
    told = me.cloud.network.add_interface_to_router(it.id, subnet.id)
    me.note(MADE, "port", told["port_id"])


def _gateway(me: Person, it: Thing) -> None:
    me.cloud.network.update_router(it.id, external_gateway_info={"network_id": me.account["outside"]})
    for port in ports_of(me, it.id):
        me.ledger.note(MADE, port)


def _floating(me: Person, _: str) -> Thing:
    made = me.cloud.network.create_ip(floating_network_id=me.account["outside"], description="new")
    for port in ports_of(me, made.id):
        me.ledger.note(MADE, port)
    return one("floating ip", made, made.floating_ip_address)


def _drop_floating(me: Person, it: Thing) -> None:
    ports = ports_of(me, it.id)
    me.cloud.network.delete_ip(it.id, ignore_missing=False)
    for port in ports:
        me.ledger.note(DELETED, port)


def _associate(me: Person, it: Thing) -> None:
    port = _port(me, f"{it.name}-leads-to")
    me.ledger.note(MADE, port)
    me.cloud.network.update_ip(it.id, port_id=port.id)


def _pool(me: Person, name: str) -> Thing:
    prefix = f"172.{16 + next(me.numbers) % 16}.0.0/16"
    return one("subnet pool", me.cloud.network.create_subnet_pool(name=name, prefixes=[prefix]))


def _default_rule(me: Person, _: str) -> Thing:
    number = 1000 + next(me.numbers)
    made = me.admin.network.create_default_security_group_rule(
        direction="ingress",
        ether_type="IPv4",
        protocol="udp",
        port_range_min=number,
        port_range_max=number,
        used_in_default_sg=False,
        used_in_non_default_sg=False,
    )
    return one("default security group rule", made)


WORKS = (
    Work(
        "network",
        _network,
        _drop_network,
        (
            _renamed("network"),
            _network_change("network", description="changed"),
            _network_change("network", is_admin_state_up=False),
            _tag("network"),
            _share,
        ),
        more=3,
    ),
    Work(
        "subnet",
        _subnet,
        forget("network", "subnet"),
        (
            _renamed("subnet"),
            _network_change("subnet", dns_nameservers=["10.0.0.53"]),
            _network_change(
                "subnet", host_routes=[{"destination": "10.250.0.0/24", "nexthop": "10.250.0.1"}]
            ),
            _network_change("subnet", is_dhcp_enabled=False),
            _tag("subnet"),
        ),
        more=3,
    ),
    Work(
        "port",
        _port,
        forget("network", "port"),
        (
            _renamed("port"),
            _network_change("port", description="changed"),
            _network_change("port", allowed_address_pairs=[{"ip_address": "10.0.0.99"}]),
            _network_change("port", is_admin_state_up=False),
            lambda me, it: me.cloud.network.update_port(
                it.id, security_group_ids=[me.account["security group"]]
            ),
            _network_change("port", extra_dhcp_opts=[{"opt_name": "tftp-server", "opt_value": "10.0.0.7"}]),
            _tag("port"),
        ),
        more=5,
    ),
    Work(
        "security group",
        _security_group,
        _drop_security_group,
        (_renamed("security_group"), _network_change("security_group", description="changed")),
        more=2,
    ),
    Work("security group rule", _rule, forget("network", "security_group_rule"), more=8),
    Work(
        "router",
        lambda me, n: one("router", me.cloud.network.create_router(name=n)),
        forget("network", "router"),
        (
            _renamed("router"),
            _network_change("router", description="changed"),
            _tag("router"),
            _interface,
            _gateway,
        ),
    ),
    Work(
        "floating ip",
        _floating,
        _drop_floating,
        (_network_change("ip", description="changed"), _associate),
    ),
    Work(
        "address group",
        lambda me, n: one(
            "address group", me.cloud.network.create_address_group(name=n, addresses=["10.9.0.1/32"])
        ),
        forget("network", "address_group"),
        (
            _renamed("address_group"),
            lambda me, it: me.cloud.network.add_addresses_to_address_group(it.id, ["10.9.0.2/32"]),
        ),
    ),
    Work(
        "address scope",
        lambda me, n: one("address scope", me.cloud.network.create_address_scope(name=n, ip_version=4)),
        forget("network", "address_scope"),
        (_renamed("address_scope"),),
    ),
    Work(
        "subnet pool",
        _pool,
        forget("network", "subnet_pool"),
        (_renamed("subnet_pool"), _network_change("subnet_pool", description="changed")),
    ),
    Work(
        "default security group rule",
        _default_rule,
        forget("network", "default_security_group_rule", admin=True),
        late=True,
    ),
)
