"""Segments as files: hidden while they are written, named by the recorder's wall clock once they are whole."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import av
from av.container import OutputContainer
from av.stream import Stream

from services.ingest.recording.clip import Piece

NAME = "%Y-%m-%d_%H-%M-%S"
# Each fragment can be played by itself, so that a cut power line costs one fragment and not the file.
FRAGMENTED = "+frag_keyframe+empty_moov+default_base_moof"
SAME_SECOND_MAX = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What to play, where to write it, how long a segment is, and the zone of the recorder's own clock."""

    source: Path
    out: Path
    camera: str
    segment: timedelta
    zone: ZoneInfo | None = None  # None: the machine's own

    def clear_unfinished(self) -> None:
        """Throw away what a killed run of this camera began: it never was footage with a name."""
        for left in self.out.glob(f".{self.camera}.*"):
            left.unlink()

    def unfinished(self, name: str) -> Path:
        """Return the hidden name under which a segment is written."""
        return self.out / f".{self.camera}.{name}.part"

    def finish(self, unfinished: Path, wall: str) -> Path:
        """Give a whole segment its name. A second one of one second, when clocks go back, gets ``-1`` behind it."""
        for again in range(SAME_SECOND_MAX):
            named = self.out / f"{wall}{f'-{again}' if again else ''}.mp4"
            try:
                # A link fails where a rename would overwrite.
                os.link(unfinished, named)
            except FileExistsError:
                continue
            unfinished.unlink()
            return named
        raise FileExistsError(f"{self.out} has {SAME_SECOND_MAX} segments of {wall}: the recorder's clock stands still")


@dataclass(slots=True)
class Segment:
    """One segment in the making. ``zero`` is where it begins in the recording."""

    recording: Recording
    starts: datetime
    zero: Fraction
    unfinished: Path
    out: OutputContainer
    streams: dict[int, Stream]
    end: Fraction = field(default=Fraction(0))

    @classmethod
    def begin(cls, recording: Recording, starts: datetime, piece: Piece) -> Segment:
        """Open a segment that starts at ``starts`` with this piece."""
        unfinished = recording.unfinished(str(os.getpid()))
        out = av.open(str(unfinished), "w", format="mp4", options={"movflags": FRAGMENTED})
        out.metadata["creation_time"] = starts.astimezone(UTC).isoformat(timespec="milliseconds")
        streams = {stream.index: out.add_stream_from_template(stream) for stream in piece.streams}
        return cls(recording, starts, piece.at, unfinished, out, streams)

    def takes(self, piece: Piece) -> bool:
        """Say whether this piece still belongs here: a segment ends at the first keyframe after its time."""
        return not piece.opens or seconds(piece.at - self.zero) < self.recording.segment

    def write(self, piece: Piece) -> None:
        """Add a piece, timed from the segment's beginning."""
        packet, shift = piece.packet, round((piece.shift - self.zero) / piece.packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts = None if packet.dts is None else packet.dts + shift
        packet.stream = self.streams[packet.stream.index]
        self.end = max(self.end, piece.end - self.zero)
        self.out.mux(packet)

    def close(self) -> Path:
        """Sync the file, date it to its end as a recorder's file is, and name it."""
        self.out.close()
        ends = (self.starts + seconds(self.end)).timestamp()
        os.utime(self.unfinished, (ends, ends))
        with self.unfinished.open("rb") as file:
            os.fsync(file.fileno())
        return self.recording.finish(self.unfinished, self.starts.astimezone(self.recording.zone).strftime(NAME))


def seconds(length: Fraction) -> timedelta:
    """Return a length of footage as a length of time."""
    return timedelta(microseconds=round(length * 1_000_000))
