"""A clip as an endless scene: its packets one after the other, again from the beginning when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from pathlib import Path
from typing import Any

import av
from av.packet import Packet
from av.stream import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One packet of the scene. ``at`` and ``end`` count from its very beginning, ``shift`` moves packet times there."""

    packet: Packet[Any]
    at: Fraction
    end: Fraction
    shift: Fraction
    streams: tuple[Stream, ...]

    @property
    def opens(self) -> bool:
        """A segment can begin here."""
        return self.packet.stream.type == "video" and self.packet.is_keyframe


def scene(clip: Path, loops: int | None) -> Iterator[Piece]:
    """Yield every piece, ``loops`` times over or without an end."""
    passed = Fraction(0)
    for _ in islice(count(), loops):
        end = passed
        for piece in once(clip, passed):
            end = max(end, piece.end)
            yield piece
        assert end > passed, f"{clip} has nothing to play"
        passed = end


def once(clip: Path, begins: Fraction) -> Iterator[Piece]:
    """Yield the clip's pictures and sound in the order in which they are stored, the first of them at ``begins``."""
    with av.open(str(clip)) as source:
        streams = (*source.streams.video[:1], *source.streams.audio[:1])
        shift: Fraction | None = None
        for packet in source.demux(streams):
            if packet.size == 0 or packet.dts is None:
                continue
            base = packet.time_base
            shift = begins - packet.dts * base if shift is None else shift
            at = packet.dts * base + shift
            end = at + (packet.duration or 0) * base
            yield Piece(packet=packet, at=at, end=end, shift=shift, streams=streams)
