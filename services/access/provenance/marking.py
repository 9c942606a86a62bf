"""Burns a line of text into every picture of a copy. Runs in the child process only; sound is copied as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import av
from av.container import InputContainer, OutputContainer
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore
from av.error import FFmpegError
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, ImageFont

from services.access.provenance.looking import opened, pictures_of
from services.access.provenance.unfit import Unfit

RATE_WITHOUT_ONE: Final = 25
LINES_A_PICTURE: Final = 28  # a picture's height is that many lines of the mark
SMALLEST: Final = 10
ALIGNED: Final = 32  # of a line of pixels, or FFmpeg reads beside it
PAPER, INK = (255, 255, 255, 208), (0, 0, 0, 255)


def mark(asked: dict[str, Any]) -> dict[str, Any]:
    """Write ``source`` with ``lines`` burnt in to ``target`` as H.264 in MP4."""
    try:
        with opened(asked["source"]) as source, av.open(asked["target"], "w", format="mp4") as target:
            return {"pictures": _marked(source, target, asked["lines"])}
    except FFmpegError as broken:
        raise Unfit(f"it can't be read: {broken.strerror or type(broken).__name__}") from broken


def _marked(source: InputContainer, target: OutputContainer, lines: list[str]) -> int:
    pictures = pictures_of(source)
    encoder = _encoder(target, pictures)
    sounds = {each.index: target.add_stream_from_template(each) for each in source.streams.audio}
    burner = Burner(pictures, label(lines, pictures.width, pictures.height))
    count = 0
    for packet in source.demux([pictures, *source.streams.audio]):
        if packet.stream.index in sounds:
            if packet.dts is not None:
                packet.stream = sounds[packet.stream.index]
                target.mux(packet)
            continue
        for frame in packet.decode():
            assert isinstance(frame, VideoFrame)
            for burnt in burner.burn(frame):
                count += 1
                target.mux(encoder.encode(burnt))
    for burnt in burner.finish():
        count += 1
        target.mux(encoder.encode(burnt))
    target.mux(encoder.encode(None))
    if not count:
        raise Unfit("no picture in it can be decoded")
    return count


def _encoder(target: OutputContainer, pictures: VideoStream) -> VideoStream:
    options = {"preset": "veryfast", "crf": "20"}
    encoder = target.add_stream("libx264", rate=pictures.average_rate or RATE_WITHOUT_ONE, options=options)
    encoder.width, encoder.height, encoder.pix_fmt = pictures.width, pictures.height, "yuv420p"
    encoder.codec_context.time_base = pictures.time_base or encoder.codec_context.time_base
    return encoder


class Burner:
    """FFmpeg's overlay filter with one picture of the mark, which it repeats over all others."""

    def __init__(self, pictures: VideoStream, text: Image.Image) -> None:
        self._text, self._begun = VideoFrame.from_image(text), False  # type: ignore[no-untyped-call]
        graph = Graph()
        base = pictures.time_base
        self._main = graph.add_buffer(template=pictures, time_base=base)
        self._mark = graph.add_buffer(width=text.width, height=text.height, format=VideoFormat("rgba"), time_base=base)
        overlay = graph.add("overlay", "x=0:y=H-h:eof_action=repeat")
        form, self._sink = graph.add("format", "yuv420p"), graph.add("buffersink")
        self._main.link_to(overlay, 0, 0)
        self._mark.link_to(overlay, 0, 1)
        overlay.link_to(form)
        form.link_to(self._sink)
        graph.configure()
        self._graph = graph

    def burn(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Push one picture, yield those that are ready."""
        if not self._begun:
            self._begun = True
            self._text.pts, self._text.time_base = frame.pts, frame.time_base
            self._mark.push(self._text)
            self._mark.push(None)
        self._main.push(frame)
        yield from self._ready()

    def finish(self) -> Iterator[VideoFrame]:
        """Yield what the filter still holds."""
        if self._begun:
            self._main.push(None)
            yield from self._ready()

    def _ready(self) -> Iterator[VideoFrame]:
        while True:
            try:
                frame = self._sink.pull()
            except (NothingYet, NothingMore):
                return
            assert isinstance(frame, VideoFrame)
            # The encoder chooses its own key pictures.
            frame.pict_type = PictureType.NONE
            yield frame


def label(lines: list[str], width: int, height: int) -> Image.Image:
    """Return the lines in black on white, as wide as the picture and no wider."""
    size = max(SMALLEST, height // LINES_A_PICTURE)
    text = "\n".join(lines)
    box = _measured(text, size)
    while box[2] + size > width and size > SMALLEST:
        size -= 1
        box = _measured(text, size)
    picture = Image.new("RGBA", (-(-width // ALIGNED) * ALIGNED, int(box[3]) + size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, min(width, box[2] + size), picture.height), fill=PAPER)
    draw.multiline_text((size // 2, size // 2), text, font=ImageFont.load_default(size), fill=INK)
    return picture


def _measured(text: str, size: int) -> tuple[float, float, float, float]:
    draw = ImageDraw.Draw(Image.new("RGBA", (1, 1)))
    return draw.multiline_textbbox((0, 0), text, font=ImageFont.load_default(size))
