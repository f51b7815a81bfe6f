"""Runs in a release's own Python: serves one of its WSGI applications on the loopback, with a thread per request.

    python served.py MODULE:CALLABLE PORT [ARGUMENT …]

Arguments are what the application finds in `sys.argv`. An environment need not have a WSGI server for it; it imports
nothing of liftlock, and the application before anything that an application may want to replace.
"""

from __future__ import annotations

import importlib
import sys

# This file's folder is no place to import from: modules in it have names that others have too.
del sys.path[0]


def main(application: str, port: str, *arguments: str) -> None:
    """Load it, then listen: who can connect finds it ready."""
    module, _, name = application.partition(":")
    sys.argv = [module, *arguments]
    found = getattr(importlib.import_module(module), name)

    from socket import SO_REUSEADDR, SOL_SOCKET  # noqa: PLC0415
    from socketserver import ThreadingMixIn  # noqa: PLC0415
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server  # noqa: PLC0415

    class Server(ThreadingMixIn, WSGIServer):
        """One thread a request."""

        daemon_threads = True
        request_queue_size = 128

        def server_bind(self) -> None:
            """Without asking a name server what this machine is called."""
            self.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
            self.server_name, self.server_port = "127.0.0.1", int(port)
            self.setup_environ()

    class Quiet(WSGIRequestHandler):
        """Says nothing of requests that went well, and asks no name server."""

        def address_string(self) -> str:
            """The client's address."""
            return str(self.client_address[0])

        def log_request(self, *_: object) -> None:
            """Nothing."""

    make_server("127.0.0.1", int(port), found, Server, Quiet).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
