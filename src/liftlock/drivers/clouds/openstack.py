"""OpenStack's own APIs, asked through the front door with the administrator's credentials.

Nothing is asked twice: a request that fails has failed.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography import x509
from keystoneauth1 import exceptions
from keystoneauth1.session import Session
from openstack.config import OpenStackConfig
from openstack.exceptions import ConfigException
from os_service_types import ServiceTypes

from liftlock.cloud.compute import Compute
from liftlock.cloud.model import Agent, Endpoint, Tenancy
from liftlock.drivers.clouds.compute import PLAIN, compute
from liftlock.errors import BadInput, NotAllowed, Unreachable
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.service import Listing, Service
from liftlock.ports.api import Sample
from liftlock.ports.clock import Clock

_AT_ONCE = 8
_COMPARED_AT_ONCE = 4
"""Requests of one comparison under way at a time, half of them to each colour: a small API has two programs."""
_DIRECT_PATIENCE_S = 30.0
"""A slow answer is an answer: how slow, the median says. No client waits for less."""
_NEVER_S = 1e9
"""Age of a heartbeat that never came."""
_PAGE = 1000
_PAGE_PATIENCE_S = 120.0
"""A page of a thousand servers with their details takes nova many seconds."""
_FAILURES = (exceptions.ClientException, OSError, ValueError, KeyError, TypeError, AttributeError)
"""What a request through keystoneauth raises: refused, cut, too late, or no sense in the answer."""


class OpenStackApi:
    """Keeps the `CloudApi` port.

    `cloud` is an entry of `clouds_yaml`, or of the files the `openstack` client reads if that is None. `dashboard` is
    the address of horizon's login page, by default on the host that identity is asked on. `service_versions` tells
    nova's service version numbers by (host, binary): its API does not (nova 33). `hosts` tells the addresses of hosts
    that are asked directly.
    """

    def __init__(
        self,
        cloud: str,
        clock: Clock,
        *,
        clouds_yaml: Path | None = None,
        dashboard: str = "",
        service_versions: Callable[[], Mapping[tuple[str, str], int]] | None = None,
        hosts: Mapping[str, str] | None = None,
        patience_s: float = 10.0,
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._clouds_yaml = clouds_yaml
        self._dashboard = dashboard
        self._service_versions = service_versions
        self._hosts = dict(hosts or {})
        self._patience_s = patience_s
        self._kept: tuple[Session, str] | None = None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Health pages are asked side by side, without credentials."""
        session, region = self._session()
        with self._keystone():
            entries = session.auth.get_access(session).service_catalog.get_endpoints()  # type: ignore[union-attr]
        order = list(services())
        found = sorted(_known(entries, region), key=lambda known: (order.index(known[0].name), known[1]))
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return tuple(threads.map(lambda known: self._endpoint(session, *known), found))

    def agents(self) -> tuple[Agent, ...]:
        """Services whose API does not answer are left out, and those that refuse where others answer."""
        with self._keystone():
            self._session()[0].get_token()
        readers: tuple[Callable[[], Iterator[Agent]], ...] = (
            lambda: self._os_services("nova"),
            self._neutron_agents,
            lambda: self._os_services("cinder"),
            self._heat_agents,
        )
        found: list[Agent] = []
        refused = False
        for read in readers:
            try:
                found += read()
            except exceptions.Forbidden:
                refused = True
            except _FAILURES:
                continue
        if refused and not found:
            raise self._not_allowed("list workers")
        return tuple(found)

    def tenancy(self) -> Tenancy:
        """Stacks are the administrator's own where heat's policy does not let it list all, as by default."""
        with self._keystone():
            projects = self._list("keystone", "/projects", "projects")
        try:
            return Tenancy(
                projects=len(projects),
                project_names={p["id"]: p.get("name") or p["id"] for p in projects},
                instances=len(self._pages("nova", "/servers?all_tenants=1", "servers")),
                volumes=len(self._pages("cinder", "/volumes?all_tenants=1", "volumes")),
                networks=len(self._list("neutron", "/networks?fields=id", "networks")),
                images=len(self._pages("glance", "/images?", "images")),
                stacks=len(self._stacks()),
            )
        except exceptions.Forbidden as problem:
            raise self._not_allowed("count what all projects have") from problem
        except _FAILURES as problem:
            raise Unreachable(
                f"what users have could not be counted: {problem}",
                now="keystone answers, one of the others does not",
                hint="see which with `liftlock assess`",
            ) from problem

    def compute(self) -> Compute:
        """Everything nova tells, page by page."""
        with self._keystone():
            self._session()[0].get_token()
        try:
            return compute(self._nova)
        except exceptions.Forbidden as problem:
            raise self._not_allowed("list hypervisors and instances of all projects") from problem
        except _FAILURES as problem:
            raise Unreachable(
                f"nova does not tell its hypervisors and instances: {problem}",
                now="keystone answers; what is on compute hosts is not known",
                hint="see whether `openstack server list --all-projects` works with these credentials",
            ) from problem

    def microversion(self) -> str:
        """As the root of nova's API tells it."""
        with self._keystone():
            self._session()[0].get_token()
        try:
            return str(self._nova("/", PLAIN)["version"].get("version", ""))
        except _FAILURES as problem:
            raise Unreachable(f"nova does not tell its version: {problem}") from problem

    def answers(self, service: str) -> bool:
        """keystone: a new token; horizon: its login page; others: a short listing."""
        try:
            if service == "keystone":
                return bool(self._connect()[0].get_token())
            if service == "horizon":
                return self._login_page()
            listing = _listing(service)
            answer = self._get(service, listing.path)
            return isinstance(answer.get(listing.key), list)
        except (*_FAILURES, BadInput):
            return False

    def sample(self, service: str, hosts: Sequence[str], requests: int) -> Sample:
        """Host by host, a few requests under way at a time, each on a connection of its own."""
        return _sample(self._ask_directly(service, [hosts[n % len(hosts)] for n in range(requests)]))

    def compare(
        self, service: str, blue: Sequence[str], green: Sequence[str], requests: int
    ) -> tuple[Sample, Sample]:
        """Blue and green by turns, asked as by `sample`."""
        turns = [hosts[n % len(hosts)] for n in range(requests) for hosts in (blue, green)]
        answers = self._ask_directly(service, turns)
        return _sample(answers[::2]), _sample(answers[1::2])

    def _ask_directly(self, service: str, turns: Sequence[str]) -> list[tuple[bool, float]]:
        """For each turn, a host's name: whether its API answered as it should, and after how many ms."""
        path = self._direct_path(service)
        with self._keystone():
            token = str(self._session()[0].get_token() or "")

        def ask(host: str) -> tuple[bool, float]:
            begun = time.monotonic()
            good = bool(path) and self._answers_directly(service, host, path, token)
            return good, (time.monotonic() - begun) * 1000

        with ThreadPoolExecutor(_COMPARED_AT_ONCE) as threads:
            return list(threads.map(ask, turns))

    def forget_agents(self, service: str, hosts: Sequence[str]) -> None:
        """nova's are deleted by its API; the other services' records have programs of their own for it."""
        if service != "nova":
            raise BadInput(
                f"the API of {service} cannot delete records of workers", hint="use its manage program"
            )
        with self._keystone():
            for record in self._get("nova", "/os-services")["services"]:
                if record["host"] in hosts:
                    session = self._session()[0]
                    session.delete(
                        f"{self._address('nova')}/os-services/{record['id']}", timeout=self._patience_s
                    )

    def _direct_path(self, service: str) -> str:
        """What to ask of one host's API, below its own port; empty if the catalogue does not lead there now."""
        api = services()[service].api()
        if service == "horizon":
            return api.health if api else ""
        try:
            return urlsplit(self._address(service)).path + _listing(service).path
        except _FAILURES:
            return ""

    def _answers_directly(self, service: str, host: str, path: str, token: str) -> bool:
        """Whether the API on this host answers a real request with what it should; no balancer in between."""
        api = services()[service].api()
        try:
            answer = requests.get(
                f"http://{self._hosts[host]}:{api.port if api else 0}{path}",
                headers={"X-Auth-Token": token} if service != "horizon" else {},
                timeout=_DIRECT_PATIENCE_S,
            )
            if service == "horizon":
                return answer.ok and "csrfmiddlewaretoken" in answer.text
            return answer.ok and isinstance(answer.json().get(_listing(service).key), list)
        except (*_FAILURES, requests.RequestException):
            return False

    def _os_services(self, service: str) -> Iterator[Agent]:
        """Those of nova and of cinder, whose APIs tell them alike."""
        versions = self._service_versions() if service == "nova" and self._service_versions else {}
        for found in self._list(service, "/os-services", "services"):
            yield Agent(
                kind=found["binary"],
                service=service,
                host=found["host"],
                alive=found["state"] == "up",
                enabled=found["status"] == "enabled",
                seconds_since_report=self._age(found["updated_at"]),
                version=versions.get((found["host"], found["binary"])),
            )

    def _neutron_agents(self) -> Iterator[Agent]:
        for found in self._list("neutron", "/agents", "agents"):
            yield Agent(
                kind=found["binary"],
                service="neutron",
                host=found["host"],
                alive=bool(found["alive"]),
                enabled=bool(found["admin_state_up"]),
                seconds_since_report=self._age(found["heartbeat_timestamp"]),
            )

    def _heat_agents(self) -> Iterator[Agent]:
        # Every start of an engine leaves a record of its own (heat 26.0): the freshest of a host counts.
        newest: dict[str, Agent] = {}
        for found in self._list("heat", "/services", "services"):
            agent = Agent(
                kind=found["binary"],
                service="heat",
                host=found["host"],
                alive=found["status"] == "up",
                enabled=True,
                seconds_since_report=self._age(found["updated_at"] or found["created_at"]),
            )
            known = newest.get(agent.host)
            if known is None or agent.seconds_since_report < known.seconds_since_report:
                newest[agent.host] = agent
        yield from newest.values()

    def _stacks(self) -> list[dict[str, Any]]:
        try:
            return self._list("heat", "/stacks?global_tenant=true", "stacks")
        except exceptions.Forbidden:
            return self._list("heat", "/stacks", "stacks")

    def _login_page(self) -> bool:
        session, _ = self._session()
        page = self._dashboard
        if not page:
            health = services()["horizon"].parts[0].health
            page = f"https://{urlsplit(str(session.auth.auth_url)).hostname}{health}"  # type: ignore[union-attr]
        answer = session.get(page, authenticated=False, timeout=self._patience_s, redirect=False)
        return answer.status_code == 200 and "csrfmiddlewaretoken" in answer.text

    def _endpoint(self, session: Session, service: Service, interface: str, url: str) -> Endpoint:
        api = service.api()
        # The health page is asked beside the versions: `https://front:8774/v2.1` -> `https://front:8774/`.
        page = re.sub(r"/v\d[^/]*(/.*)?$", "", url.rstrip("/")) + (api.health if api else "/")
        try:
            answer = session.get(
                page, authenticated=False, raise_exc=False, redirect=False, timeout=self._patience_s
            )
            status = int(answer.status_code)
        except _FAILURES:
            status = 0
        return Endpoint(service.name, interface, url, status, self._certificate_days_left(url))

    def _certificate_days_left(self, url: str) -> float | None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            return None
        try:
            # Not verified here: an expired one is just what is looked for.
            text = ssl.get_server_certificate((parts.hostname, parts.port or 443), timeout=self._patience_s)
        except OSError:
            return None
        ends = x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc
        return (ends.timestamp() - self._clock.now()) / 86400

    def _pages(self, service: str, path: str, key: str) -> list[dict[str, Any]]:
        """Everything of a listing whose pages follow a marker."""
        found: list[dict[str, Any]] = []
        page = self._list(service, f"{path}&limit={_PAGE}", key)
        while page:
            found += page
            page = self._list(service, f"{path}&limit={_PAGE}&marker={page[-1]['id']}", key)
        return found

    def _list(self, service: str, path: str, key: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(service, path)[key]
        return found

    def _nova(self, path: str, version: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (
            self._session()[0]
            .get(
                self._address("nova") + path,
                headers={"OpenStack-API-Version": f"compute {version}"},
                timeout=_PAGE_PATIENCE_S,
                connect_retries=0,
                status_code_retries=0,
            )
            .json()
        )
        return found

    def _get(self, service: str, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = (
            self._session()[0]
            .get(
                self._address(service) + path,
                timeout=self._patience_s,
                connect_retries=0,
                status_code_retries=0,
            )
            .json()
        )
        return answer

    def _address(self, service: str) -> str:
        """Where the catalogue's public entry leads, with the version that our requests are for."""
        session, region = self._session()
        kind = services()[service].catalogue_type
        address = session.get_endpoint(service_type=kind, interface="public", region_name=region or None)
        if not address:
            raise exceptions.EndpointNotFound(f"the catalogue has no public address of {service}")
        if not re.search(r"/v\d", urlsplit(address).path):
            address = address.rstrip("/") + _listing(service).version
        return str(address).rstrip("/")

    def _age(self, stamp: str | None) -> float:
        if not stamp:
            return _NEVER_S
        told = datetime.fromisoformat(stamp.removesuffix("Z"))
        return max(0.0, self._clock.now() - told.replace(tzinfo=UTC).timestamp())

    def _session(self) -> tuple[Session, str]:
        """The session of this object and its region; it keeps its token while that is good."""
        if self._kept is None:
            self._kept = self._connect()
        return self._kept

    def _connect(self) -> tuple[Session, str]:
        files = [str(self._clouds_yaml)] if self._clouds_yaml else None
        try:
            # Else $OS_CLIENT_CONFIG_FILE goes before the file that is named: another cloud (openstacksdk 4.22).
            chosen = OpenStackConfig(config_files=files, load_envvars=files is None).get_one(
                cloud=self._cloud
            )
            return chosen.get_session(), str(chosen.get_region_name() or "")
        except ConfigException as problem:
            raise BadInput(
                f"the entry `{self._cloud}` of clouds.yaml cannot be used: {problem}",
                hint="mend the entry, or name another: `--os-cloud`, or `api` in the cloud file",
            ) from problem

    def _not_allowed(self, what: str) -> NotAllowed:
        return NotAllowed(
            f"the account of `{self._cloud}` may not {what}",
            hint="name an account that has the role `admin`: services tell this to nobody else by default",
        )

    @contextmanager
    def _keystone(self) -> Iterator[None]:
        """Says in three parts that keystone does not answer, if it does not."""
        try:
            yield
        except exceptions.Unauthorized as problem:
            raise Unreachable(
                f"keystone refuses the credentials of `{self._cloud}`",
                now="what the APIs would say is not known",
                hint="mend the entry in clouds.yaml",
            ) from problem
        except exceptions.Forbidden as problem:
            raise self._not_allowed("ask keystone about all projects") from problem
        except _FAILURES as problem:
            raise Unreachable(
                f"keystone does not answer: {problem}",
                now="what the APIs would say is not known",
                hint="see whether keystone-api runs and the balancer sends requests to it",
            ) from problem


def _listing(service: str) -> Listing:
    """What the service is asked; raises KeyError for one that has only pages."""
    found = services()[service].listing
    if found is None:
        raise KeyError(f"{service} has no listing")
    return found


def _sample(answers: Sequence[tuple[bool, float]]) -> Sample:
    """From (good, ms) of each request."""
    took = [ms for _, ms in answers]
    return Sample(len(answers), sum(not good for good, _ in answers), median(took) if took else 0.0)


def _known(
    catalogue: Mapping[str, Iterable[Mapping[str, Any]]], region: str
) -> Iterator[tuple[Service, str, str]]:
    """(service, interface, address) of those entries that belong to services we know, once each."""
    types = ServiceTypes()
    by_type = {service.catalogue_type: service for service in services().values() if service.catalogue_type}
    seen = set()
    # Exact types first: `volumev3` is cinder too, but only where there is no `block-storage`.
    for kind in sorted(catalogue, key=lambda k: k not in by_type):
        service = by_type.get(kind) or by_type.get(types.get_service_type(kind) or "")
        for entry in catalogue[kind]:
            if service is None or entry["interface"] not in ("public", "internal"):
                continue
            place = (service.name, entry["interface"])
            if (region and entry.get("region_id", region) != region) or place in seen:
                continue
            seen.add(place)
            yield service, entry["interface"], entry["url"]
