"""On a balancer host: what HAProxy's runtime socket says."""

from __future__ import annotations

import json
import socket as sockets
import sys


def command(path: str, words: str) -> str:
    """Its answer to one command; it closes the connection afterwards."""
    try:
        with sockets.socket(sockets.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(path)
            line.sendall(f"{words}\n".encode())
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()
    except OSError as problem:
        return sys.exit(f"HAProxy's socket {path} does not answer: {problem.strerror or problem}")


def main(*, socket: str) -> None:
    """Print state and numbers."""
    print(json.dumps({"info": command(socket, "show info"), "stat": command(socket, "show stat")}))
