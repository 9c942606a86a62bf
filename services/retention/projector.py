"""R1, pure: what a batch of records changes in retention's tables. It reads no clock and emits nothing (I5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.kernel.batches import HOUR, HourLine, hour_of, hour_start
from services.kernel.envelope import Envelope, Recorded
from services.kernel.events import (
    BatchAnswered,
    CameraBound,
    CameraMoved,
    CameraRegistered,
    DeletionCleared,
    DeletionCommanded,
    DeletionQueued,
    DeletionUnqueued,
    DestructionStarted,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    LineAnswer,
    OverdueFound,
    PolicyInForce,
    SegmentDestroyed,
    SegmentRecorded,
    ShiftFiled,
)
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.kernel.mark import Guard
from services.kernel.scope import Scope
from services.retention.bucket import MICROSECOND
from services.retention.changes import (
    Changes,
    DestroyedRow,
    Marking,
    OutstandingRow,
    RecordedRow,
    StartedRow,
    Touch,
    TrailRow,
    WaitRow,
)


def project(records: Iterable[Recorded]) -> Changes:
    """Fold records, in their order, into changes; an event that retention doesn't need changes nothing."""
    changes = Changes()
    for record in records:
        _fold(changes, record)
    return changes


def _fold(changes: Changes, record: Recorded) -> None:
    match record.event:
        case SegmentRecorded():
            _segment(changes, record.envelope, record.event)
        case DestructionStarted() | SegmentDestroyed():
            _destruction(changes, record.envelope, record.event)
        case BatchAnswered() as answer:
            _answer(changes, record.envelope, answer)
        case DeletionCommanded() | DeletionQueued() | DeletionUnqueued() | OverdueFound():
            _own(changes, record.envelope, record.event)
        case CameraRegistered() | CameraMoved() | ShiftFiled():
            _fact(changes, record.envelope, record.event)
        case _ if record.envelope.stream_id == PROTECTION_LOG:
            _protection(changes, record)
        case _:
            pass


def _segment(changes: Changes, envelope: Envelope, event: SegmentRecorded) -> None:
    changes.recorded.append(
        RecordedRow(
            event.camera_id,
            event.started_at,
            event.generation,
            event.ended_at,
            event.retention_class,
            event.officer,
            event.shift,
            envelope.recorded_at,
            event.recovery_from,
        )
    )


def _destruction(changes: Changes, envelope: Envelope, event: DestructionStarted | SegmentDestroyed) -> None:
    key = (event.camera_id, event.started_at, event.generation, event.batch_id, envelope.event_id)
    if isinstance(event, DestructionStarted):
        changes.started.append(StartedRow(*key, envelope.recorded_at))
    else:
        changes.destroyed.append(DestroyedRow(*key, event.destroyed_at))


def _protection(changes: Changes, record: Recorded) -> None:
    event, seq = record.event, record.envelope.stream_version
    changes.log.append((seq, type(event).__name__))
    match event:
        case HoldPlaced() | HoldExtended():
            changes.touches.append(_touch(event.scope))
        case HoldReleased():
            changes.released.append(event.hold_id)
        case PolicyInForce() | CameraBound():
            changes.rebuckets.append((seq, event.policy_id, event.binding_from))
        case DeletionCleared():
            changes.cleared.append((event.batch_id, seq))
            changes.trail.extend(trail(record.envelope, event, event.lines))
        case _:
            pass


def _touch(scope: Scope) -> Touch:
    return Touch(cameras=scope.cameras, since=scope.starts_at, until=scope.ends_at)


def _answer(changes: Changes, envelope: Envelope, answer: BatchAnswered) -> None:
    """R3: commanded ends by this outcome and by no other; what isn't being destroyed is kept and judged anew."""
    changes.answered.append(answer.batch_id)
    for number, each in enumerate(answer.answers):
        changes.trail.extend(
            trail(envelope, answer, each.lines, part=str(number), note=f"{each.outcome} {each.reason}")
        )
        if each.outcome in ("destroying", "gone"):
            continue
        changes.returned.append((answer.batch_id, each.lines))
        if each.outcome != "void":
            changes.waits.extend(_waits(envelope, answer.batch_id, each, len(changes.waits)))


def _waits(envelope: Envelope, batch_id: UUID, refused: LineAnswer, part: int) -> Iterable[WaitRow]:
    """R2: who was refused waits, and nobody beside it. Custody's instant is asked about again after an hour.

    A release or a shorter version may bring that instant forward, and both are judged here before it is proposed.
    """
    hour_on, not_before = envelope.recorded_at + HOUR, refused.not_before
    # Custody doesn't have it, or can't read what may forbid it: asking every second wouldn't change that.
    in_the_dark = refused.outcome == "unknown" or refused.reason == Guard.PARKED
    if in_the_dark or (not_before is not None and not_before > hour_on):
        not_before = hour_on
    for number, line in enumerate(refused.lines, part):
        key = (line.camera_id, line.hour, line.generation, batch_id, number)
        yield WaitRow(*key, list(line.offsets_us), refused.seq, not_before, refused.reason or refused.outcome)


def _own(
    changes: Changes, envelope: Envelope, event: DeletionCommanded | DeletionQueued | DeletionUnqueued | OverdueFound
) -> None:
    changes.trail.extend(trail(envelope, event, event.lines, note=_note(event)))
    match event:
        case DeletionCommanded():
            changes.outstanding.extend(
                OutstandingRow(
                    event.batch_id, e.camera_id, e.hour, e.generation, list(e.offsets_us), envelope.recorded_at
                )
                for e in event.lines
            )
            changes.markings.append(Marking(map="commanded", on=True, lines=event.lines))
        case DeletionQueued():
            changes.markings.append(Marking(map="queued", on=True, lines=event.lines))
        case DeletionUnqueued():
            changes.markings.append(Marking(map="queued", on=False, lines=event.lines))
        case OverdueFound():
            map_ = "overdue" if event.outcome == "overdue" else "past_maximum"
            changes.markings.append(Marking(map=map_, on=True, lines=event.lines))


def _note(event: DeletionCommanded | DeletionQueued | DeletionUnqueued | OverdueFound) -> str:
    match event:
        case DeletionQueued():
            return event.until.isoformat()
        case DeletionUnqueued():
            return event.why
        case OverdueFound():
            return event.outcome
        case DeletionCommanded():
            return str(event.batch_id)


def _fact(changes: Changes, envelope: Envelope, event: CameraRegistered | CameraMoved | ShiftFiled) -> None:
    match event:
        case CameraRegistered():
            changes.cameras.append((event.camera_id, event.kind, envelope.stream_version))
            # Nothing earlier is filed about its place: it counts for older footage too.
            changes.places.append((event.camera_id, EPOCH, event.area))
            changes.touches.append(Touch(cameras=(event.camera_id,), since=EPOCH, until=None))
        case CameraMoved():
            changes.places.append((event.camera_id, event.moved_at, event.area))
            changes.touches.append(Touch(cameras=(event.camera_id,), since=event.moved_at, until=None))
        case ShiftFiled():
            changes.shifts.append(
                (
                    event.device_id,
                    event.shift,
                    event.officer,
                    event.shift_from,
                    event.shift_to,
                    list(event.incidents),
                    envelope.stream_version,
                )
            )
            changes.touches.append(Touch(cameras=(event.device_id,), since=event.shift_from, until=event.shift_to))


def trail(
    envelope: Envelope, event: object, lines: Iterable[HourLine], *, part: str = "", note: str = ""
) -> Iterable[TrailRow]:
    """Return the rows by which an explanation finds this event again."""
    return [
        TrailRow(
            line.camera_id,
            line.hour,
            line.generation,
            envelope.event_id,
            part,
            type(event).__name__,
            envelope.recorded_at,
            list(line.offsets_us),
            note,
        )
        for line in lines
    ]


def hour_and_offset(started_at: datetime) -> tuple[int, int]:
    """Return the clock hour of an instant and its microseconds from that hour's start."""
    hour = hour_of(started_at)
    return hour, (started_at - hour_start(hour)) // MICROSECOND
