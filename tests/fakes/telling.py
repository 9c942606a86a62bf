"""A service that tells what it is given, by path, and remembers who was asked for: for pages that show its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from services.runtime.identity import ON_BEHALF_OF


@dataclass(slots=True)
class Telling:
    """What it tells by path below ``/api/v1``, and (path with query, account) of each question."""

    url: str = ""
    tells: dict[str, object] = field(default_factory=dict)
    refuses: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def telling() -> Iterator[Telling]:
    """Run one until the block ends."""
    told = Telling()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path.removeprefix("/api/v1")
            told.asked.append((self.path, self.headers.get(ON_BEHALF_OF, "")))
            status = told.refuses.get(path, 200 if path in told.tells else 404)
            body = told.tells.get(path, {"refusal": "RoleMissing", "title": "", "detail": "", "remedy": ""})
            self._answer(status, body.encode() if isinstance(body, str) else json.dumps(body).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: the test reads ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
