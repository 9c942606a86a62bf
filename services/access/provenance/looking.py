"""What a handed-in file really is. Runs in the child process only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from services.access.provenance.unfit import Unfit

# Playlists and picture sequences are left out: they can name other files and addresses.
CONTAINERS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"


@contextmanager
def opened(path: str) -> Iterator[InputContainer]:
    """Open a file as one of the known containers, without network and without other files."""
    only_this_file = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
    try:
        container = av.open(path, options=only_this_file, metadata_errors="replace")
    except FFmpegError as unknown:
        raise Unfit(f"it is no video: {unknown.strerror or type(unknown).__name__}") from unknown
    with container:
        yield container


def pictures_of(container: InputContainer) -> VideoStream:
    """Return the first video stream."""
    if not container.streams.video:
        raise Unfit("it has no picture")
    return container.streams.video[0]


def look(asked: dict[str, Any]) -> dict[str, Any]:
    """Return container and length in milliseconds; every packet is read, and one picture is decoded."""
    with opened(asked["source"]) as container:
        pictures = pictures_of(container)
        try:
            ends = [_end(packet.pts, packet.duration, packet.time_base) for packet in container.demux(pictures)]
            container.seek(0)
            if next(container.decode(pictures), None) is None:
                raise Unfit("no picture in it can be decoded")
        except FFmpegError as broken:
            raise Unfit(f"it can't be read: {broken.strerror or type(broken).__name__}") from broken
        return {"container": container.format.name, "milliseconds": round(max(ends, default=Fraction(0)) * 1000)}


def _end(pts: int | None, duration: int | None, base: Fraction | None) -> Fraction:
    return Fraction(0) if pts is None or base is None else (pts + (duration or 0)) * base
