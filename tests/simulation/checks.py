"""What must hold after every step, judged from what left each service and from what is committed, never from its code.

The promises are those of docs/deletion-protocol.md. The kernel's pure functions (what a scope covers, when a policy
lets footage go) are used as they are: they have tests of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from services.ingest.catalog.footage import Footage, footage
from services.ingest.custody.answers import is_covered
from services.ingest.custody.facts import Filed, Worn
from services.ingest.policy import bound, times
from services.kernel.batches import HourLine, SegmentKey, keys
from services.kernel.envelope import Recorded
from services.kernel.events import (
    BatchAnswered,
    DestructionStarted,
    HoldApplied,
    HoldExtended,
    HoldPlaced,
    SegmentDestroyed,
    SegmentRecorded,
)
from services.kernel.ids import from_micros
from services.kernel.mark import SegmentState
from services.kernel.protection import Protection, ProtectionLog, is_active
from services.runtime.received import Position
from tests.fakes.memory.database import Changes, Row, Session
from tests.fakes.memory.twins_ingest import segments
from tests.simulation.bus import Stored
from tests.simulation.world import World

TRANSACTION_MAX = timedelta(seconds=60)


class Violation(AssertionError):
    """A promise was broken; the message names it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person was told when a hold was accepted: its reach, and the batches that may still take footage of it."""

    protection: Protection
    in_flight: frozenset[UUID]


@dataclass(slots=True)
class Counts:
    """What happened in a run."""

    holds: int = 0
    marks: int = 0
    receipts: int = 0
    restores: int = 0
    parked: int = 0
    recorded: int = 0
    commands: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)  # of segments that were proposed, by guard or outcome

    def __iadd__(self, other: Counts) -> Self:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def key_of(event: Any) -> SegmentKey:  # noqa: ANN401 - any event of a segment
    """Return the segment that an event is about."""
    return SegmentKey(camera_id=event.camera_id, started_at=event.started_at, generation=event.generation)


@dataclass(slots=True)
class Checks:
    """Watches one world."""

    world: World
    counts: Counts = field(default_factory=Counts)
    log: ProtectionLog = field(default_factory=ProtectionLog)  # what the broker has of the protection log
    records: list[Recorded] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    told: dict[tuple[UUID, int], Told] = field(default_factory=dict)
    effective: dict[tuple[UUID, int], HoldApplied] = field(default_factory=dict)  # first answer on the broker
    started: dict[SegmentKey, DestructionStarted] = field(default_factory=dict)  # on the broker
    receipts: dict[SegmentKey, bytes] = field(default_factory=dict)  # on the broker
    places: dict[str, SegmentKey] = field(default_factory=dict)  # locations of footage, on the broker
    locations: dict[SegmentKey, str] = field(default_factory=dict)
    answered: set[UUID] = field(default_factory=set)  # batches, on the broker

    def watch(self) -> None:
        """Begin to look at every commit, every delivery and every deletion."""
        self.world.ingest.on_commit.append(self._committed)
        self.world.bus.on_append.append(self._delivered)
        self.world.on_removed.append(self._removed)

    # What leaves a service.
    def _delivered(self, position: Position, stored: Stored) -> None:
        if position.topic == "hold.events":
            self._forbids(stored)
        elif position.topic == "segment.events":
            self._segment(self.world.codec.decode(stored.value), stored.value)
        elif position.topic == "custody.events":
            event = self.world.codec.decode(stored.value).event
            if isinstance(event, BatchAnswered):
                self._batch(event)
            elif isinstance(event, HoldApplied):
                self.effective.setdefault((event.hold_id, event.seq), event)

    def _batch(self, event: BatchAnswered) -> None:
        self.answered.add(event.batch_id)
        for answer in event.answers:
            self.counts.outcomes[answer.reason or answer.outcome] += sum(len(line.offsets_us) for line in answer.lines)

    def _forbids(self, stored: Stored) -> None:
        record = self.world.codec.decode(stored.value)
        seq = record.envelope.stream_version
        if seq <= self.log.seq:
            if self.values[seq - 1] != stored.value:
                raise Violation(f"L: two different records with seq {seq} stand on the protection log")
            return
        if seq != self.log.seq + 1:
            raise Violation(f"L: seq {seq} follows seq {self.log.seq} on the protection log")
        self.log.apply(record)
        self.records.append(record)
        self.values.append(stored.value)
        if isinstance(record.event, HoldPlaced | HoldExtended):
            self.counts.holds += 1

    def _segment(self, record: Recorded, value: bytes) -> None:
        event = record.event
        if isinstance(event, DestructionStarted):
            self.started.setdefault(key_of(event), event)
        elif isinstance(event, SegmentDestroyed):
            if key_of(event) not in self.receipts:
                self.receipts[key_of(event)] = value
                self.counts.receipts += 1
            elif self.receipts[key_of(event)] != value:
                raise Violation(f"R: two receipts for {key_of(event)}")
        elif isinstance(event, SegmentRecorded):
            self.places[event.location] = key_of(event)
            if self.locations.setdefault(key_of(event), event.location) != event.location:
                raise Violation(f"B: {key_of(event)} was recorded at two locations, only one of which will be deleted")

    def accepted(self, hold_id: UUID, seq: int, in_flight: Iterable[Mapping[str, Any]]) -> None:
        """A person was told that an order is accepted, and which batches are still under way."""
        batches = frozenset(UUID(each["batch_id"]) for each in in_flight)
        protection = self.log.protections.get(hold_id)
        if protection is None or protection.seq < seq:
            raise Violation(f"A: hold {hold_id} was called accepted, and seq {seq} is not on the broker")
        self.told[hold_id, seq] = Told(self.as_of(seq).protections[hold_id], batches)

    # What is committed in custody's database.
    def _committed(self, changes: Changes) -> None:
        for row in changes.get("outbox", {}).values():
            if row is not None and not row["topic"].endswith("dead-letter.ingest.v1"):
                self._said(self.world.codec.decode(row["value"]))

    def _said(self, record: Recorded) -> None:
        match record.event:
            case DestructionStarted() as event:
                self._mark(event, record.envelope.recorded_at - self.world.ahead("ingest"))
            case HoldApplied() as event:
                self._answer(event)
            case SegmentRecorded():
                self.counts.recorded += 1
            case SegmentDestroyed() as event:
                left = [place for place, key in self.places.items() if key == key_of(event) and place in self.objects]
                if left:
                    raise Violation(f"R: a receipt for {key_of(event)} while its bytes lie at {left}")
            case _:
                pass

    @property
    def objects(self) -> Mapping[str, bytes]:
        return self.world.store.objects

    def as_of(self, seq: int) -> ProtectionLog:
        """Return the protection log up to one of its records."""
        log = ProtectionLog()
        for record in self.records[:seq]:
            log.apply(record)
        return log

    def filed(self) -> Filed:
        """Return the facts as they are committed now."""
        rows = self.world.ingest.rows
        places, shifts = defaultdict[str, list[tuple[int, str]]](list), defaultdict[str, list[Worn]](list)
        for row in sorted(rows["camera_place"].values(), key=lambda row: int(row["from_us"])):
            places[row["camera_id"]].append((row["from_us"], row["area"]))
        for row in sorted(rows["shift"].values(), key=lambda row: int(row["from_us"])):
            worn = Worn(row["officer"], row["from_us"], row["to_us"], frozenset(row["incidents"]))
            shifts[row["device_id"]].append(worn)
        return Filed({row["camera_id"]: row["kind"] for row in rows["camera"].values()}, places, shifts)

    def catalogue(self) -> list[Footage]:
        """Return every segment as it is committed now."""
        session = Session(self.world.ingest)
        found = [footage(Shown(row)) for row in segments(session, session.rows("segment_hot"))]  # type: ignore[arg-type]
        session.kill()
        return found

    def _one(self, key: SegmentKey) -> Footage:
        return next(each for each in self.catalogue() if each.key == key)

    def _mark(self, event: DestructionStarted, decided: datetime) -> None:
        key, now = key_of(event), self.world.scheduler.instant()
        self.counts.marks += 1
        self.world.scheduler.note(f"MARK {key.camera_id} {key.started_at:%d %H:%M} g{key.generation}")
        if event.batch_id == UUID(int=0):
            if not any(key in set(keys(answer.destroying)) for answer in self.effective.values()):
                raise Violation(f"I1: {key} is destroyed without a batch and no answer named it")
            return
        footage_, filed = self._one(key), self.filed()
        facts = filed.of(footage_)
        self._cleared(event, key)
        for (hold_id, seq), answer in self._answered().items():
            protection = self.as_of(seq).protections[hold_id]
            standing = self.log.protections[hold_id]
            if is_active(standing, now) and is_covered(protection, facts) and key not in answer:
                raise Violation(f"I1: {key} is marked under effective hold {hold_id} (seq {seq})")
        for (hold_id, seq), told in self.told.items():
            if event.batch_id in told.in_flight or not is_active(self.log.protections[hold_id], now):
                continue
            if is_covered(told.protection, facts):
                raise Violation(f"I1a: {key} is marked under accepted hold {hold_id} (seq {seq}), not named in flight")
        self._due(event, footage_, decided)

    def _cleared(self, event: DestructionStarted, key: SegmentKey) -> None:
        clearance = self.log.clearances.get(event.batch_id)
        if clearance is None or key not in set(keys(clearance.lines)):
            raise Violation(f"C: {key} is marked for batch {event.batch_id}, which was not cleared for it")
        if clearance.seq > event.mark_seq:
            raise Violation(f"C: {key} is marked at seq {event.mark_seq}, before its clearance at {clearance.seq}")

    def _answered(self) -> dict[tuple[UUID, int], set[SegmentKey]]:
        """Return every answer that stands, on the broker or in custody's database, with what it doesn't promise."""
        found = {at: set(keys((*answer.destroying, *answer.gone))) for at, answer in self.effective.items()}
        for row in self.world.ingest.rows["hold_answer"].values():
            if row["body"]["type"] == "HoldApplied":
                at = (UUID(row["hold_id"]), row["seq"])
                if at not in found and row["seq"] <= self.log.seq:
                    found[at] = set(keys(lines_of(row["body"]["destroying"]) + lines_of(row["body"]["gone"])))
        return found

    def _due(self, event: DestructionStarted, footage_: Footage, decided: datetime) -> None:
        """The version that binds at the decision lets it go. The transaction is committed a little later."""
        now = self.world.scheduler.instant()
        if not now - TRANSACTION_MAX < decided <= now:
            raise Violation(f"I2: {footage_.key} is marked at {now} by a clock that was read at {decided}")
        log = self.as_of(event.mark_seq)
        by = bound(log, self.world.library, footage_.camera_id, footage_.retention_class, decided)
        when = times(by, footage_).destroyable_from if by else None
        if when is None or decided < when:
            raise Violation(f"I2: {footage_.key} is marked at {decided}, it may go from {when}")

    def _answer(self, event: HoldApplied) -> None:
        """The three lists are exact as they were read; a receipt takes no gate (C5) and may have come in since."""
        protection = self.as_of(event.seq).protections[event.hold_id]
        filed = self.filed()
        covered = [each for each in self.catalogue() if is_covered(protection, filed.of(each))]
        by_state = {state: {each.key for each in covered if each.state is state} for state in SegmentState}
        destroying, gone = set(keys(event.destroying)), set(keys(event.gone))
        since = destroying & by_state[SegmentState.GONE]
        told = {SegmentState.DESTROYING: destroying - since, SegmentState.GONE: gone | since}
        for state, named in told.items():
            if by_state[state] != named:
                raise Violation(f"A: the answer to {event.hold_id} names {len(named)} {state}, {by_state[state]} are")
        if sum(span.segments for span in event.secured) != len(by_state[SegmentState.KEPT]):
            raise Violation(f"A: the answer to {event.hold_id} secures another number than is kept")

    # What happens to the bytes.
    def _removed(self, location: str) -> None:
        rows = self.world.ingest.rows["segment_hot"].values()
        known = (
            SegmentKey(camera_id=r["camera_id"], started_at=from_micros(r["started_us"]), generation=r["generation"])
            for r in rows
            if r["location"] == location
        )
        key = self.places.get(location) or next(known, None)
        if key is None:
            return  # An intake that was never recorded, or whose record was lost with a database before it got out.
        self.world.scheduler.note(f"BYTES GONE {key.camera_id} {key.started_at:%d %H:%M} g{key.generation}")
        if key not in self.started:
            raise Violation(f"B: bytes of {key} are deleted, and no DestructionStarted of it was delivered")

    def kept_means_there(self) -> None:
        """Whatever the catalogue calls kept lies in the store; asked while custody has passed its start gate."""
        start = self.world.ingest.rows["custody_start"].get((1,))
        if start is None or start["start_id"] != self.world.standing.start_id or not self.world.custody_stands():
            return
        for each in self.catalogue():
            if each.state is SegmentState.KEPT and each.location not in self.objects:
                raise Violation(f"B: the catalogue says kept, bytes of {each.key} are gone ({each.location})")

    def at_end(self) -> None:
        """After the fair schedule: everything due went with one receipt, every order was answered, held ones stay."""
        self.kept_means_there()
        filed, now = self.filed(), self.world.scheduler.instant()
        standing = [p for p in self.log.protections.values() if is_active(p, now)]
        for each in self.catalogue():
            self._settled(each, held=any(is_covered(p, filed.of(each)) for p in standing))
        for location, key in self.places.items():
            if key in self.receipts and location in self.objects:
                raise Violation(f"R: {key} has a receipt, and bytes of it lie at {location}")
        self._everybody_answered()

    def _settled(self, each: Footage, *, held: bool) -> None:
        if each.state is SegmentState.KEPT and not held:
            raise Violation(f"L: {each.key} is due and unheld, and is still kept")
        if each.state is SegmentState.DESTROYING:
            raise Violation(f"L: {each.key} is still being destroyed")
        if each.state is SegmentState.GONE and each.key not in self.receipts:
            raise Violation(f"R: {each.key} is gone without a receipt")

    def _everybody_answered(self) -> None:
        for record in self.records:
            event = record.event
            if isinstance(event, HoldPlaced | HoldExtended) and (event.hold_id, event.seq) not in self.effective:
                raise Violation(f"L: hold {event.hold_id} (seq {event.seq}) was published and never answered")
        for batch_id in self.log.clearances:
            if batch_id not in self.answered:
                raise Violation(f"L: batch {batch_id} was cleared and never answered")
        for answer in self.effective.values():
            left = [key for key in keys(answer.destroying) if key not in self.receipts]
            if left:
                raise Violation(f"L: {answer.hold_id} was told that {left[0]} is being destroyed, and it isn't gone")


def lines_of(body: Iterable[Mapping[str, Any]]) -> tuple[HourLine, ...]:
    """Return the lines of a stored answer."""
    return tuple(HourLine(**dict(line) | {"offsets_us": tuple(line["offsets_us"])}) for line in body)


class Shown:
    """A row for ``footage``."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def _asdict(self) -> Row:
        return self._row
