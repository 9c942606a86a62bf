"""How the file of a request grows: what each event of its streams changes in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.access.requests.file import Copy, Delegated, PersonalRef, RequestFile, Signed, Viewing
from services.kernel.envelope import Envelope, Recorded
from services.kernel.events import (
    AccessRefused,
    BundleHandedOut,
    ConsultationGiven,
    CopyErased,
    CopyMade,
    CopyReturned,
    CopySigned,
    DelegationRevoked,
    FootageViewed,
    PersonalDataShredded,
    RequestClosed,
    RequestCorrected,
    RequestGranted,
    RequestRefused,
    RequestRouted,
    RequestSubmitted,
    RequestTermChanged,
    RequestWithdrawn,
    ResultSigned,
    StepApproved,
    StepDelegated,
    StepDenied,
    StepReturned,
    ViewingEnded,
    ViewingScheduled,
)


def fold(request_id: UUID, history: Iterable[Recorded]) -> RequestFile:
    """Return the file after these events; each stream in its own order, streams in any."""
    file = RequestFile(request_id=request_id)
    for record in history:
        file = evolve(file, record)
    return file


def evolve(file: RequestFile, record: Recorded) -> RequestFile:
    """Return the file after one more event of its streams. A refused try is no act: it lengthens no term."""
    envelope = record.envelope
    if isinstance(record.event, AccessRefused):
        return file
    latest = max(file.changed_at or envelope.recorded_at, envelope.recorded_at)
    version = envelope.stream_version if envelope.stream_id == f"request/{file.request_id}" else file.version
    return _asked(replace(file, changed_at=latest, version=version), record.event, envelope)


def _asked(file: RequestFile, event: object, envelope: Envelope) -> RequestFile:
    match event:
        case RequestSubmitted():
            at, version = envelope.recorded_at, envelope.policy_version
            file = replace(file, personal=_personal(file, event.personal_ref, envelope))
            return replace(file, submitted=event, submitted_at=at, policy_version=version)
        case RequestRefused():
            at, version = envelope.recorded_at, envelope.policy_version
            return replace(file, refused=event, submitted_at=at, policy_version=version)
        case RequestRouted():
            return replace(file, routed=event)
        case RequestCorrected() | RequestTermChanged():
            return _changed(file, event, envelope)
        case RequestWithdrawn() | RequestClosed():
            return _ended(file, event)
        case _:
            return _decided(file, event, envelope)


def _ended(file: RequestFile, event: RequestWithdrawn | RequestClosed) -> RequestFile:
    return replace(file, withdrawn=True) if isinstance(event, RequestWithdrawn) else replace(file, closed=event)


def _changed(file: RequestFile, event: RequestCorrected | RequestTermChanged, envelope: Envelope) -> RequestFile:
    assert file.submitted is not None
    if isinstance(event, RequestTermChanged):
        longer = replace(file.submitted, term_ends_at=event.term_ends_at)
        return replace(file, submitted=longer, terms=(*file.terms, event))
    answers = replace(
        file.submitted,
        action=event.action,
        scope=event.scope,
        facts=event.facts,
        documents=event.documents,
        personal_ref=event.personal_ref,
    )
    personal = _personal(file, event.personal_ref, envelope)
    return replace(file, submitted=answers, corrected_at=envelope.recorded_at, personal=personal)


def _personal(file: RequestFile, reference: str, envelope: Envelope) -> tuple[PersonalRef, ...]:
    if not reference:
        return file.personal
    return (*file.personal, PersonalRef(key_id=UUID(reference), event_id=envelope.event_id))


def _decided(file: RequestFile, event: object, envelope: Envelope) -> RequestFile:
    match event:
        case StepApproved() | StepReturned() | StepDenied() | ConsultationGiven():
            signed = Signed(event=event, at=envelope.recorded_at, role=event.role)
            return replace(file, signatures=(*file.signatures, signed))
        case StepDelegated():
            return replace(file, delegations=(*file.delegations, Delegated(event=event, role=envelope.actor_role)))
        case DelegationRevoked():
            kept = (each for each in file.delegations if not _same(each.event, event))
            return replace(file, delegations=tuple(kept))
        case RequestGranted():
            return replace(file, grant=event, grants=event.grant_version)
        case _:
            return _opened(file, event, envelope)


def _same(given: StepDelegated, revoked: DelegationRevoked) -> bool:
    return (given.step, given.by, given.to) == (revoked.step, revoked.by, revoked.to)


def _opened(file: RequestFile, event: object, envelope: Envelope) -> RequestFile:
    at, version = envelope.recorded_at, envelope.stream_version
    match event:
        case ViewingScheduled():
            return replace(file, viewings=(*file.viewings, Viewing(scheduled=event, scheduled_by=envelope.actor_id)))
        case FootageViewed():
            opened = {"opened": event, "opened_at": at, "opened_version": version}
            return replace(file, viewings=_viewing(file, event.viewing_id, **opened))
        case ViewingEnded():
            return replace(file, viewings=_viewing(file, event.viewing_id, ended=event))
        case ResultSigned():
            return replace(file, results=(*file.results, (event, at)))
        case PersonalDataShredded():
            return replace(file, shredded=True)
        case _:
            return _copied(file, event, envelope)


def _copied(file: RequestFile, event: object, envelope: Envelope) -> RequestFile:
    at, version = envelope.recorded_at, envelope.stream_version
    match event:
        case CopyMade():
            made = Copy(made=event, made_at=at, made_by=envelope.actor_id, version=version)
            return replace(file, copies=(*file.copies, made))
        case CopySigned() | CopyReturned() | CopyErased():
            return replace(file, copies=_copies(file, event, at))
        case BundleHandedOut():
            return replace(file, bundles=(*file.bundles, (event, at)))
        case _:
            return file


def _viewing(file: RequestFile, viewing_id: UUID, **changes: object) -> tuple[Viewing, ...]:
    return tuple(
        replace(v, **changes) if v.scheduled.viewing_id == viewing_id else v  # type: ignore[arg-type]
        for v in file.viewings
    )


def _copies(file: RequestFile, event: CopySigned | CopyReturned | CopyErased, at: datetime) -> tuple[Copy, ...]:
    def changed(copy: Copy) -> Copy:
        if copy.made.copy_id != event.copy_id:
            return copy
        if isinstance(event, CopySigned):
            return replace(copy, signed=(*copy.signed, (event, at)))
        if isinstance(event, CopyErased):
            return replace(copy, erased=event)
        return replace(copy, returned=event)

    return tuple(changed(copy) for copy in file.copies)
