"""A worker may report that it is alive and listen to nobody: its queue was lost, and it did not notice."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Host
from liftlock.cloud.workers import located
from liftlock.knowledge.catalogue import Series

START_S = 120.0
"""A worker that started less than this ago may still be loading Python (seen: 20 s on a busy machine)."""
TOPICS = {
    "nova-compute": ("compute",),
    "nova-conductor": ("conductor",),
    "nova-scheduler": ("scheduler",),
    "cinder-scheduler": ("cinder-scheduler",),
    "cinder-volume": ("cinder-volume",),
}
"""Kind of worker -> topics of which it has a queue named after its host (oslo.messaging: `topic.host`)."""


@check(
    "Does every worker that reports also take its calls?",
    when="the queue of a worker that is alive has no consumer",
    says=(BLOCKER,),
)
def worker_deaf(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Looks at the queues named after a worker's topic and host; one that just starts or was stopped is no case."""
    silent = {queue.name: queue for queue in cloud.broker.unread}
    for agent, host in located(cloud) if silent else ():
        for topic in TOPICS.get(agent.kind, ()):
            queue = silent.get(f"{topic}.{agent.host}")
            if (
                agent.alive
                and queue is not None
                and host is not None
                and _settled(host, agent.kind, cloud.taken_at)
            ):
                yield blocker(
                    agent.host,
                    f"{agent.host}: {agent.kind} reports, but takes no calls: nobody reads its queue",
                    f"restart {agent.kind} there, then see that `rabbitmqctl list_queues -p {queue.vhost} "
                    f"name consumers` shows a reader for {queue.name}",
                    f"`rabbitmqctl list_queues`: {queue.name} in {queue.vhost}, {queue.messages} messages, consumers 0",
                )


def _settled(host: Host, part: str, now: float) -> bool:
    """Whether the unit runs there, and not only since a moment ago."""
    return any(u.name == part and u.active and u.since < now - START_S for u in host.units)
