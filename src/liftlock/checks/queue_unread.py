"""Messages that nobody reads stay until the broker is short of memory; or it is work undone."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

MANY = 100
"""A worker that is being restarted has fewer waiting."""


@check(
    "Do messages wait in queues that nobody reads?",
    when="a queue without a consumer holds 100 messages or more",
    says=(RISK,),
)
def queue_unread(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per virtual host, with its fullest queues."""
    for vhost in sorted({queue.vhost for queue in cloud.broker.unread}):
        full = [q for q in cloud.broker.unread if q.vhost == vhost and q.messages >= MANY]
        if full:
            told = ", ".join(f"{queue.name} {queue.messages}" for queue in full[:5])
            yield risk(
                vhost,
                f"{vhost}: messages wait in {len(full)} queues that nobody reads: {told}",
                f"notifications: set `[oslo_messaging_notifications] driver = noop`, then "
                f"`rabbitmqctl purge_queue -p {vhost} {full[0].name}`; other queues: start their worker",
                f"`rabbitmqctl list_queues -p {vhost} name messages consumers`: {told}; consumers 0",
            )
