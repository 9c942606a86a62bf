"""Every mark and every receipt of ``segment.events``, held against what custody had read when it marked.

A mark (DestructionStarted) names the position of the protection log up to which custody had read. At that position a
clearance must name the segment, no protection may cover it, and the version that bound its camera must have let it go
(docs/deletion-protocol.md, C3). No table of any service is asked. What a pack's own acts refuse isn't judged here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.kernel.batches import SegmentKey
from services.kernel.envelope import Recorded
from services.kernel.events import DestructionStarted, SegmentDestroyed, SegmentRecorded
from services.kernel.ids import from_micros, micros
from services.kernel.lawful.known import Known
from services.kernel.mark import CLOCK_MARGIN, destroyable_from
from services.kernel.policy import SegmentFacts, interval, recovery_window
from services.kernel.protection import Protection, covering
from services.kernel.said_again import NO_BATCH, clearing, read_up_to
from services.kernel.scope import FootageFacts
from services.kernel.simulation.epochs import PackMissing, Packs
from services.kernel.simulation.footage import BucketKey, Shot


class Promise(StrEnum):
    """What every destruction on the log keeps."""

    PROTECTED = "destroyed nothing under a protection"
    TIME = "destroyed nothing before its time"
    CLEARED = "destroyed only what was cleared"
    RECORDED = "destroyed only what was recorded"
    ANNOUNCED = "no receipt without a mark before it"


class Broken(NamedTuple):
    """One destruction that was not lawful."""

    promise: Promise
    segment: SegmentKey
    at: datetime
    why: str


class Seen(NamedTuple):
    """A segment that is stored, as its recording says."""

    key: BucketKey
    shot: Shot


@dataclass(slots=True)
class Judge:
    """Give ``known`` its topics whole, then ``judge`` every record of ``segment.events``, partitions in their order.

    Keeps some 600 bytes for a segment that is stored and 200 for one that is gone.
    """

    packs: Packs
    known: Known = field(default_factory=Known)
    judged: Counter[Promise] = field(default_factory=Counter)
    _stored: dict[SegmentKey, Seen] = field(default_factory=dict)
    _marked: set[SegmentKey] = field(default_factory=set)  # and those whose receipt has come

    def judge(self, record: Recorded) -> Iterator[Broken]:
        """Yield what a record breaks. Raises PackMissing."""
        at = record.envelope.recorded_at
        match record.event:
            case SegmentRecorded() as event:
                self._stored.setdefault(_key(event), _seen(event, at))
            case DestructionStarted() as event if (key := _key(event)) not in self._marked:
                self._marked.add(key)
                yield from self._mark(event, key, at)
            case SegmentDestroyed() as event:
                yield from self._receipt(_key(event), at)
            case _:
                pass  # neither footage nor its end, or told before

    def _receipt(self, key: SegmentKey, at: datetime) -> Iterator[Broken]:
        self.judged[Promise.ANNOUNCED] += 1
        if key not in self._marked:
            yield Broken(Promise.ANNOUNCED, key, at, "no DestructionStarted stands before its receipt")
        self._stored.pop(key, None)

    def _mark(self, event: DestructionStarted, key: SegmentKey, at: datetime) -> Iterator[Broken]:
        self.judged.update((Promise.CLEARED, Promise.RECORDED))
        seq = read_up_to(event.batch_id, event.mark_seq, self.known.answered(key))
        if not self._cleared(event, key, seq):
            yield Broken(Promise.CLEARED, key, at, f"no clearance up to position {seq} names it in {_batch(event)}")
        if (seen := self._stored.get(key)) is None:
            yield Broken(Promise.RECORDED, key, at, "nothing on the log recorded it, or it was destroyed before")
            return
        self.judged.update((Promise.PROTECTED, Promise.TIME))
        if standing := self._standing(seq, seen, at):
            ids = ", ".join(f"{each.kind} {each.hold_id}" for each in standing)
            yield Broken(Promise.PROTECTED, key, at, f"{ids} covered it at position {seq}")
        yield from self._too_early(seq, key, seen, at)

    def _cleared(self, event: DestructionStarted, key: SegmentKey, seq: int) -> bool:
        of_its_batch = self.known.clearance(event.batch_id, seq)
        known = self.known.clearances(seq) if event.batch_id == NO_BATCH else (of_its_batch,) if of_its_batch else ()
        return clearing(known, key, event.batch_id, seq) is not None

    def _standing(self, seq: int, seen: Seen, at: datetime) -> tuple[Protection, ...]:
        known, now = self.known.protections(seen.key.camera_id, seq), at - CLOCK_MARGIN  # as in decide_mark
        shot = seen.shot
        unfiled = FootageFacts(camera_id=seen.key.camera_id, started_at=shot.started_at, ended_at=shot.ended_at)
        if not covering(known, unfiled, now):
            return ()
        return covering(known, self.known.filed(seen.key.camera_id, at).of(seen.key, shot), now)

    def _too_early(self, seq: int, key: SegmentKey, seen: Seen, at: datetime) -> Iterator[Broken]:
        # The version that bound at the mark itself, which was a moment before its event.
        free = [each for now in (at, at - CLOCK_MARGIN) if (each := self._free(seq, seen, now)) is not None]
        if not any(each <= at for each in free):
            why = f"it may go from {min(free).isoformat()}" if free else "no version lets it go"
            yield Broken(Promise.TIME, key, at, why)

    def _free(self, seq: int, seen: Seen, now: datetime) -> datetime | None:
        version = self.known.version(seen.key.camera_id, seen.key.retention_class, seq, now)
        if version is None:
            return None
        if (pack := self.packs(version)) is None:
            raise PackMissing(version)
        segment = SegmentFacts(seen.shot.started_at, seen.shot.ended_at, seen.key.retention_class)
        return destroyable_from(
            interval(pack, segment, shortened_at=version.binding_from if version.shortens else None).command_at,
            binding=version,
            recovery_from=from_micros(seen.shot.recovery_us),
            recovery=recovery_window(pack),
            recorded_at=from_micros(seen.shot.recorded_us),
        )


def _batch(event: DestructionStarted) -> str:
    return "any batch, and no answer told of it" if event.batch_id == NO_BATCH else f"batch {event.batch_id}"


def _key(event: SegmentRecorded | DestructionStarted | SegmentDestroyed) -> SegmentKey:
    return SegmentKey(camera_id=event.camera_id, started_at=event.started_at, generation=event.generation)


def _seen(event: SegmentRecorded, recorded_at: datetime) -> Seen:
    shot = Shot(
        started_us=micros(event.started_at),
        generation=event.generation,
        ended_us=micros(event.ended_at),
        recorded_us=micros(recorded_at),
        recovery_us=micros(event.recovery_from),
        size_bytes=event.size_bytes,
    )
    return Seen(BucketKey(event.camera_id, event.retention_class, event.officer), shot)
