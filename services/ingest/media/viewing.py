"""Write what a browser plays: a fragmented MP4, copied where its codecs allow it, else encoded anew as H.264.

Runs inside the media process only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from services.ingest.media.cutting import NotWritable, copy_packets, picture_groups, span_of, wanted_streams
from services.ingest.media.found import RefusalKind
from services.ingest.media.looking import Unusable, opened, picture_stream

FRAGMENTED: Final = {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}
PICTURES: Final = frozenset({"h264", "av1", "vp9"})
SOUND: Final = frozenset({"aac", "mp3", "opus", "flac"})
WIDTH_MAX, HEIGHT_MAX, EDGE_MIN = 1280, 720, 16
CLOCK: Final = Fraction(1, 90_000)
SOUND_HZ: Final = 48_000
LOOK_AT_SIZE_EVERY: Final = 50
LOWER_PRIORITY: Final = 10


def view(request: dict[str, Any]) -> dict[str, Any]:
    """Write ``request["to"]``: ``how`` is copy or encode. Raises Unusable where a copy isn't possible."""
    os.setpriority(os.PRIO_PROCESS, 0, LOWER_PRIORITY)
    try:
        return {"copy": _copied, "encode": _encoded}[request["how"]](request)
    except FFmpegError as failed:
        if isinstance(failed, OSError):
            raise NotWritable(failed.errno, str(failed)) from failed
        raise Unusable(RefusalKind.NOT_REMUXABLE, failed.strerror or type(failed).__name__) from failed
    except ValueError as foreign:
        raise Unusable(RefusalKind.NOT_REMUXABLE, str(foreign)) from foreign


def _copied(request: dict[str, Any]) -> dict[str, Any]:
    with opened(request["path"]) as container:
        wanted = wanted_streams(container, keep_sound=True)
        strange = [each.codec_context.name for each in wanted if each.codec_context.name not in PICTURES | SOUND]
        if strange:
            raise Unusable(RefusalKind.NOT_REMUXABLE, f"no browser plays {', '.join(strange)}")
        with opened(request["path"]) as again:
            span = span_of(request | {"inward": True}, picture_groups(again))
        with av.open(request["to"], "w", format="mp4", options=FRAGMENTED) as out:
            streams: dict[int, Stream] = {each.index: out.add_stream_from_template(each) for each in wanted}
            copy_packets(container, out, streams, span, wanted)
    return {
        "from_ms": round((span.first - span.origin) * 1000),
        "to_ms": round((span.end - span.origin) * 1000),
        "how": "remuxed",
    }


@dataclass(slots=True)
class Encoding:
    """One encoding under way: what of the footage's time it keeps, and how far it came."""

    out: OutputContainer
    to: Path
    bytes_max: int
    starts: Fraction  # of the interval, from the footage's first picture
    ends: Fraction | None
    origin: Fraction | None = None
    first: Fraction | None = None
    last: Fraction = Fraction(0)
    written: int = 0

    def place(self, at: Fraction) -> Fraction | None:
        """Return where a moment of the footage lies in the copy; None outside the interval."""
        assert self.origin is not None
        since = at - self.origin
        if since < self.starts or (self.ends is not None and since >= self.ends):
            return None
        if self.first is None:
            self.first = since
        self.last = max(self.last, since)
        return since - self.first

    def mux(self, packets: list[Any]) -> None:
        """Write packets; ends the work when the copy grows past its limit."""
        for packet in packets:
            self.out.mux(packet)
            self.written += 1
        if packets and self.written % LOOK_AT_SIZE_EVERY == 0 and self.to.stat().st_size > self.bytes_max:
            raise Unusable(RefusalKind.NOT_REMUXABLE, f"its viewing copy grows past {self.bytes_max} bytes")


def _encoded(request: dict[str, Any]) -> dict[str, Any]:
    ends = None if request["to_ms"] is None else Fraction(request["to_ms"], 1000)
    with (
        opened(request["path"]) as container,
        av.open(request["to"], "w", format="mp4", options=FRAGMENTED) as out,
    ):
        work = Encoding(
            out=out,
            to=Path(request["to"]),
            bytes_max=request["bytes_max"],
            starts=Fraction(request["from_ms"] or 0, 1000),
            ends=ends,
        )
        _encode(container, work)
        if work.first is None:
            raise Unusable(RefusalKind.NOTHING_INSIDE, "no picture lies inside the interval")
    assert work.first is not None
    return {"from_ms": round(work.first * 1000), "to_ms": round(work.last * 1000), "how": "transcoded"}


def _encode(container: InputContainer, work: Encoding) -> None:
    pictures = picture_stream(container)
    sound = next(iter(container.streams.audio), None)
    video = _video(work.out, pictures)
    audio = None if sound is None else work.out.add_stream("aac", rate=SOUND_HZ)
    resampler = AudioResampler(format="fltp", layout="stereo", rate=SOUND_HZ)
    for packet in container.demux([each for each in (pictures, sound) if each is not None]):
        for frame in _frames(packet):
            if isinstance(frame, VideoFrame):
                work.mux(_picture(frame, video, work))
            elif audio is not None and isinstance(frame, AudioFrame) and work.origin is not None:
                work.mux(_sound(frame, audio, resampler, work))
    if work.first is not None:
        work.mux(list(video.encode(None)))
        work.mux([] if audio is None else list(audio.encode(None)))


def _frames(packet: Any) -> list[Any]:  # noqa: ANN401 - a packet of either kind
    """Decode as much as can be decoded: a damaged picture is left out, as every player does."""
    try:
        return list(packet.decode())
    except FFmpegError:
        return []


def _video(out: OutputContainer, pictures: VideoStream) -> VideoStream:
    width, height = pictures.codec_context.width, pictures.codec_context.height
    scale = min(Fraction(1), Fraction(WIDTH_MAX, max(1, width)), Fraction(HEIGHT_MAX, max(1, height)))
    video = out.add_stream("libx264", rate=_rate(pictures))
    video.width, video.height = _even(width * scale), _even(height * scale)
    video.pix_fmt = "yuv420p"
    video.codec_context.time_base = CLOCK
    video.codec_context.thread_count = 1
    video.options = {"preset": "veryfast", "crf": "26", "g": "50", "bf": "0"}
    return video


def _rate(pictures: VideoStream) -> Fraction:
    rate = pictures.average_rate or pictures.guessed_rate or Fraction(25)
    return Fraction(min(Fraction(60), max(Fraction(1), Fraction(rate))))


def _even(edge: Fraction) -> int:
    return max(EDGE_MIN, int(edge) // 2 * 2)


def _picture(frame: VideoFrame, video: VideoStream, work: Encoding) -> list[Any]:
    at = _time(frame)
    if at is None:
        return []
    work.origin = at if work.origin is None else work.origin
    place = work.place(at)
    if place is None:
        return []
    shown = frame.reformat(width=video.width, height=video.height, format="yuv420p")
    shown.pts, shown.time_base = round(place / CLOCK), CLOCK
    return list(video.encode(shown))


def _sound(frame: AudioFrame, audio: AudioStream, resampler: AudioResampler, work: Encoding) -> list[Any]:
    at = _time(frame)
    # Sound begins with the first picture that is shown, and ends with the interval.
    place = None if at is None or work.first is None else work.place(at)
    if place is None:
        return []
    packets: list[Any] = []
    for resampled in resampler.resample(frame):
        resampled.pts, resampled.time_base = None, Fraction(1, SOUND_HZ)
        packets += audio.encode(resampled)
    return packets


def _time(frame: VideoFrame | AudioFrame) -> Fraction | None:
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
