"""Retention in place of chaos: its own projector, visits and proposals (R1 to R3), on tables in memory.

What is SQL in the service (fold, wheel, buckets of an hour) is told here in a few lines: a bucket has one segment, and
whatever is read lets every bucket be looked at again. It forgets everything whenever its process dies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.ingest.policy import bound
from services.kernel.batches import SegmentKey, keys
from services.kernel.envelope import Recorded
from services.kernel.events import DeletionCleared, DeletionCommanded
from services.kernel.ids import EPOCH
from services.kernel.protection import ProtectionLog
from services.retention.bucket import MICROSECOND, Bucket, BucketKey
from services.retention.changes import Changes, DestroyedRow, RecordedRow
from services.retention.decider import Circumstances, Wait, visit
from services.retention.facts import Filed, Shift
from services.retention.projector import hour_and_offset, project
from services.retention.proposals import Found, commands
from services.retention.protections import take
from services.retention.timing import Rules
from services.runtime.received import Position, Received
from tests.fakes.memory.connection import Turn
from tests.simulation.world import World

TOPICS = ("hold.events", "segment.events", "custody.events", "camera.events", "shift.events")
MOST = 20
SWEEP_EVERY_S = 1.0


@dataclass(slots=True)
class Keeper:
    """One life of retention's process."""

    world: World
    put: Callable[[DeletionCommanded, Sequence[SegmentKey]], None]
    proposed: Counter[SegmentKey]  # by all lives together
    log: ProtectionLog = field(default_factory=ProtectionLog)
    buckets: dict[SegmentKey, Bucket] = field(default_factory=dict)
    due: dict[SegmentKey, datetime | None] = field(default_factory=dict)
    waits: dict[tuple[str, int, int], list[Wait]] = field(default_factory=dict)
    outstanding: dict[UUID, frozenset[SegmentKey]] = field(default_factory=dict)
    filed: Filed = field(default_factory=Filed)
    versions: dict[str, int] = field(default_factory=dict)  # of cameras and shifts
    worn: dict[tuple[str, str], Shift] = field(default_factory=dict)
    read: dict[Position, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Read and sweep for ever."""
        while True:
            for topic in TOPICS:
                for position in self.world.bus.positions(topic):
                    self._read(position)
                    await Turn("read")
            self._sweep(self.world.scheduler.instant())
            await Turn.sleep(self.world.scheduler.now + SWEEP_EVERY_S)

    # R1 and R3.
    def _read(self, position: Position) -> None:
        at = self.read.get(position, 0)
        found = self.world.bus.take(position, at, 1 + int(self.world.random.random() * MOST), self.world.codec)
        self.read[position] = at + len(found)
        for received in found:
            assert isinstance(received, Received)
            if position.topic == "hold.events":
                self._forbids(received.recorded)
            self._carry_out(project([received.recorded]))
        if found:
            self.due = dict.fromkeys(self.buckets, EPOCH)

    def _forbids(self, record: Recorded) -> None:
        seq = record.envelope.stream_version
        if seq > self.log.seq:
            take(self.log, seq, None if isinstance(record.event, DeletionCleared) else record)

    def _carry_out(self, changes: Changes) -> None:
        for row in changes.recorded:
            self.buckets.setdefault(key_of(row), bucket_of(row))
        for gone in changes.destroyed:
            self.buckets[key_of(gone)] = self.buckets[key_of(gone)]._replace(destroyed=1)
        for camera_id, kind, _ in changes.cameras:
            self.filed.kinds[camera_id] = kind
        for camera_id, since, area in changes.places:
            others = [each for each in self.filed.places.get(camera_id, []) if each[0] != since]
            self.filed.places[camera_id] = sorted([*others, (since, area)])
        self._shifts(changes)
        self._answers(changes)

    def _shifts(self, changes: Changes) -> None:
        for device_id, shift, officer, starts, ends, incidents, version in changes.shifts:
            if version > self.versions.get(f"{device_id}/{shift}", 0):
                self.versions[f"{device_id}/{shift}"] = version
                self.worn[device_id, shift] = Shift(
                    officer=officer, starts_at=starts, ends_at=ends, incidents=frozenset(incidents)
                )
                self.filed.shifts[device_id] = [each for (of, _), each in self.worn.items() if of == device_id]

    def _answers(self, changes: Changes) -> None:
        known = {batch_id for batch_id in changes.answered if self.outstanding.pop(batch_id, None) is not None}
        lines = [line for batch_id, given_back in changes.returned if batch_id in known for line in given_back]
        still = {key for batch in self.outstanding.values() for key in batch}
        for key in [each for each in keys(lines) if each not in still]:
            self.buckets[key] = self.buckets[key]._replace(commanded=0)
        for row in (each for each in changes.waits if each.batch_id in known):
            wait = Wait(offsets_us=frozenset(row.offsets_us), seq=row.seq, not_before=row.not_before)
            self.waits.setdefault((row.camera_id, row.hour, row.generation), []).append(wait)

    # R2.
    def _sweep(self, now: datetime) -> None:
        looked = [self._visit(key, now) for key, at in self.due.items() if at is not None and at <= now]
        for command, _ in commands(looked, self.world.new_uuid):
            named = list(keys(command.lines))
            self.outstanding[command.batch_id] = frozenset(named)
            self.proposed.update(named)
            self.put(command, named)

    def _visit(self, key: SegmentKey, now: datetime) -> Found:
        bucket, hour = self.buckets[key], (key.camera_id, self.buckets[key].key.hour, key.generation)
        by = bound(self.log, self.world.library, key.camera_id, bucket.retention_class, now)
        rules = Rules(pack=by.pack, binding=by.binding) if by else None
        found = visit(
            bucket,
            Circumstances(
                now=now,
                rules=rules,
                protections=tuple(self.log.protections.values()),
                facts=self.filed.about,
                read_seq=self.log.seq,
                waits=self.waits.get(hour, ()),
            ),
        )
        self.buckets[key], self.due[key] = found.bucket, found.next_at
        self.waits[hour] = [w for w in self.waits.get(hour, []) if w.until(now, self.log.seq, timedelta()) is not None]
        return Found(visit=found, rules=rules)


def key_of(row: RecordedRow | DestroyedRow) -> SegmentKey:
    """Return the segment of a row."""
    return SegmentKey(camera_id=row.camera_id, started_at=row.started_at, generation=row.generation)


def bucket_of(row: RecordedRow) -> Bucket:
    """Return a bucket of one segment."""
    hour, offset = hour_and_offset(row.started_at)
    return Bucket(
        key=BucketKey(camera_id=row.camera_id, hour=hour, generation=row.generation, chunk=1),
        retention_class=row.retention_class,
        officer=row.officer,
        shift=row.shift,
        offsets_us=(offset,),
        lengths_us=((row.ended_at - row.started_at) // MICROSECOND,),
        lags_us=((row.recorded_at - row.ended_at) // MICROSECOND,),
        recoveries_us=((row.recovery_from - EPOCH) // MICROSECOND,),
    )
