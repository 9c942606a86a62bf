"""Read the facts of one video file with FFmpeg. Runs inside the media process only; judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from services.ingest.media.found import RefusalKind

# What recorders write. Playlists and picture sequences are left out: they can name other files and addresses.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,asf,flv"
PACKETS_BEFORE_A_PICTURE_MAX = 300


class Unusable(Exception):
    """This file can't be used, and ``kind`` says why."""

    def __init__(self, kind: RefusalKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


@contextmanager
def opened(path: str) -> Iterator[InputContainer]:
    """Open ``path`` as one of the known containers, without network and without other files."""
    only_this_file = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
    try:
        container = av.open(path, options=only_this_file, metadata_errors="replace")
    except FFmpegError as unknown:
        raise Unusable(RefusalKind.NOT_A_VIDEO, unknown.strerror or type(unknown).__name__) from unknown
    with container:
        yield container


def picture_stream(container: InputContainer) -> VideoStream:
    """Return the first real video stream; a cover picture is not one."""
    for stream in container.streams.video:
        if "attached_pic" not in str(stream.disposition).lower():
            return stream
    raise Unusable(RefusalKind.NOT_A_VIDEO, "it has no video stream")


@dataclass(slots=True)
class Extent:
    """How much of one stream there is, in seconds of the container's clock."""

    packets: int = 0
    keyframes: int = 0
    first: Fraction | None = None
    end: Fraction = Fraction(0)

    def add(self, packet: Packet[Any]) -> None:
        if packet.size == 0:
            return  # the empty packet that ends a demuxer
        self.packets += 1
        self.keyframes += packet.is_keyframe
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None or packet.time_base is None:
            return
        starts = at * packet.time_base
        self.first = starts if self.first is None else min(self.first, starts)
        self.end = max(self.end, starts + (packet.duration or 0) * packet.time_base)

    @property
    def milliseconds(self) -> int:
        return 0 if self.first is None else round((self.end - self.first) * 1000)


def look(request: dict[str, Any]) -> dict[str, Any]:
    """Return container, codec, size, extent and sound of the file as plain values."""
    path: str = request["path"]
    with opened(path) as container:
        pictures = picture_stream(container)
        extents = {stream.index: Extent() for stream in container.streams}
        for packet in container.demux():
            extents[packet.stream.index].add(packet)
        shown = extents[pictures.index]
        return {
            **shape(container, pictures),
            "frames": shown.packets,
            "keyframes": shown.keyframes,
            "duration_ms": shown.milliseconds,
            "reached_ms": max(extent.milliseconds for extent in extents.values()),
            "declared_ms": round(container.duration / 1000) if container.duration else None,
            "first_picture": shown.packets > 0 and first_picture(path),
        }


def shape(container: InputContainer, pictures: VideoStream) -> dict[str, Any]:
    sound = container.streams.audio[0] if container.streams.audio else None
    created = container.metadata.get("creation_time") or pictures.metadata.get("creation_time")
    return {
        "container": container.format.name,
        "codec": pictures.codec_context.name,
        "width": pictures.codec_context.width,
        "height": pictures.codec_context.height,
        "audio_codec": None if sound is None else sound.codec_context.name,
        "has_audio": sound is not None,
        "creation_time": created,
    }


def first_picture(path: str) -> bool:
    """Say whether a picture can be decoded near the beginning."""
    with opened(path) as container:
        pictures = picture_stream(container)
        pictures.codec_context.thread_count = 1
        for tried, packet in enumerate(container.demux(pictures)):
            if decodes(packet):
                return True
            if tried > PACKETS_BEFORE_A_PICTURE_MAX:
                break
    return False


def decodes(packet: Packet[Any]) -> bool:
    try:
        return bool(packet.decode())
    except FFmpegError:
        return False
