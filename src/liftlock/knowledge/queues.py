"""What decides the shape of queues and exchanges on the broker, and the values a release has for it by itself.

Who declares a queue with another shape than it has is refused (`PRECONDITION_FAILED`): two colours on one virtual host
must want the same. A queue of its own per process (replies, fanouts) may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from liftlock.knowledge.release_facts import facts_of, shipped

SECTION = "oslo_messaging_rabbit"

_SWITCHES = (
    "amqp_auto_delete",
    "amqp_durable_queues",
    "rabbit_ha_queues",
    "rabbit_quorum_queue",
    "rabbit_stream_fanout",
    "rabbit_transient_quorum_queue",
)
_LIMITS = (
    "rabbit_quorum_delivery_limit",
    "rabbit_quorum_max_memory_bytes",
    "rabbit_quorum_max_memory_length",
)
QUEUE_OPTIONS = tuple(sorted((*_SWITCHES, *_LIMITS)))
"""Names of the options, in `SECTION`."""


@cache
def queue_defaults(series: str) -> Mapping[str, str]:
    """Option -> value where an operator sets none, as the release itself told; empty for a series nobody has asked."""
    if series not in shipped():
        return {}
    told = {o.name: o.default for o in facts_of(series).options if o.section == SECTION}
    return {name: told[name] or "" for name in QUEUE_OPTIONS if name in told}


def read_options(told: str) -> dict[str, str]:
    """Option -> value, of what a snapshot tells.

    >>> read_options("amqp_durable_queues=yes rabbit_quorum_delivery_limit=1")
    {'amqp_durable_queues': 'true', 'rabbit_quorum_delivery_limit': '1'}
    """
    found = dict(word.split("=", 1) for word in told.split())
    return {option: _one_word(value) if option in _SWITCHES else value for option, value in found.items()}


def _one_word(value: str) -> str:
    """oslo.config 9.7, `types.Boolean`."""
    return "true" if value in ("true", "1", "on", "yes") else "false"
