"""Access register: each view, copy and live opening as it happened, and each that did not (NPA-13, NPA-16, DAAN-11)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from uuid import UUID

from services.analytics.rows import Row, Rows
from services.kernel.batches import HourLine
from services.kernel.envelope import Envelope
from services.kernel.events import (
    AccessRefused,
    CopyMade,
    CopyReturned,
    CopySigned,
    FootageViewed,
    LiveClosed,
    LiveOpened,
    ResultSigned,
    ViewingEnded,
    ViewingScheduled,
)


@singledispatch
def rows(event: object, envelope: Envelope) -> Rows:
    """Return what the access register keeps of an event."""
    del event, envelope
    return ()


@rows.register
def _(event: ViewingScheduled, envelope: Envelope) -> Rows:
    del envelope
    return (_viewing(event.viewing_id, agreed_time=event.agreed_time, accompanied_by=event.accompanied_by),)


@rows.register
def _(event: FootageViewed, envelope: Envelope) -> Rows:
    act = _act(
        envelope.event_id,
        act="view",
        request_id=str(event.request_id),
        viewing_id=event.viewing_id,
        person=event.person,
        address=event.address,
        at=envelope.recorded_at,
        purpose=event.purpose,
        cameras=_cameras(event.footage),
        footage_from=event.footage_from,
        footage_to=event.footage_to,
    )
    # A viewing without an appointment names its companion here only.
    return act, _viewing(event.viewing_id, accompanied_by=event.accompanied_by)


@rows.register
def _(event: ViewingEnded, envelope: Envelope) -> Rows:
    del envelope
    return (_viewing(event.viewing_id, ranges=event.ranges, bytes=event.bytes_served, ended_at=event.ended_at),)


@rows.register
def _(event: CopyMade, envelope: Envelope) -> Rows:
    return (
        _act(
            event.copy_id,
            act="copy",
            request_id=str(event.request_id),
            person=event.person,
            at=envelope.recorded_at,
            cameras=_cameras(event.footage),
            footage_from=event.footage_from,
            footage_to=event.footage_to,
            copy_number=event.copy_number,
            sha256=event.sha256,
            bytes=event.size_bytes,
            return_by=event.return_by,
        ),
    )


@rows.register
def _(event: CopySigned, envelope: Envelope) -> Rows:
    return (_act(event.copy_id, act="copy", signed_at=envelope.recorded_at, **_signer(event)),)


@rows.register
def _(event: CopyReturned, envelope: Envelope) -> Rows:
    return (_act(event.copy_id, act="copy", returned_at=envelope.recorded_at, returned_how=event.how),)


@rows.register
def _(event: ResultSigned, envelope: Envelope) -> Rows:
    return (
        _act(
            envelope.event_id,
            act="result",
            request_id=str(event.request_id),
            person=event.person,
            at=envelope.recorded_at,
            cameras=list(event.cameras),
            footage_from=event.result_from,
            footage_to=event.result_to,
            signed_at=envelope.recorded_at,
            result_of=event.act,
            **_signer(event),
        ),
    )


@rows.register
def _(event: LiveOpened, envelope: Envelope) -> Rows:
    return (
        _act(
            event.live_id,
            act="live",
            request_id=event.request_id,
            person=event.person,
            address=event.address,
            at=envelope.recorded_at,
            project=event.project_id,
            purpose=event.ground,
            legal_basis=envelope.legal_basis,
            cameras=[event.camera_id],
            footage_from=envelope.recorded_at,
        ),
    )


@rows.register
def _(event: LiveClosed, envelope: Envelope) -> Rows:
    closed = envelope.recorded_at
    return (_act(event.live_id, act="live", ended_at=closed, footage_to=closed),)


@rows.register
def _(event: AccessRefused, envelope: Envelope) -> Rows:
    act = _act(
        envelope.event_id,
        act=event.act,
        request_id=event.request_id,
        person=event.person,
        at=envelope.recorded_at,
        refusal=event.refusal,
        clauses=list(event.clauses),
    )
    refused = {
        "event_id": envelope.event_id,
        "what": "access",
        "camera_id": "",
        "refusal": event.refusal,
        "policy_version": envelope.policy_version,
        "at": envelope.recorded_at,
    }
    return act, Row(table="refusal", values=refused)


def _act(act_id: UUID, **columns: object) -> Row:
    return Row(table="access_act", values={"act_id": act_id, **columns})


def _signer(event: CopySigned | ResultSigned) -> dict[str, str]:
    return {"signed_by": event.person, "signed_as": event.role}


def _viewing(viewing_id: UUID, **columns: object) -> Row:
    return Row(table="viewing", values={"viewing_id": viewing_id, **columns})


def _cameras(footage: Iterable[HourLine]) -> list[str]:
    return sorted({line.camera_id for line in footage})
