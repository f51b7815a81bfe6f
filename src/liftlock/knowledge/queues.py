"""What decides the shape of queues and exchanges on the broker, and the values a release has for it by itself.

Who declares a queue with another shape than it has is refused (`PRECONDITION_FAILED`): two colours on one virtual host
must want the same. A queue of its own per process (replies, fanouts) may differ.
"""

from __future__ import annotations

from collections.abc import Mapping

SECTION = "oslo_messaging_rabbit"

_DEFAULTS = {
    "amqp_auto_delete": "false",
    "amqp_durable_queues": "false",
    "rabbit_ha_queues": "false",
    "rabbit_quorum_delivery_limit": "0",
    "rabbit_quorum_max_memory_bytes": "0",
    "rabbit_quorum_max_memory_length": "0",
    "rabbit_quorum_queue": "false",
    "rabbit_stream_fanout": "false",
    "rabbit_transient_quorum_queue": "false",
}
"""Read from the option lists of oslo.messaging 14.7.2, 16.1.2 and 17.3.0: the same in all three."""

QUEUE_OPTIONS = tuple(_DEFAULTS)
"""Names of the options, in `SECTION`."""

_BY_SERIES: Mapping[str, Mapping[str, str]] = {
    "2024.1": _DEFAULTS,
    "2025.1": _DEFAULTS,
    "2026.1": _DEFAULTS,
}


def queue_defaults(series: str) -> Mapping[str, str]:
    """Option -> value where an operator sets none, in lower case; empty for a series nobody has looked at."""
    return _BY_SERIES.get(series, {})


def read_options(told: str) -> dict[str, str]:
    """Option -> value, of what a snapshot tells.

    >>> read_options("amqp_durable_queues=yes rabbit_quorum_delivery_limit=1")
    {'amqp_durable_queues': 'true', 'rabbit_quorum_delivery_limit': '1'}
    """
    found = dict(word.split("=", 1) for word in told.split())
    return {option: _one_word(value) if _is_switch(option) else value for option, value in found.items()}


def _is_switch(option: str) -> bool:
    return _DEFAULTS.get(option) in ("true", "false")


def _one_word(value: str) -> str:
    """oslo.config 9.7, `types.Boolean`."""
    return "true" if value in ("true", "1", "on", "yes") else "false"
