"""Waiting for a condition, never for a time."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable

from liftlock.errors import LabFailed


def until(
    condition: Callable[[], str], *, what: str, patience_s: float = 240.0, every_s: float = 0.3
) -> None:
    """Return when `condition` returns an empty string; it returns what is still missing otherwise.

    Raises `LabFailed` saying what is missing after `patience_s` seconds.
    """
    deadline = time.monotonic() + patience_s
    missing = condition()
    while missing:
        if time.monotonic() > deadline:
            raise LabFailed(
                f"{what}: {missing} after {patience_s:.0f} s",
                now="the lab is half up; nothing was taken down",
                hint="look at the unit's journal on its host, then `liftlock lab up` again: it goes on from here",
            )
        time.sleep(every_s)
        missing = condition()


def listening(address: str, port: int) -> str:
    """Empty when something accepts connections there, else what is missing."""
    try:
        with socket.create_connection((address, port), timeout=3):
            return ""
    except OSError as error:
        return f"{address}:{port} does not answer ({error.strerror or error})"


def answering(address: str, port: int, path: str, ca: str | None = None) -> str:
    """Empty when an HTTP GET answers 2xx or 3xx, else what is missing.

    With `ca`, the path of a certificate authority, it is asked over TLS.
    """
    where = f"{address}:{port}{path}"
    try:
        connection = (
            http.client.HTTPSConnection(
                address, port, timeout=15, context=ssl.create_default_context(cafile=ca)
            )
            if ca
            else http.client.HTTPConnection(address, port, timeout=15)
        )
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        return f"{where} does not answer ({error})"
    return "" if 200 <= status < 400 else f"{where} answers {status}"
