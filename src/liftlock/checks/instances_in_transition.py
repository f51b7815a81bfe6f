"""What nova is doing with an instance when its worker is stopped may stay half done."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Is nova in the middle of something with an instance?",
    when="an instance has a task under way",
    says=(ADVICE,),
)
def instances_in_transition(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per task, with the first instances; who looks again in a minute sees which ones are stuck."""
    found: dict[str, list[str]] = {}
    for instance in cloud.compute.instances:
        if instance.task:
            found.setdefault(instance.task, []).append(instance.id)
    for task, ids in sorted(found.items()):
        yield advice(
            "nova",
            f"nova: {len(ids)} instances are {task}: {', '.join(ids[:3])}{', …' if len(ids) > 3 else ''}",
            f"assess again in a minute; what is still {task} then: `openstack server set --state error {ids[0]}`, and "
            "look at its host's log",
            f"nova's API: OS-EXT-STS:task_state {task} of {len(ids)} instances",
        )
