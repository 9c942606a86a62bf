"""Register of requests (NPA-13, NPA-15, DAAN-10, DAAN-11). Notes, opinions and the vault never come in (I7)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import singledispatch
from typing import Final

from services.analytics.rows import Row, Rows
from services.kernel.envelope import Envelope
from services.kernel.events import (
    ConsultationGiven,
    FieldValue,
    RequestClosed,
    RequestCorrected,
    RequestGranted,
    RequestRefused,
    RequestRouted,
    RequestSubmitted,
    RequestTermChanged,
    RequestWithdrawn,
    StepApproved,
    StepDelegated,
    StepDenied,
    StepReturned,
)
from services.kernel.scope import scope_to_json

# Answers that the forms of the annexes and the clauses ask for; none of them names a person (NPA-21, DAAN-07, SPD-12).
ANSWERS: Final = ("duty_item", "cause", "statute", "use", "ground", "case_number")
OF_REQUESTER: Final = ("unit", "title", "on_behalf_of")


@singledispatch
def rows(event: object, envelope: Envelope) -> Rows:
    """Return what the register of requests keeps of an event."""
    del event, envelope
    return ()


@rows.register
def _(event: RequestSubmitted, envelope: Envelope) -> Rows:
    values = {
        "request_id": event.request_id,
        "policy_id": event.policy_id,
        "policy_version": envelope.policy_version,
        "kind": event.kind,
        "action": event.action,
        "requester": event.requester,
        "requester_class": event.requester_class,
        **_asked(event, envelope),
        "chain": event.chain,
        "submitted_at": envelope.recorded_at,
        "term_ends_at": event.term_ends_at,
    }
    return (Row(table="request", values=values),)


@rows.register
def _(event: RequestRefused, envelope: Envelope) -> Rows:
    values = {
        "request_id": event.request_id,
        "policy_id": event.policy_id,
        "policy_version": envelope.policy_version,
        "kind": event.kind,
        "action": event.action,
        "requester": event.requester,
        "requester_class": event.requester_class,
        "refused_at": envelope.recorded_at,
        "refusal": event.refusal,
        "refusal_clauses": list(event.clauses),
    }
    refused = {
        "event_id": envelope.event_id,
        "what": "request",
        "camera_id": "",
        "refusal": event.refusal,
        "policy_version": envelope.policy_version,
        "at": envelope.recorded_at,
    }
    return Row(table="request", values=values), Row(table="refusal", values=refused)


@rows.register
def _(event: RequestRouted, envelope: Envelope) -> Rows:
    return (_request(event, routed_to=event.to, routed_at=envelope.recorded_at),)


@rows.register
def _(event: RequestCorrected, envelope: Envelope) -> Rows:
    # The register shows what was decided on; what stood there before the correction stays on the log.
    return (_request(event, action=event.action, **_asked(event, envelope)),)


@rows.register
def _(event: RequestTermChanged, envelope: Envelope) -> Rows:
    del envelope
    return (_request(event, term_ends_at=event.term_ends_at),)


@rows.register
def _(event: RequestWithdrawn, envelope: Envelope) -> Rows:
    return (_request(event, withdrawn_at=envelope.recorded_at),)


@rows.register
def _(event: RequestClosed, envelope: Envelope) -> Rows:
    del envelope
    return (_request(event, closed_at=event.closed_at, outcome=event.outcome),)


@rows.register
def _(event: RequestGranted, envelope: Envelope) -> Rows:
    values = {
        "request_id": event.request_id,
        "granted_at": envelope.recorded_at,
        "grant_version": event.grant_version,
        "valid_until": event.valid_until,
    }
    return (Row(table="request", values=values, newest="grant_version"),)


@rows.register
def _(event: StepApproved, envelope: Envelope) -> Rows:
    return (_step(event, envelope, "approved", event.person, event.role),)


@rows.register
def _(event: StepReturned, envelope: Envelope) -> Rows:
    return (_step(event, envelope, "returned", event.person, event.role),)


@rows.register
def _(event: StepDenied, envelope: Envelope) -> Rows:
    return (_step(event, envelope, "denied", event.person, event.role),)


@rows.register
def _(event: ConsultationGiven, envelope: Envelope) -> Rows:
    return (_step(event, envelope, "consulted", event.person, event.role),)


@rows.register
def _(event: StepDelegated, envelope: Envelope) -> Rows:
    return (_step(event, envelope, "delegated", event.by, envelope.actor_role),)


def stated(facts: Sequence[FieldValue], name: str) -> str:
    """Return one answer of the form as text; its value is JSON, its name may carry the form's prefix."""
    for fact in facts:
        if fact.name.removeprefix("request.") == name:
            return _text(fact.value)
    return ""


def _asked(event: RequestSubmitted | RequestCorrected, envelope: Envelope) -> dict[str, object]:
    return {
        "purpose": stated(event.facts, "purpose") or stated(event.facts, "purposes"),
        "legal_basis": envelope.legal_basis or stated(event.facts, "legal_basis"),
        "reference": stated(event.facts, "reference") or stated(event.facts, "complaint_number"),
        "asked_time": stated(event.facts, "time"),
        **{name: stated(event.facts, name) for name in ANSWERS},
        **{name: stated(event.facts, f"requester.{name}") for name in OF_REQUESTER},
        "cameras": list(event.scope.cameras),
        "scope": scope_to_json(event.scope),
        "footage_from": event.scope.starts_at,
        "footage_to": event.scope.ends_at,
    }


def _text(value: str) -> str:
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return ", ".join(map(str, parsed)) if isinstance(parsed, list) else str(parsed)


def _request(
    event: RequestRouted | RequestCorrected | RequestTermChanged | RequestWithdrawn | RequestClosed, **columns: object
) -> Row:
    return Row(table="request", values={"request_id": event.request_id, **columns})


def _step(
    event: StepApproved | StepReturned | StepDenied | StepDelegated | ConsultationGiven,
    envelope: Envelope,
    act: str,
    person: str,
    role: str,
) -> Row:
    values = {
        "event_id": envelope.event_id,
        "request_id": event.request_id,
        "version": envelope.stream_version,
        "step": event.step,
        "act": act,
        "person": person,
        "role": role,
        "at": envelope.recorded_at,
    }
    return Row(table="request_step", values=values)
