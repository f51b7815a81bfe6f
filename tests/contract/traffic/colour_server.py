"""An HTTP server that answers with its colour: `python colour_server.py PORT COLOUR`.

`/health` is what the balancer asks; `/slow?S` takes S seconds; `/pid` says which process it is;
`/missing` is not there; `/static/COLOUR.css` is there for its own colour alone, as hashed assets are for one release.
"""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in two packets would wait for the client's delayed acknowledgement, 40 ms each.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path, _, seconds = self.path.partition("?")
        if path == "/slow":
            time.sleep(float(seconds))
        said = f"{os.getpid()}" if path == "/pid" else sys.argv[2]
        foreign = path.startswith("/static/") and path != f"/static/{sys.argv[2]}.css"
        self.send_response(404 if foreign or path == "/missing" else 200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *words: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, as killed and stopped ones do."""


Server(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
