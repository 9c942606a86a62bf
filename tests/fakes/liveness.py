"""A service that answers its liveness as it is told to, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Service(ThreadingHTTPServer):
    """``silent`` are its parts that stand still; ``code`` is answered instead by what stands before it."""

    silent: tuple[str, ...] = ()
    code: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Service)
        self.send_response(self.server.code or (503 if self.server.silent else 200))
        self.end_headers()
        self.wfile.write(json.dumps({"silent": self.server.silent}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Service]:
    """Run it on a free port of this machine."""
    with Service(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()
