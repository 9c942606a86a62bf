"""Protections as lines of their log, and custody's answers: what the statistic counts as held. Decides nothing (I1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from services.analytics.rows import Row, Rows
from services.kernel.batches import HourLine
from services.kernel.envelope import Envelope
from services.kernel.events import ActRefused, HoldApplied, HoldExtended, HoldPlaced, HoldReleased, PolicyInForce
from services.kernel.scope import Scope


@singledispatch
def rows(event: object, envelope: Envelope) -> Rows:
    """Return what the statistic keeps of an event of the protection log or of custody's answers."""
    del event, envelope
    return ()


@rows.register
def _(event: HoldPlaced, envelope: Envelope) -> Rows:
    return _line(
        event,
        envelope,
        "placed",
        kind=event.kind,
        hold_kind=event.hold_kind,
        request_id=event.request_id,
        review_by=event.review_by,
        **_scope(event.scope),
    )


@rows.register
def _(event: HoldExtended, envelope: Envelope) -> Rows:
    return _line(event, envelope, "extended", review_by=event.review_by, **_scope(event.scope))


@rows.register
def _(event: HoldReleased, envelope: Envelope) -> Rows:
    return _line(event, envelope, "released")


@rows.register
def _(event: PolicyInForce, envelope: Envelope) -> Rows:
    names = ("seq", "policy_id", "version", "digest", "binding_from", "shortens")
    values = {name: getattr(event, name) for name in names}
    return (Row(table="policy_force", values={**values, "at": envelope.recorded_at, "event_id": envelope.event_id}),)


@rows.register
def _(event: HoldApplied, envelope: Envelope) -> Rows:
    values = {
        "hold_id": event.hold_id,
        "seq": event.seq,
        "effective_at": envelope.recorded_at,
        "secured": sum(span.segments for span in event.secured),
        "destroying": _count(event.destroying),
        "gone": _count(event.gone),
    }
    return (Row(table="hold_answer", values=values),)


@rows.register
def _(event: ActRefused, envelope: Envelope) -> Rows:
    values = {
        "event_id": envelope.event_id,
        "what": "act",
        "camera_id": "",
        "refusal": event.refusal,
        "policy_version": envelope.policy_version,
        "at": envelope.recorded_at,
    }
    return (Row(table="refusal", values=values),)


def _line(event: HoldPlaced | HoldExtended | HoldReleased, envelope: Envelope, line: str, **columns: object) -> Rows:
    values = {
        "hold_id": event.hold_id,
        "seq": event.seq,
        "line": line,
        "protects_until": event.protects_until,
        "at": envelope.recorded_at,
        **columns,
    }
    return (Row(table="protection_line", values=values),)


def _scope(scope: Scope) -> dict[str, object]:
    return {
        "cameras": list(scope.cameras),
        "area": scope.area,
        "officer": scope.officer,
        "incident": scope.incident,
        "starts_at": scope.starts_at,
        "ends_at": scope.ends_at,
    }


def _count(lines: Iterable[HourLine]) -> int:
    return sum(len(line.offsets_us) for line in lines)
