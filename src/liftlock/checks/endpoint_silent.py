"""What does not answer before an upgrade cannot be seen to survive it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, services


@check("Does every API answer at the entrances the catalogue lists?")
def endpoint_silent(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Answers of 2xx and 3xx are well; silent when the catalogue could not be read, which `survey_incomplete` says."""
    for endpoint in cloud.endpoints:
        if endpoint.service in cloud.services and not 200 <= endpoint.status < 400:
            answer = f"answers {endpoint.status}" if endpoint.status else "does not answer"
            yield blocker(
                endpoint.service,
                f"{endpoint.service}: its {endpoint.interface} endpoint {endpoint.url} {answer}",
                f"`curl -i {endpoint.url}`, then the log of {endpoint.service}'s API and of the balancer",
            )
    listed = {endpoint.service for endpoint in cloud.endpoints}
    for name in cloud.services if listed else ():
        if name in services() and services()[name].catalogue_type and name not in listed:
            yield blocker(
                name,
                f"{name}: the catalogue lists no endpoint for it",
                "`openstack endpoint create`, or take it out of `services` in the cloud file",
            )
