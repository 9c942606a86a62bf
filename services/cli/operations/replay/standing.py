"""What stands on a topic that is written again: every record once, each stream in its order, repeats aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.kernel.envelope import Recorded
from services.runtime.received import Received


@dataclass(slots=True)
class Standing:
    """Counts what is read of one topic, partition by partition in its order."""

    records: int = 0
    repeats: int = 0
    shifted: int = 0  # records behind a repeat: an offset of the old topic would lie before them
    ends: dict[int, int] = field(default_factory=dict)
    _newest: dict[tuple[int, str], int] = field(default_factory=dict)
    _last: dict[int, tuple[bytes, str]] = field(default_factory=dict)
    _repeating: set[int] = field(default_factory=set)

    def take(self, record: Received) -> None:
        """Count one record. What comes behind a later version of its stream is a repeat, or was written too late."""
        at = record.recorded.envelope
        stream = (record.partition, at.stream_id)
        if at.stream_version > self._newest.get(stream, 0):
            self._newest[stream] = at.stream_version
            self.records += 1
            self.shifted += record.partition in self._repeating
        else:
            self.repeats += 1
            self._repeating.add(record.partition)
        self.ends[record.partition] = record.offset + 1
        self._last[record.partition] = (record.raw, record.key)

    def has(self, record: Recorded) -> bool:
        """Return whether this record, or a later one of its stream, stands here."""
        at = record.envelope
        return any(self._newest.get((partition, at.stream_id), 0) >= at.stream_version for partition in self.ends)

    def repeated(self, furthest: Mapping[int, int]) -> list[tuple[bytes, str]]:
        """Return what to write once more, so that no reader's offset lies beyond the end of its partition.

        Raises LookupError for a partition with nothing to repeat.
        """
        short = {p: offset - self.ends.get(p, 0) for p, offset in furthest.items()}
        if empty := sorted(p for p, number in short.items() if number > 0 and p not in self._last):
            raise LookupError(f"partition {', '.join(map(str, empty))} was read, and no record that is kept is in it")
        return [self._last[p] for p, number in sorted(short.items()) for _ in range(number)]
