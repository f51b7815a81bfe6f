"""Runs on a compute host of the lab in place of neutron's Open vSwitch agent, with the release's own Python.

Reports an agent's state as the real one does, so that neutron binds ports to this host, and says of every
port bound here that it is up, so that ports become ACTIVE. It touches no network. Topics and methods as
in neutron 26.0.5 (`neutron.agent.rpc`, `neutron.plugins.ml2.rpc`); 24 and 28 have the same.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

import oslo_messaging  # type: ignore[import-not-found]
from neutron.agent import rpc as agent_rpc  # type: ignore[import-not-found]
from neutron.common import config  # type: ignore[import-not-found]
from neutron.conf.agent import common as agent_options  # type: ignore[import-not-found]
from neutron_lib import context  # type: ignore[import-not-found]
from neutron_lib import rpc as neutron_rpc
from neutron_lib.agent import topics  # type: ignore[import-not-found]
from oslo_config import cfg

LOG = logging.getLogger("ovs-reporter")
REPORT_EVERY_S = 10.0


class PortsBoundHere:
    """Hears of every changed port and reports those of this host as up."""

    target = oslo_messaging.Target(version="1.4")

    def __init__(self, host: str) -> None:
        self.host = host
        self.plugin = agent_rpc.PluginApi(topics.PLUGIN)
        self.up: set[str] = set()

    def port_update(self, _context: Any, port: dict[str, Any] | None = None, **_more: Any) -> None:
        """neutron-server's word that a port changed."""
        if not port or port.get("binding:host_id") != self.host or port["status"] == "ACTIVE":
            return
        asked = context.get_admin_context_without_session()
        self.plugin.update_device_up(asked, port["id"], f"ovs-agent-{self.host}", self.host)
        LOG.info("port %s is up", port["id"])


def agent_state(host: str, *, first: bool) -> dict[str, Any]:
    """What an Open vSwitch agent says about itself."""
    state: dict[str, Any] = {
        "binary": "neutron-openvswitch-agent",
        "host": host,
        "topic": "N/A",
        "agent_type": "Open vSwitch agent",
        "configurations": {
            "bridge_mappings": {"physnet1": "br-ex"},
            "tunnel_types": ["vxlan"],
            "tunneling_ip": "",
            "devices": 0,
            "datapath_type": "system",
            "ovs_hybrid_plug": False,
            "l2_population": False,
            "integration_bridge": "br-int",
            "extensions": [],
        },
    }
    if first:
        state["start_flag"] = True
    return state


def listen(host: str) -> None:
    """Start hearing of changed ports, in threads of oslo.messaging."""
    topic = topics.get_topic_name(topics.AGENT, topics.PORT, topics.UPDATE)
    server = oslo_messaging.get_rpc_server(
        neutron_rpc.TRANSPORT,
        oslo_messaging.Target(topic=topic, server=host, fanout=True),
        [PortsBoundHere(host)],
        executor="threading",
        serializer=neutron_rpc.RequestContextSerializer(),
    )
    server.start()


def main() -> None:
    """Report until stopped."""
    config.register_common_config_options()
    agent_options.register_agent_state_opts_helper(cfg.CONF)
    config.init(sys.argv[1:])
    config.setup_logging()
    host = cfg.CONF.host
    listen(host)
    reports = agent_rpc.PluginReportStateAPI(topics.REPORTS)
    first = True
    while True:
        try:
            # A cast: the server's answer is the agent list.
            reports.report_state(context.get_admin_context_without_session(), agent_state(host, first=first))
            first = False
        except oslo_messaging.MessagingException:
            LOG.exception("the report did not get through")
        time.sleep(REPORT_EVERY_S)


if __name__ == "__main__":
    main()
