"""A site over the simulator: a real cloud file, simulated hands, a real journal."""

from __future__ import annotations

from pathlib import Path

from liftlock.cloud.file import load
from liftlock.drivers.journals.sql import SqlJournal
from liftlock.engine.logbook import Unwatched
from liftlock.flow.run import Session
from liftlock.flow.site import Site, journal_file
from liftlock.sim.cloud import SimCloud

CLOUD_FILE = """
name: tiny
hosts:
  db1: {address: 10.77.0.11, roles: [database, broker]}
  lb1: {address: 10.77.0.12, roles: [balancer]}
  ctl-blue: {address: 10.77.0.21, roles: [control]}
  cmp1: {address: 10.77.0.31, roles: [compute]}
  cmp2: {address: 10.77.0.32, roles: [compute]}
access: {key: key, known_hosts: known_hosts}
services: [keystone, glance, placement, nova, neutron, cinder, heat, horizon]
api: {cloud: lab}
databases: {host: db1, user: liftlock, password: {env: NOT_NEEDED}}
broker: {host: db1}
balancer: {hosts: [lb1]}
deployer: {archives: releases}
"""

GREEN = """
green:
  ctl-green: {address: 10.77.0.22, image: control-trixie, replaces: ctl-blue}
provisioner: {socket: provisioner.sock}
"""
"""What a cloud file that allows blue/green has besides."""


SECOND_CONTROLLER = "ctl-2: {address: 10.77.0.23, roles: [control]}"
"""The line of a host that `with_second_controller` adds to a cloud."""


def sim_site(folder: Path, cloud: SimCloud, more: str = "", hosts: tuple[str, ...] = ()) -> Site:
    """A site whose hands are the simulator's and whose state lies in `folder`; `hosts` are declared besides."""
    path = folder / "cloud.yaml"
    text = CLOUD_FILE.replace("hosts:\n", "".join(["hosts:\n", *(f"  {line}\n" for line in hosts)]))
    path.write_text(text + more)
    file = load(path)
    file.state.mkdir(exist_ok=True)
    return Site(file, cloud.hands)


def sim_session(
    folder: Path, cloud: SimCloud, who: str = "rey", more: str = "", hosts: tuple[str, ...] = ()
) -> Session:
    """A session over the simulator; a second one in the same folder finds the journal of the first."""
    site = sim_site(folder, cloud, more, hosts)
    return Session(site, SqlJournal(journal_file(site.file)), who, Unwatched(), wait=False)
