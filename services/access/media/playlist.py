"""The playlist of a granted interval (HLS, RFC 8216): each clip whole, with its wall clock, gaps as discontinuities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One clip as far as the grant shows it; ``number`` is its place in the viewing."""

    number: int
    starts: datetime
    ends: datetime

    @property
    def seconds(self) -> float:
        return (self.ends - self.starts).total_seconds()


def playlist(entries: Sequence[Entry]) -> str:
    """Return a playlist of one camera's clips in order of time; a player asks for each when it comes to it."""
    longest = ceil(max((each.seconds for each in entries), default=1))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{longest}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for number, each in enumerate(entries):
        lines += _lines(each, first=number == 0)
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def _lines(entry: Entry, *, first: bool) -> list[str]:
    # Each file has a clock of its own that begins at zero: to a player that is a discontinuity, gap or not.
    return [
        *([] if first else ["#EXT-X-DISCONTINUITY"]),
        f'#EXT-X-MAP:URI="{entry.number}/init.mp4"',
        f"#EXT-X-PROGRAM-DATE-TIME:{iso_ms(entry.starts)}",
        f"#EXTINF:{entry.seconds:.3f},",
        f"{entry.number}/media.m4s",
    ]


def iso_ms(instant: datetime) -> str:
    """Return an instant to the millisecond, UTC."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
