"""Catalog rows: cameras, shifts, segments from arrival to receipt, and what was not taken in (NPA-05, NPA-12)."""

from __future__ import annotations

from functools import singledispatch

from services.analytics.rows import Row, Rows
from services.kernel.batches import keys
from services.kernel.certificate import exact
from services.kernel.envelope import Envelope
from services.kernel.events import (
    CameraMoved,
    CameraRegistered,
    CameraRetired,
    DestructionStarted,
    DifferenceFound,
    OverdueFound,
    SegmentDestroyed,
    SegmentRecorded,
    SegmentRefused,
    SegmentReplicated,
    SegmentTransferred,
    ShiftFiled,
    StorageAnswer,
)

_SegmentEvent = SegmentRecorded | SegmentReplicated | SegmentTransferred | DestructionStarted | SegmentDestroyed


@singledispatch
def rows(event: object, envelope: Envelope) -> Rows:
    """Return what the catalog keeps of an event; nothing of one that is no footage's."""
    del event, envelope
    return ()


@rows.register
def _(event: CameraRegistered, envelope: Envelope) -> Rows:
    kept = {name: getattr(event, name) for name in ("camera_id", "kind", "agency", "device_owner")}
    return (
        Row(table="camera", values=kept),
        _camera_area(event, envelope),
    )


@rows.register
def _(event: CameraMoved, envelope: Envelope) -> Rows:
    return (_camera_area(event, envelope),)


@rows.register
def _(event: CameraRetired, envelope: Envelope) -> Rows:
    del envelope
    return (Row(table="camera", values={"camera_id": event.camera_id, "retired_at": event.retired_at}),)


@rows.register
def _(event: ShiftFiled, envelope: Envelope) -> Rows:
    values = {
        "device_id": event.device_id,
        "shift": event.shift,
        "officer": event.officer,
        "shift_from": event.shift_from,
        "shift_to": event.shift_to,
        "incidents": list(event.incidents),
        "version": envelope.stream_version,
    }
    return (Row(table="shift", values=values, newest="version"),)


@rows.register
def _(event: SegmentRecorded, envelope: Envelope) -> Rows:
    return _segment(
        event,
        ended_at=event.ended_at,
        retention_class=event.retention_class,
        size_bytes=event.size_bytes,
        sha256=event.sha256,
        location=event.location,
        officer=event.officer,
        shift=event.shift,
        has_audio=event.has_audio,
        clock_source=event.clock_source,
        stored_at=envelope.recorded_at,
        stored_event=envelope.event_id,
        policy_version=envelope.policy_version,
    )


@rows.register
def _(event: SegmentReplicated, envelope: Envelope) -> Rows:
    return _segment(event, replicated_at=envelope.recorded_at)


@rows.register
def _(event: DestructionStarted, envelope: Envelope) -> Rows:
    marked = _destruction(
        event,
        marked_at=envelope.recorded_at,
        mark_event=envelope.event_id,
        mark_seq=event.mark_seq,
        mark_batch=event.batch_id,
        mark_policy=envelope.policy_version,
        mark_rules=list(event.rule_ids),
        cleared_event=envelope.causation_id,
        free_from=event.destroyable_from,
    )
    return (*_segment(event, destroying_at=envelope.recorded_at), *marked)


@rows.register
def _(event: SegmentDestroyed, envelope: Envelope) -> Rows:
    gone = _segment(
        event,
        destroyed_at=event.destroyed_at,
        destroyed_by=event.destroyed_by,
        destruction_method=event.method,
        destruction_rules=list(event.rule_ids),
        destruction_policy=envelope.policy_version,
        destroy_by=event.destroy_by,
        receipt_event=envelope.event_id,
    )
    return (*gone, *_destruction(event, place=event.place, answers=[_answer(each) for each in event.answers]))


@rows.register
def _(event: SegmentTransferred, envelope: Envelope) -> Rows:
    taken = {"transfer_case": event.case_number, "transfer_repository": event.repository_id}
    return _segment(event, transferred_at=envelope.recorded_at, **taken)


@rows.register
def _(event: SegmentRefused, envelope: Envelope) -> Rows:
    values = {
        "event_id": envelope.event_id,
        "what": "segment",
        "camera_id": event.camera_id,
        "refusal": event.refusal,
        "policy_version": envelope.policy_version,
        "at": envelope.recorded_at,
    }
    return (Row(table="refusal", values=values),)


@rows.register
def _(event: DifferenceFound, envelope: Envelope) -> Rows:
    values = {
        "event_id": envelope.event_id,
        "camera_id": event.camera_id,
        "started_at": event.started_at,
        "generation": event.generation,
        "difference": event.difference,
        "found_at": envelope.recorded_at,
    }
    return (Row(table="difference", values=values),)


@rows.register
def _(event: OverdueFound, envelope: Envelope) -> Rows:
    return tuple(
        Row(
            table="overdue",
            values={
                "camera_id": key.camera_id,
                "started_at": key.started_at,
                "generation": key.generation,
                "outcome": event.outcome,
                "found_at": envelope.recorded_at,
            },
            newest="found_at",
        )
        for key in keys(event.lines)
    )


def _segment(event: _SegmentEvent, **columns: object) -> Rows:
    key = {"camera_id": event.camera_id, "started_at": event.started_at, "generation": event.generation}
    return (Row(table="segment", values={**key, **columns}),)


def _destruction(event: DestructionStarted | SegmentDestroyed, **columns: object) -> Rows:
    key = {"camera_id": event.camera_id, "started_at": event.started_at, "generation": event.generation}
    return (Row(table="destruction", values={**key, **columns}),)


def _answer(answer: StorageAnswer) -> dict[str, str]:
    # The store's name alone: a path follows a template that may hold an officer's id.
    return {"store": answer.location.partition(":")[0], "answer": answer.answer, "asked_at": exact(answer.asked_at)}


def _camera_area(event: CameraRegistered | CameraMoved, envelope: Envelope) -> Row:
    values = {"camera_id": event.camera_id, "area": event.area, "version": envelope.stream_version}
    return Row(table="camera", values=values, newest="version")
