"""Footage as recorders really leave it: whole, silent, with sound alone, empty inside, in many containers."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

SAMPLES = Path(__file__).parents[2] / "samples"
PLAZA, BODYWORN = SAMPLES / "plaza.mp4", SAMPLES / "bodyworn.mp4"


def clip(
    target: Path,
    *,
    source: Path = PLAZA,
    seconds: float = 3.0,
    kinds: tuple[str, ...] = ("video", "audio"),
    muxer: str = "mp4",
    created: str = "",
    movflags: str = "",
) -> Path:
    """Copy the beginning of a sample into ``target`` and return it."""
    with av.open(str(source)) as scene:
        streams = [stream for stream in scene.streams if stream.type in kinds]
        options = {"movflags": movflags} if movflags else {}
        with av.open(str(target), "w", format=muxer, options=options) as out:
            if created:
                out.metadata["creation_time"] = created
            copies = {stream.index: out.add_stream_from_template(stream) for stream in streams}
            out.start_encoding()
            for packet in scene.demux(streams):
                if packet.dts is not None and packet.dts * packet.time_base < seconds:
                    packet.stream = copies[packet.stream.index]
                    out.mux(packet)
    return target


def old_camera(target: Path, seconds: float = 3.0, codec: str = "mpeg4", muxer: str = "avi") -> Path:
    """Draw a moving grey scene as an AVI, which many recorders in use still write."""
    with av.open(str(target), "w", format=muxer) as out:
        pictures = cast("VideoStream", out.add_stream(codec, rate=10))
        shades = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, shades
        for number in range(round(seconds * 10)):
            grey = VideoFrame(64, 48, "gray")
            grey.planes[0].update(bytes((number + at) % 256 for at in range(grey.planes[0].buffer_size)))
            out.mux(pictures.encode(grey.reformat(format=shades)))
        out.mux(pictures.encode(None))
    return target


def cut_off(path: Path, keep: float) -> Path:
    """Keep only this part of a file's bytes, as a pulled plug does."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    return path
