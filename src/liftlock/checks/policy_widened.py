"""A default that lets in more people than before is a decision about the cloud that nobody took."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.policy_reach import widened

ABOVE = ("admin", "service")
"""Roles of which nobody is a user of the cloud."""


@check(
    "Do the target's policies let in more of the users than those that run?",
    when="a rule's default lets a manager, member or reader do what it did not, by the rules liftlock ships",
    says=(ADVICE,),
)
def policy_widened(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service; administrators and services are left out, and so are rules that are new."""
    source = series_of_cloud(cloud)
    for service in cloud.services if source else ():
        gains = {
            rule: [person for person in people if person.role not in ABOVE]
            for rule, people in widened(source or "", target.id, service).items()
        }
        found = sorted(rule for rule, people in gains.items() if people)
        who = ", ".join(str(p) for p in sorted({p for people in gains.values() for p in people}))
        if found:
            yield advice(
                service,
                f"{service}: with {target.id} a {who} may do what was not allowed before, by {len(found)} rule(s): "
                f"{some(found)}",
                f"if that is not wanted, set these rules in {service}'s policy file before the upgrade; those that it "
                "sets already keep its word",
                f"defaults of the rules in {source} and {target.id}, tried with people of every usual role: "
                f"{some(found)}",
            )
