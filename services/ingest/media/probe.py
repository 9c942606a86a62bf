"""Look into one file and say what footage it is, or why it is none. Blocks; never opens footage in this process."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

from services.ingest.media.boxes import Outline, outline
from services.ingest.media.clocks import Verdict, weigh
from services.ingest.media.found import Probe, Refusal, RefusalKind
from services.ingest.media.names import NamePattern
from services.ingest.media.process import Died, Late, MediaProcess

SUFFIXES = {
    "mov,mp4,m4a,3gp,3g2,mj2": {".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".m4s"},
    "matroska,webm": {".mkv", ".webm"},
    "avi": {".avi"},
    "mpegts": {".ts", ".mts", ".m2ts"},
    "mpeg": {".mpg", ".mpeg", ".vob"},
    "asf": {".asf", ".wmv"},
    "flv": {".flv"},
}
MISSING_MS_MAX = 1000
MESSAGES = {
    RefusalKind.NOT_A_VIDEO: "is not a video that camledger knows ({}): hand over MP4, MOV, MKV, AVI, TS, ASF or FLV",
    RefusalKind.UNREADABLE: "can't be read ({}): play it on its recorder; export it again if that works",
    RefusalKind.TOO_SLOW: "takes too long to look into ({}): check the file, or raise the probe's time limit",
    RefusalKind.TRUNCATED: "is cut short ({}): copy it from its recorder again",
    RefusalKind.ZERO_LENGTH: "has no pictures with a duration ({}): nothing was recorded; check the recorder",
    RefusalKind.STILL_BEING_WRITTEN: "is not complete yet ({}): wait until its recorder has closed it",
    RefusalKind.EMPTY: "is empty ({}): wait until its recorder has written it, or copy it again",
    RefusalKind.NOT_A_FILE: "is not a plain file ({}): hand over the recording itself, not a link, folder or device",
    RefusalKind.MISSING: "is not there ({}): it may have been moved; copy it again",
    RefusalKind.NOT_REMUXABLE: "can't be copied without re-encoding ({}): ask for a re-encoded derivative",
    RefusalKind.NOTHING_INSIDE: "has nothing to show in this interval ({}): ask for a longer interval",
}


def refusal(kind: RefusalKind, path: PurePath, detail: str) -> Refusal:
    """Word a refusal: the file, the rule with what was found, the remedy."""
    return Refusal(kind=kind, message=f"{path.name!r} {MESSAGES[kind].format(detail)}")


def given_up(found: Refusal, path: PurePath, waited_seconds: float) -> Refusal:
    """Turn "not complete yet" into "cut short" once nobody has written to the file for ``waited_seconds``."""
    if found.kind is not RefusalKind.STILL_BEING_WRITTEN:
        return found
    return refusal(RefusalKind.TRUNCATED, path, f"unfinished, and not written to for {waited_seconds:.0f} s")


def utc_now() -> datetime:
    return datetime.now(UTC)


def probe(
    process: MediaProcess,
    path: Path,
    *,
    pattern: NamePattern | None = None,
    named: PurePath | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Probe | Refusal:
    """Return what the file holds. Every broken file is a Refusal, never an exception.

    ``named`` is what its source calls it, where its bytes lie under another name by now.
    """
    try:
        before = os.lstat(path)
        if (found := _plain(path, before)) is not None:
            return found
        shape = outline(path)
        if (found := _broken(path, shape, before.st_size)) is not None:
            return found
        facts = _look(process, path, before.st_size)
        if isinstance(facts, Refusal):
            return facts
        if _identity(os.lstat(path)) != _identity(before):
            return refusal(RefusalKind.STILL_BEING_WRITTEN, path, "it changed while it was looked into")
    except OSError as unreachable:
        return refusal(_reason(unreachable), path, unreachable.strerror or "")
    broken = _incomplete(path, facts)
    return broken or _footage(path, facts, shape, before, _clocks(named or path, facts, before, pattern, now()))


def _reason(unreachable: OSError) -> RefusalKind:
    return RefusalKind.MISSING if isinstance(unreachable, FileNotFoundError) else RefusalKind.UNREADABLE


def _plain(path: Path, seen: os.stat_result) -> Refusal | None:
    if not stat.S_ISREG(seen.st_mode):
        return refusal(RefusalKind.NOT_A_FILE, path, stat.filemode(seen.st_mode))
    return refusal(RefusalKind.EMPTY, path, "0 bytes") if seen.st_size == 0 else None


def _identity(seen: os.stat_result) -> tuple[int, int, int]:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _broken(path: Path, shape: Outline, size: int) -> Refusal | None:
    if shape.mp4 and not shape.has_moov:
        return refusal(RefusalKind.STILL_BEING_WRITTEN, path, "its index, the moov box, is missing")
    if shape.declared_bytes is not None and shape.declared_bytes > size:
        return refusal(RefusalKind.TRUNCATED, path, f"{size} bytes of {shape.declared_bytes}")
    return None


def _look(process: MediaProcess, path: Path, size: int) -> dict[str, Any] | Refusal:
    return asked(process, {"do": "look", "path": str(path.absolute())}, path, size)


def asked(process: MediaProcess, request: dict[str, Any], path: Path, size: int) -> dict[str, Any] | Refusal:
    """Ask the media process about ``path``; whatever the file does to it comes back as a Refusal.

    Raises OSError when a copy could not be written.
    """
    try:
        facts = process.ask(request, size_bytes=size)
    except Late as late:
        return refusal(RefusalKind.TOO_SLOW, path, str(late))
    except Died as died:
        return refusal(RefusalKind.UNREADABLE, path, str(died))
    if "errno" in facts:
        raise OSError(facts["errno"], facts["detail"])
    if "refused" in facts:
        return refusal(RefusalKind(facts["refused"]), path, facts["detail"])
    return facts


def _incomplete(path: Path, facts: dict[str, Any]) -> Refusal | None:
    if facts["frames"] == 0 or facts["duration_ms"] == 0:
        return refusal(RefusalKind.ZERO_LENGTH, path, f"{facts['frames']} pictures, {facts['duration_ms']} ms")
    declared, reached = facts["declared_ms"], facts["reached_ms"]
    if declared is not None and declared - reached > MISSING_MS_MAX:
        return refusal(RefusalKind.TRUNCATED, path, f"{reached} ms of {declared} ms")
    if not facts["first_picture"]:
        return refusal(RefusalKind.UNREADABLE, path, "no picture at its beginning can be decoded")
    return None


def _clocks(
    path: PurePath, facts: dict[str, Any], seen: os.stat_result, pattern: NamePattern | None, now: datetime
) -> Verdict:
    return weigh(
        creation_time=facts["creation_time"],
        path=path,
        pattern=pattern,
        modified_at=datetime.fromtimestamp(seen.st_mtime, UTC),
        duration=timedelta(milliseconds=facts["duration_ms"]),
        now=now,
    )


def _footage(path: Path, facts: dict[str, Any], shape: Outline, seen: os.stat_result, verdict: Verdict) -> Probe:
    return Probe(
        **{name: facts[name] for name in ("container", "codec", "width", "height", "frames", "keyframes")},
        **{name: facts[name] for name in ("duration_ms", "has_audio", "audio_codec")},
        size_bytes=seen.st_size,
        fragmented=shape.fragments > 0,
        extension_agrees=path.suffix.lower() in SUFFIXES.get(facts["container"], set()),
        started_at=verdict.chosen.at if verdict.chosen else None,
        clock_source=verdict.chosen.source if verdict.chosen else None,
        readings=verdict.readings,
        doubts=verdict.doubts,
    )
