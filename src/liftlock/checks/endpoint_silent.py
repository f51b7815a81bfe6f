"""What does not answer before an upgrade cannot be seen to survive it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Endpoint
from liftlock.knowledge.catalogue import Series, services


@check(
    "Does every API answer at the entrances the catalogue lists?",
    when="a health page of the catalogue answers neither 2xx nor 3xx, or a service is not in the catalogue",
    says=(BLOCKER,),
)
def endpoint_silent(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service; silent when the catalogue could not be read, which `survey_incomplete` says."""
    silent: dict[str, list[Endpoint]] = {}
    for endpoint in cloud.endpoints:
        # A health page answers 2xx or 3xx once the application is loaded.
        if endpoint.service in cloud.services and not 200 <= endpoint.status < 400:
            silent.setdefault(endpoint.service, []).append(endpoint)
    for service, endpoints in silent.items():
        told = "; ".join(f"{e.url} ({e.interface}) {_answer(e)}" for e in endpoints)
        yield blocker(
            service,
            f"{service}: {told}",
            f"`curl -i {endpoints[0].url}`, then the log of {service}'s API and of the balancer",
            f"GET of the health page: {'; '.join(f'{e.interface} {_answer(e)}' for e in endpoints)}",
        )
    listed = {endpoint.service for endpoint in cloud.endpoints}
    for name in cloud.services if listed else ():
        if name in services() and services()[name].catalogue_type and name not in listed:
            yield blocker(
                name,
                f"{name}: the catalogue lists no endpoint for it",
                "`openstack endpoint create`, or take it out of `services` in the cloud file",
                f"keystone's catalogue: nothing of the type {services()[name].catalogue_type}",
            )


def _answer(endpoint: Endpoint) -> str:
    return f"answers {endpoint.status}" if endpoint.status else "does not answer"
