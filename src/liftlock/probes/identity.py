"""Our token, and the public endpoints that its catalogue names."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liftlock.errors import Refused, Unreachable
from liftlock.probes.clouds_file import Credentials
from liftlock.probes.judge import Ask, Reply, as_json
from liftlock.probes.wire import Answer

SERVICE_TYPES: Mapping[str, tuple[str, ...]] = {
    "keystone": ("identity",),
    "glance": ("image",),
    "placement": ("placement",),
    "nova": ("compute",),
    "neutron": ("network",),
    "cinder": ("block-storage", "volumev3", "volume", "block-store"),
    "heat": ("orchestration",),
}
"""Types under which a catalogue may list a service (service-types authority, 2026)."""

DEFAULT_VERSIONS = {
    "keystone": "v3",
    "glance": "v2",
    "nova": "v2.1",
    "neutron": "v2.0",
    "cinder": "v3",
    "heat": "v1",
}
"""Appended where the catalogue's address names no version."""

DISTRUST_PAUSE_S = 5.0
"""Between two attempts to renew a token, in seconds."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what keystone said with it."""

    secret: str
    user_id: str
    project_id: str
    domain_id: str
    """Of the project."""
    roles: frozenset[str]
    lifetime_s: float
    """From its issue to its expiry, in seconds."""
    endpoints: Mapping[str, str]
    """Service → public address, with version (and project where the service wants it)."""

    @property
    def is_admin(self) -> bool:
        """Whether projects, flavors and placement are open to us."""
        return "admin" in self.roles


class Identity:
    """The token every client uses, renewed at half its life by whoever runs `keep_fresh`."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._token: Token | None = None
        self._issued = 0.0
        self._tried = 0.0
        self._distrusted = threading.Event()
        self._elsewhere: dict[str, str] = {}

    @property
    def token(self) -> str:
        """The secret to send; empty before the first sign-in."""
        return self._token.secret if self._token else ""

    @property
    def me(self) -> Token:
        """What keystone said about us; only after `sign_in`."""
        assert self._token is not None
        return self._token

    @property
    def services(self) -> frozenset[str]:
        """The services that have an address."""
        return frozenset({*self.me.endpoints, *self._elsewhere})

    def place(self, service: str, url: str) -> None:
        """Set the address of a service that no catalogue lists (horizon)."""
        self._elsewhere[service] = url.rstrip("/")

    def address(self, service: str, path: str) -> str:
        """`path` of `service` as an absolute address; an absolute `path` is returned as it is."""
        if path.startswith(("http://", "https://")):
            return path
        if service in self._elsewhere:
            return self._elsewhere[service] + path
        return self.me.endpoints[service] + path

    def issue(self) -> Ask:
        """The request for a token, judged: its content must be about us."""
        known = self._token
        return Ask(
            "keystone",
            "token issue",
            "POST",
            f"{self._credentials.auth_url}/auth/tokens",
            (201,),
            check=lambda answer: _about_us(answer, self._credentials, known),
            body=as_json(_sign_in_body(self._credentials)),
            authenticated=False,
        )

    def sign_in(self, ask: Callable[[Ask], Reply]) -> None:
        """Get the first token; raises `Unreachable` or `Refused` if there is none to be had."""
        reply = ask(self.issue())
        if reply.ok and reply.answer:
            self._take(reply.answer)
            return
        if reply.status in (400, 401, 403):
            raise Refused(
                f"keystone refuses {self._credentials.username}: {reply.outcome}",
                hint="correct user, password and project in clouds.yaml",
            )
        raise Unreachable(
            f"no token from {self._credentials.auth_url}: {reply.outcome}",
            hint="check auth_url and cacert in clouds.yaml, and that the front door is up",
        )

    def distrust(self, secret: str) -> None:
        """A service refused this token (which has been counted): get a new one soon."""
        if secret == self.token:
            self._distrusted.set()

    def due(self) -> bool:
        """Whether a new token should be fetched now."""
        now = time.monotonic()
        if now - self._tried < DISTRUST_PAUSE_S:
            return False
        return self._distrusted.is_set() or now - self._issued > self.me.lifetime_s / 2

    def keep_fresh(self, ask: Callable[[Ask], Reply], ended: threading.Event) -> None:
        """Renew the token until `ended`; meanwhile everybody goes on with the old one."""
        while not ended.wait(0.5):
            if self.due():
                self._tried = time.monotonic()
                reply = ask(self.issue())
                if reply.ok and reply.answer:
                    self._take(reply.answer)

    def _take(self, answer: Answer) -> None:
        self._token = read_token(answer, self._credentials.region)
        self._issued = self._tried = time.monotonic()
        self._distrusted.clear()


def read_token(answer: Answer, region: str) -> Token:
    """What is in the answer to a sign-in."""
    token = answer.json()["token"]
    project_id = str(token["project"]["id"])
    return Token(
        secret=answer.headers["x-subject-token"],
        user_id=str(token["user"]["id"]),
        project_id=project_id,
        domain_id=str(token["project"]["domain"]["id"]),
        roles=frozenset(str(role["name"]) for role in token["roles"]),
        lifetime_s=(_instant(token["expires_at"]) - _instant(token["issued_at"])).total_seconds(),
        endpoints=_endpoints(token["catalog"], region, project_id),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _endpoints(catalogue: list[dict[str, Any]], region: str, project_id: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for service, types in SERVICE_TYPES.items():
        for kind in types:
            urls = [
                str(endpoint["url"])
                for entry in catalogue
                if entry["type"] == kind
                for endpoint in entry["endpoints"]
                if endpoint["interface"] == "public" and region in ("", endpoint.get("region_id"))
            ]
            if urls and service not in found:
                found[service] = versioned(service, urls[0], project_id)
    return found


def versioned(service: str, url: str, project_id: str) -> str:
    """A catalogue's address with the version, and for cinder and heat the project, that paths start from."""
    url = url.rstrip("/")
    if service in DEFAULT_VERSIONS and not re.search(r"/v\d[\d.]*(/|$)", url):
        url = f"{url}/{DEFAULT_VERSIONS[service]}"
    if service in ("cinder", "heat") and re.search(r"/v\d$", url):
        url = f"{url}/{project_id}"
    return url


def _sign_in_body(who: Credentials) -> dict[str, object]:
    user = {"name": who.username, "password": who.password, "domain": who.user_domain}
    return {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": who.project},
        }
    }


def _about_us(answer: Answer, who: Credentials, known: Token | None) -> str:
    if not answer.headers.get("x-subject-token"):
        return "content: no X-Subject-Token"
    body = answer.json()["token"]
    token = read_token(answer, who.region)
    if body["user"]["name"] != who.username:
        return f"content: a token for {body['user']['name']}, not {who.username}"
    if known and (token.user_id, token.project_id) != (known.user_id, known.project_id):
        return f"content: a token for user {token.user_id} in {token.project_id}"
    if token.lifetime_s <= 0:
        return "content: a token that has expired"
    if known and (lacking := set(known.endpoints) - set(token.endpoints)):
        return f"content: the catalogue lacks {', '.join(sorted(lacking))}"
    return ""


def validate(identity: Identity) -> Ask:
    """Ask keystone about our own token."""
    me = identity.me

    def check(answer: Answer) -> str:
        token = answer.json()["token"]
        seen = (token["user"]["id"], token["project"]["id"])
        return "" if seen == (me.user_id, me.project_id) else f"content: token of {seen[0]} in {seen[1]}"

    return Ask(
        "keystone",
        "token validate",
        "GET",
        "/auth/tokens",
        check=check,
        headers={"X-Subject-Token": me.secret},
    )
