"""Asks the target's own upgrade checks on a control host, where the cloud's configuration and databases are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from liftlock.cloud.answers import UpgradeAnswer
from liftlock.cloud.model import Cloud, Role
from liftlock.errors import LiftlockError
from liftlock.knowledge.catalogue import services
from liftlock.ports.hands import Hands

AT_ONCE = 4
"""Each starts a Python of its own on a host that serves."""


def with_answers(hands: Hands, cloud: Cloud, environment: str) -> Cloud:
    """The snapshot with what the release in the folder `environment` of the control hosts says. Changes nothing.

    Each service is asked on the first control host that has its configuration; one without is left out.
    """
    places = {
        name: host.name
        for name in cloud.services
        if name in services() and services()[name].status_check
        for host in reversed(cloud.hosts_with(Role.CONTROL))
        if host.reachable and name in host.configuration
    }

    def ask(name: str) -> UpgradeAnswer:
        try:
            return hands.upgrade_checks.ask(places[name], environment, name)
        except LiftlockError as error:
            return UpgradeAnswer(name, places[name], "", -1, said=error.what)

    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="upgrade-check") as pool:
        return replace(cloud, upgrade_answers=tuple(pool.map(ask, places)))
