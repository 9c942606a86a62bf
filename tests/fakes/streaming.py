"""A streaming server that a test can make misbehave: playlists and segments over real HTTP, from memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

PICTURE = bytes(range(256)) * 256
SEGMENTS = ("#EXTINF:2.0,", "seg-7.ts", "#EXTINF:2.0,", "seg-8.ts")
CHUNK = 65_536


def playlist(*lines: str) -> bytes:
    """A playlist of these lines, whole segments by default."""
    head = ("#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:7")
    return ("\n".join((*head, *(lines or SEGMENTS))) + "\n").encode()


def endless() -> Iterator[bytes]:
    """Bytes without an end, as fast as they are taken."""
    while True:
        yield bytes(CHUNK)


@dataclass(slots=True)
class Streaming:
    """What the server says by path; a path that it doesn't know is 404. ``asked`` lists the paths, in order."""

    url: str = ""
    says: dict[str, bytes | Callable[[], Iterator[bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    dead: bool = False
    leads_to: str = ""
    folder: Path | None = None  # a real packager's, in the place of what ``says`` holds

    def show(self, *cameras: str) -> None:
        """Give cameras a live picture."""
        for camera in cameras:
            self.says[f"/{camera}/index.m3u8"] = playlist()
            self.says |= {f"/{camera}/seg-{number}.ts": PICTURE for number in (7, 8)}

    def asked_for(self, ending: str) -> list[str]:
        return [path for path in self.asked if path.endswith(ending)]


@contextmanager
def streaming() -> Iterator[Streaming]:
    """Run a streaming server on a free port."""
    told = Streaming()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(told))
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def _content(told: Streaming, path: str) -> bytes | Callable[[], Iterator[bytes]] | None:
    found = told.folder / path.lstrip("/") if told.folder is not None else None
    return found.read_bytes() if found is not None and found.is_file() else told.says.get(path)


def _handler(told: Streaming) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(unquote(self.path))
            if told.leads_to:
                self.send_response(302)
                self.send_header("location", told.leads_to)
                self.end_headers()
                return
            content = None if told.dead else _content(told, unquote(self.path))
            self.send_response(503 if told.dead else 200 if content is not None else 404)
            self.end_headers()
            try:
                for chunk in [content or b""] if not callable(content) else content():
                    self.wfile.write(chunk)
                    self.wfile.flush()
            except OSError:
                pass  # whoever listened has heard enough

        def log_message(self, *_: object) -> None:
            pass

    return Handler
