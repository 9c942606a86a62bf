"""What a look into a file can find: a probe, or why there is none. Facts only; callers decide what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ClockSource(StrEnum):
    """Where a start time was read, best first."""

    METADATA = "metadata"  # the container's creation_time
    NAME = "file_name"  # the source's file name pattern, in the source's zone
    MODIFIED = "modification_time"  # last written, less the duration


class DoubtKind(StrEnum):
    """Why a clock reading should not be believed without a person."""

    BEFORE_CAMERAS = "before_cameras"  # 1970, 1904: a clock that lost its battery
    IN_THE_FUTURE = "in_the_future"  # 2099, or a footage that ends after its file was last written
    CLOCKS_DISAGREE = "clocks_disagree"  # two readings of one start, too far apart
    NO_SUCH_LOCAL_TIME = "no_such_local_time"  # the hour that a zone skips in spring


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One clock's word on when the footage starts."""

    source: ClockSource
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A reading that breaks a rule. ``message`` names the value, the rule and the remedy."""

    kind: DoubtKind
    source: ClockSource
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A complete video file: its shape, its start with the clock that said so, and what is doubtful about it.

    ``started_at`` is the first reading without a doubt of its own, in UTC, or None when every clock is in doubt.
    """

    container: str
    codec: str
    width: int
    height: int
    frames: int
    keyframes: int
    duration_ms: int
    has_audio: bool
    audio_codec: str | None
    size_bytes: int
    fragmented: bool
    extension_agrees: bool
    started_at: datetime | None
    clock_source: ClockSource | None
    readings: tuple[Reading, ...]
    doubts: tuple[Doubt, ...]


class RefusalKind(StrEnum):
    """Why a file was not taken for footage. The words are the wire values of SegmentRefused."""

    MISSING = "Missing"
    NOT_A_FILE = "NotAFile"
    EMPTY = "Empty"
    NOT_A_VIDEO = "NotAVideo"
    TRUNCATED = "Truncated"
    ZERO_LENGTH = "ZeroLength"
    STILL_BEING_WRITTEN = "StillBeingWritten"
    TOO_SLOW = "TooSlow"
    UNREADABLE = "Unreadable"
    NOT_REMUXABLE = "NotRemuxable"
    NOTHING_INSIDE = "NothingInside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No footage came of this file. ``message`` names the value, the rule and the remedy."""

    kind: RefusalKind
    message: str

    @property
    def may_mend_itself(self) -> bool:
        """True when waiting can help: the file may still be growing."""
        return self.kind in (RefusalKind.STILL_BEING_WRITTEN, RefusalKind.EMPTY, RefusalKind.TRUNCATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remuxed:
    """A copy without re-encoding. Times are milliseconds from the footage's first picture, as they came out."""

    container: str
    size_bytes: int
    sha256: str
    from_ms: int
    to_ms: int
    frames: int
    has_audio: bool
    left_out: tuple[str, ...]
