"""Make the two shipped clips again from OpenCV's vtest.avi and any recording of speech.

Run it as ``python samples/recipe.py --vtest vtest.avi --speech speech.wav``; docs/samples.md says where both come from.
"""

# ruff: noqa: INP001 - A recipe to run, not a package.

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.filter import Graph
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

SECONDS = 40
RATE = 10
SOUND_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one clip is framed and how hard it is squeezed."""

    crop: str
    width: int
    height: int
    crf: int


PLAZA = Look(crop="768:576:0:0", width=640, height=480, crf=31)
BODYWORN = Look(crop="768:432:0:100", width=640, height=360, crf=32)


def frames(source: Path, look: Look) -> Iterator[VideoFrame]:
    """Yield the scene, cropped and scaled, from its beginning again when it ends, for ``SECONDS`` at ``RATE``."""
    left = SECONDS * RATE
    while left:
        with av.open(str(source)) as clip:
            graph = Graph()
            stream = clip.streams.video[0]
            chain = [graph.add_buffer(template=stream), graph.add("crop", look.crop)]
            chain += [graph.add("scale", f"{look.width}:{look.height}"), graph.add("buffersink")]
            graph.link_nodes(*chain).configure()
            for picture in islice(clip.decode(stream), left):
                graph.push(picture)
                left -= 1
                yield cast("VideoFrame", graph.pull())


def sound(speech: Path) -> Iterator[AudioFrame]:
    """Yield ``SECONDS`` of the speech in one channel, repeated when it is shorter."""
    left = SECONDS * SOUND_HZ
    while left > 0:
        resampler = AudioResampler(format="fltp", layout="mono", rate=SOUND_HZ, frame_size=1024)
        with av.open(str(speech)) as clip:
            for heard in clip.decode(audio=0):
                for piece in resampler.resample(heard):
                    if left > 0:
                        left -= piece.samples
                        yield piece


def video_stream(out: av.container.OutputContainer, look: Look) -> VideoStream:
    stream = out.add_stream("libx264", rate=RATE)
    stream.width, stream.height, stream.pix_fmt = look.width, look.height, "yuv420p"
    # One keyframe a second at the same place always: a recorder can cut anywhere on a whole second.
    stream.options = {"preset": "veryslow", "crf": str(look.crf), "g": str(RATE), "keyint_min": str(RATE)}
    stream.options |= {"sc_threshold": "0", "bf": "0", "threads": "1"}
    return stream


def pictures_of(stream: VideoStream, vtest: Path, look: Look) -> Iterator[Packet[Any]]:
    for number, picture in enumerate(frames(vtest, look)):
        picture.pts, picture.time_base = number, Fraction(1, RATE)
        # Where the scene begins again the source has a keyframe; ours come on the whole second only.
        picture.pict_type = PictureType.NONE
        yield from stream.encode(picture)
    yield from stream.encode(None)


def talk_of(stream: AudioStream, speech: Path) -> Iterator[Packet[Any]]:
    at = 0
    for heard in sound(speech):
        heard.pts, heard.time_base = at, Fraction(1, SOUND_HZ)
        at += heard.samples
        yield from stream.encode(heard)
    yield from stream.encode(None)


def when(packet: Packet[Any]) -> Fraction:
    return (packet.dts or 0) * packet.time_base


def make(out_path: Path, vtest: Path, look: Look, speech: Path | None = None) -> None:
    with av.open(str(out_path), "w", options={"movflags": "+faststart"}) as out:
        tracks = [pictures_of(video_stream(out, look), vtest, look)]
        if speech:
            talk = out.add_stream("aac", rate=SOUND_HZ, layout="mono")
            talk.bit_rate = 24_000
            tracks.append(talk_of(talk, speech))
        # Sound lies beside its picture in the file, so that a cut finds both in one place.
        for packet in merge(*tracks, key=when):
            out.mux(packet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vtest", type=Path, required=True, help="vtest.avi, or the beginning of it")
    parser.add_argument("--speech", type=Path, required=True, help="any file with speech in it")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    wanted = parser.parse_args()
    make(wanted.out / "plaza.mp4", wanted.vtest, PLAZA)
    make(wanted.out / "bodyworn.mp4", wanted.vtest, BODYWORN, wanted.speech)


if __name__ == "__main__":
    main()
