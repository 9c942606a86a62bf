"""What the harness and its people saw and did, one JSON line each, on the disk before the next thing happens."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class Notes:
    """A file of lines that several threads append to."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def write(self, what: str, **fields: object) -> None:
        """Append a line."""
        line = {"at": datetime.now(UTC).isoformat(), "what": what} | fields
        with self._lock:
            self._file.write(json.dumps(line, default=str) + "\n")

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> list[dict[str, Any]]:
    """Return every line of a file of notes."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
