"""A service that gives one answer to whatever it is asked, and remembers what was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

SERVICES = ("ingest", "retention", "access", "analytics")


@dataclass(slots=True)
class Answering:
    """What it answers, where, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)  # one for each path, empty where nothing was sent

    def says(self, body: object, status: int = 200) -> None:
        self.body, self.status = json.dumps(body).encode(), status

    def home(self, folder: Path) -> Path:
        """Write the addresses of an installation whose four services are all this one."""
        known = {"services": dict.fromkeys(SERVICES, self.url), "people": {"sysman-wu": "t"}}
        (folder / "client.json").write_text(json.dumps(known))
        return folder


@contextmanager
def answering() -> Iterator[Answering]:
    """Run one until the block ends."""
    answer = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer.paths.append(self.path)
            answer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        answer.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield answer
        server.shutdown()
