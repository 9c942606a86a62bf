"""Read the outline of a file from its first bytes and its box sizes: enough to tell broken from unfinished."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# A recorder's hour in one-second fragments has two boxes a second; past this the file is not footage.
BOXES_MAX = 200_000
SMALL_HEAD, LARGE_HEAD = 8, 16
RIFF_LENGTH_UNKNOWN = 0xFFFFFFFF
FRAGMENT_BOXES = frozenset({b"moof", b"sidx", b"styp"})
MP4_FIRST_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """``declared_bytes`` is what the file says of its own length; None where the container doesn't say."""

    mp4: bool
    has_moov: bool
    fragments: int
    declared_bytes: int | None


def outline(path: Path) -> Outline:
    """Walk the top-level boxes (ISO 14496-12), or read the RIFF header. Never reads the pictures."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[4:8] in MP4_FIRST_BOXES:
            return _mp4(file, os.fstat(file.fileno()).st_size)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            # Recorders that never came back to close the file leave 0 or all ones here.
            length = int.from_bytes(head[4:8], "little")
            declared = length + 8 if 0 < length < RIFF_LENGTH_UNKNOWN else None
            return Outline(mp4=False, has_moov=False, fragments=0, declared_bytes=declared)
    return Outline(mp4=False, has_moov=False, fragments=0, declared_bytes=None)


def init_length(path: Path) -> int:
    """Return the bytes before the first fragment of an MP4: what a player needs once; 0 if it has no fragments."""
    with path.open("rb") as file:
        at, size = 0, os.fstat(file.fileno()).st_size
        for _ in range(BOXES_MAX):
            if at >= size:
                return 0
            length, kind = _box(file, at, size)
            if kind in FRAGMENT_BOXES:
                return at
            at += length
    return 0


def _mp4(file: BinaryIO, size: int) -> Outline:
    at, has_moov, fragments = 0, False, 0
    for _ in range(BOXES_MAX):
        if at >= size:
            break
        length, kind = _box(file, at, size)
        has_moov |= kind == b"moov" and at + length <= size
        fragments += kind == b"moof"
        at += length
    return Outline(mp4=True, has_moov=has_moov, fragments=fragments, declared_bytes=at)


def _box(file: BinaryIO, at: int, size: int) -> tuple[int, bytes]:
    file.seek(at)
    head = file.read(LARGE_HEAD)
    length, kind = int.from_bytes(head[:4], "big"), head[4:8]
    if length == 1:
        length = int.from_bytes(head[SMALL_HEAD:LARGE_HEAD], "big")
    if length == 0 and len(head) >= SMALL_HEAD:
        length = size - at  # the standard's "to the end of the file"
    return max(length, SMALL_HEAD), kind
