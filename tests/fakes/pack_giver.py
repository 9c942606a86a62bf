"""Access as far as it gives the files of one version of a policy, by a real socket."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from services.runtime.packs import folder_digest
from services.runtime.settings import REPOSITORY

SHIPPED = REPOSITORY / "policies" / "daan-cctv"
DIGEST = folder_digest(SHIPPED)


def files() -> dict[str, str]:
    return {str(p.relative_to(SHIPPED)): p.read_text("utf-8") for p in SHIPPED.rglob("*.yaml")}


class PackGiver:
    """Answers the one question by which a version is fetched; ``close`` it."""

    def __init__(self, given: dict[str, str]) -> None:
        body = json.dumps({"files": given}).encode()

        class Gives(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path.endswith(f"/policies/daan-cctv/versions/{DIGEST}") else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Gives)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
