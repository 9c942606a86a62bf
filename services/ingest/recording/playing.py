"""Record a scene with PyAV: in real time as it happens, or at once as an older recorder once did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from services.ingest.recording.clip import scene
from services.ingest.recording.segments import Recording, Segment, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time, injected: what it is now, and a wait that returns True when the recorder should stop."""

    now: Callable[[], datetime]
    wait: Callable[[float], bool]


def record(recording: Recording, pace: Pace, loops: int | None = None) -> Iterator[Path]:
    """Yield each segment once it is whole. When told to stop, close the one in hand and yield it too."""
    begun, current = pace.now(), None
    for piece in scene(recording.source, loops):
        happens = begun + seconds(piece.at)
        if pace.wait((happens - pace.now()).total_seconds()):
            break
        if current and not current.takes(piece):
            yield current.close()
            current = None
        if current is None and piece.opens:
            current = Segment.begin(recording, happens, piece)
        if current:
            current.write(piece)
    if current:
        yield current.close()


def take_over(recording: Recording, started_at: datetime, segments: int | None = None) -> Iterator[Path]:
    """Yield the segments that a recorder would have written when it began at ``started_at``, without waiting.

    Their names, their metadata and their modification times are of then.
    """
    long_ago = Pace(now=lambda: started_at, wait=lambda _: False)
    return islice(record(recording, long_ago, 1), segments)
