"""Make copies without re-encoding: sound taken out, an interval cut on keyframes, ready to be served. Blocks."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from services.ingest.media.found import Refusal, Remuxed
from services.ingest.media.probe import asked
from services.ingest.media.process import MediaProcess
from services.ingest.storage.folder_marker import sync_folder


def remux(
    process: MediaProcess,
    source: Path,
    target: Path,
    *,
    keep_sound: bool = True,
    from_ms: int | None = None,
    to_ms: int | None = None,
    inward: bool = True,
    keep_container: bool = False,
) -> Remuxed | Refusal:
    """Write ``target`` whole or not at all: an MP4 with its index first, or the source's own container.

    ``from_ms`` and ``to_ms`` count from the footage's first picture. ``inward`` shows nothing outside the interval,
    which is what a grant needs; outward begins at the keyframe before it. Raises OSError when the disk is full.
    """
    unfinished = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    request: dict[str, Any] = {"do": "remux", "path": str(source.absolute()), "to": str(unfinished.absolute())}
    request |= {"keep_sound": keep_sound, "keep_container": keep_container}
    wanted = request | {"from_ms": from_ms, "to_ms": to_ms, "inward": inward}
    try:
        made = asked(process, wanted, source, source.stat().st_size)
        if isinstance(made, Refusal):
            return made
        size, sha256 = _settle(unfinished)
        unfinished.replace(target)
        sync_folder(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return Remuxed(size_bytes=size, sha256=sha256, **made | {"left_out": tuple(made["left_out"])})


def without_sound(process: MediaProcess, source: Path, target: Path) -> Remuxed | Refusal:
    """Write the pictures alone, in the source's own container, every frame as it was."""
    return remux(process, source, target, keep_sound=False, keep_container=True)


def _settle(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256
