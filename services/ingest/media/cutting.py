"""Copy pictures and sound into a new file without re-encoding. Runs inside the media process only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from services.ingest.media.found import RefusalKind
from services.ingest.media.looking import Extent, Unusable, opened, picture_stream

MUXERS = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "matroska"}


class NotWritable(OSError):
    """The copy could not be written: a full disk is the caller's affair, not the file's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The picture groups to keep, counted by their keyframes, and the time they fill on the container's clock."""

    groups: range
    first: Fraction
    end: Fraction
    origin: Fraction  # of the footage's first picture

    def holds(self, packet: Packet[Any], group: int, pictures: Stream) -> bool:
        # Pictures go by group, because some are shown in another order than they are stored; sound goes by time.
        return group in self.groups if packet.stream is pictures else self.first <= at(packet) < self.end


def remux(request: dict[str, Any]) -> dict[str, Any]:
    """Write ``request["to"]``; the parent has chosen a name that nobody reads yet."""
    with opened(request["path"]) as container:
        muxer = MUXERS.get(container.format.name, container.format.name) if request["keep_container"] else "mp4"
        wanted = wanted_streams(container, keep_sound=request["keep_sound"])
        try:
            return copy(container, request, muxer, wanted)
        except FFmpegError as failed:
            if isinstance(failed, OSError):
                raise NotWritable(failed.errno, str(failed)) from failed
            raise Unusable(RefusalKind.NOT_REMUXABLE, f"{failed.strerror}, writing {muxer}") from failed
        except ValueError as foreign:
            raise Unusable(RefusalKind.NOT_REMUXABLE, str(foreign)) from foreign


def wanted_streams(container: InputContainer, *, keep_sound: bool) -> list[Stream]:
    sound = container.streams.audio[:1] if keep_sound else ()
    return [picture_stream(container), *sound]


def copy(container: InputContainer, request: dict[str, Any], muxer: str, wanted: list[Stream]) -> dict[str, Any]:
    with opened(request["path"]) as again:
        span = span_of(request, picture_groups(again))
    options = {"movflags": "+faststart"} if muxer == "mp4" else {}
    with av.open(request["to"], "w", format=muxer, options=options) as out:
        out.metadata.update({key: value for key, value in container.metadata.items() if key == "creation_time"})
        streams = {stream.index: out.add_stream_from_template(stream) for stream in wanted}
        frames = copy_packets(container, out, streams, span, wanted)
    return {
        "container": muxer,
        "from_ms": round((span.first - span.origin) * 1000),
        "to_ms": round((span.end - span.origin) * 1000),
        "frames": frames,
        "has_audio": len(wanted) > 1,
        "left_out": sorted({str(stream.type) for stream in container.streams if stream not in wanted}),
    }


def picture_groups(container: InputContainer) -> list[Extent]:
    """Return one extent per keyframe; pictures before the first keyframe are a group of their own."""
    pictures = picture_stream(container)
    found: list[Extent] = []
    for packet in container.demux(pictures):
        if packet.size and (packet.is_keyframe or not found):
            found.append(Extent())
        if packet.size:
            found[-1].add(packet)
    return found


def span_of(request: dict[str, Any], found: list[Extent]) -> Span:
    if not found or found[0].first is None:
        raise Unusable(RefusalKind.ZERO_LENGTH, "it holds no picture with a time")
    origin = min(extent.first for extent in found if extent.first is not None)
    kept = [number for number, extent in enumerate(found) if keeps(request, extent, origin)]
    if not kept:
        raise Unusable(
            RefusalKind.NOTHING_INSIDE, "no whole group of pictures from one keyframe to the next lies inside"
        )
    first = min(cast("Fraction", found[number].first) for number in kept)
    end = max(found[number].end for number in kept)
    return Span(groups=range(kept[0], kept[-1] + 1), first=first, end=end, origin=origin)


def keeps(request: dict[str, Any], extent: Extent, origin: Fraction) -> bool:
    if extent.first is None:
        return False
    first, end = extent.first - origin, extent.end - origin
    starts = Fraction(request["from_ms"] or 0, 1000)
    ends = end if request["to_ms"] is None else Fraction(request["to_ms"], 1000)
    # Inward shows nothing outside the interval; outward shows all of it and as little more as keyframes allow.
    return (starts <= first and end <= ends) if request["inward"] else (starts < end and first < ends)


def copy_packets(
    container: InputContainer, out: OutputContainer, streams: dict[int, Stream], span: Span, wanted: list[Stream]
) -> int:
    """Copy what the span holds, moved so that it begins at zero; return how many pictures that was."""
    pictures, group, frames = wanted[0], -1, 0
    for packet in container.demux(wanted):
        if packet.size == 0:
            continue
        is_picture = packet.stream is pictures
        group += is_picture and (packet.is_keyframe or group < 0)
        if span.holds(packet, group, pictures):
            frames += is_picture
            write(out, packet, streams, span.first)
    return frames


def write(out: OutputContainer, packet: Packet[Any], streams: dict[int, Stream], zero: Fraction) -> None:
    shift = round(zero / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts - shift
    packet.dts = None if packet.dts is None else packet.dts - shift
    packet.stream = streams[packet.stream.index]
    out.mux(packet)


def at(packet: Packet[Any]) -> Fraction:
    return (packet.pts if packet.pts is not None else packet.dts or 0) * packet.time_base
