"""The events of one lawful destruction, as custody and access tell them: what certificates are made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import (
    CameraRegistered,
    DeletionCleared,
    DestructionStarted,
    HoldEvent,
    HoldPlaced,
    HoldReleased,
    PolicyInForce,
    SegmentDestroyed,
    SegmentRecorded,
    StorageAnswer,
)
from services.kernel.ids import EPOCH, NAMESPACE, PROTECTION_LOG, event_id, segment_stream
from services.kernel.policy import Pack, SegmentFacts, interval
from services.kernel.scope import Scope
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY
from tests.fakes.facts import told

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
PACK: Pack = load_pack(REPOSITORY / "policies" / "daan-cctv")
CAMERA = "cam-1"
BATCH: UUID = uuid5(NAMESPACE, "batch-1")
HOLD: UUID = uuid5(NAMESPACE, "hold-1")
ACCESS = Actor(id="access", role="service:access")


def started(minute: int) -> datetime:
    """Return the start of one of the segments."""
    return T0 + minute * MINUTE


def recording(minute: int) -> Recorded:
    """A segment of a minute was stored."""
    start = started(minute)
    envelope = {"recorded_at": start + 2 * MINUTE, "stream_id": segment_stream(CAMERA, start, 1)}
    return _own(
        told(
            SegmentRecorded,
            envelope,
            camera_id=CAMERA,
            started_at=start,
            ended_at=start + MINUTE,
            generation=1,
            retention_class="routine",
            recovery_from=EPOCH,
            officer="",
            shift="",
        ),
        1,
    )


def registered() -> Recorded:
    """The camera is known, fixed, and was never moved."""
    envelope = {"stream_id": f"camera/{CAMERA}", "stream_version": 1, "event_id": event_id(f"camera/{CAMERA}", 1)}
    return told(CameraRegistered, envelope, camera_id=CAMERA, kind="fixed", area="hall")


HELD = Scope(cameras=(CAMERA,), starts_at=T0, ends_at=T0 + DAY)
HELD_UNTIL = T0 + 40 * DAY


def protections(scope: Scope = HELD, until: datetime = HELD_UNTIL) -> list[Recorded]:
    """A policy in force, a hold that was released (in time, unless told otherwise), and the clearance of the batch."""
    placed = HoldPlaced(
        hold_id=HOLD,
        seq=2,
        kind="hold",
        hold_kind="preservation",
        scope=scope,
        matter="case-7",
        authority="court",
        review_by=None,
        protects_until=None,
        request_id="",
    )
    released = HoldReleased(hold_id=HOLD, seq=3, proposed_by="p-0001", confirmed_by="p-0002", protects_until=until)
    version = PolicyInForce(
        seq=1,
        policy_id=PACK.id,
        version=PACK.version,
        digest=PACK.digest,
        binding_from=T0 - DAY,
        shortens=False,
    )
    own = (SegmentKey(camera_id=CAMERA, started_at=started(minute)) for minute in (0, 1))
    cleared = DeletionCleared(
        batch_id=BATCH,
        seq=4,
        camera_id=CAMERA,
        lines=lines(own),
        policy_id=PACK.id,
        policy_version_expected=PACK.version,
    )
    told_at = (T0 - DAY, T0 + DAY, T0 + 30 * DAY, marked_at() - MINUTE)
    events: tuple[HoldEvent, ...] = (version, placed, released, cleared)
    return [
        recorded(event, stream_id=PROTECTION_LOG, stream_version=seq, at=at, actor=ACCESS)
        for seq, (event, at) in enumerate(zip(events, told_at, strict=True), start=1)
    ]


def marked_at() -> datetime:
    """Return when custody marked them: after the policy let the last of them go."""
    times = interval(PACK, SegmentFacts(started(1), started(1) + MINUTE, "routine"))
    assert times.command_at is not None
    return times.command_at + DAY


def mark(minute: int) -> Recorded:
    """Custody marked a segment."""
    start = started(minute)
    times = interval(PACK, SegmentFacts(start, start + MINUTE, "routine"))
    fields = {"batch_id": BATCH, "mark_seq": 4, "destroyable_from": times.command_at, "rule_ids": times.rules}
    envelope = {"recorded_at": marked_at(), "policy_version": PACK.reference}
    more = {"causation_id": str(event_id(PROTECTION_LOG, 4)), "stream_id": segment_stream(CAMERA, start, 1)}
    key = {"camera_id": CAMERA, "started_at": start, "generation": 1}
    return _own(told(DestructionStarted, envelope | more, **key, **fields), 2)


def receipt(minute: int) -> Recorded:
    """Custody wrote the receipt of a segment."""
    start, gone = started(minute), marked_at() + MINUTE
    stored = recording(minute).event
    assert isinstance(stored, SegmentRecorded)
    times = interval(PACK, SegmentFacts(start, start + MINUTE, "routine"))
    event = SegmentDestroyed(
        camera_id=CAMERA,
        started_at=start,
        ended_at=stored.ended_at,
        generation=1,
        batch_id=BATCH,
        retention_class="routine",
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        method="unlinked, folder synced",
        place="machine room 2",
        destroyed_at=gone,
        destroyed_by="retention.min90; custodian p-0012",
        rule_ids=times.rules,
        kept_from=start,
        destroyable_from=times.command_at or start,
        destroy_by=times.destroy_by,
        answers=(StorageAnswer(location="main:hall/cam-1/0800.mp4", answer="absent", asked_at=gone),),
    )
    actor = Actor(id="retention.min90", role="system")
    return recorded(event, stream_id=segment_stream(CAMERA, start, 1), stream_version=3, at=gone, actor=actor)


def destroyed(minute: int) -> list[Recorded]:
    """Everything of one segment, from arrival to receipt."""
    return [recording(minute), mark(minute), receipt(minute)]


def _own(fact: Recorded, version: int) -> Recorded:
    at = fact.envelope
    envelope = replace(at, stream_version=version, event_id=event_id(at.stream_id, version))
    return Recorded(envelope=envelope, event=fact.event)
