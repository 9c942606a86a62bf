"""The file of one request, folded from its streams: what was asked, signed, granted, opened and closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, UUID, uuid5

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


class RequestState(StrEnum):
    REFUSED = "refused"
    IN_CHAIN = "in_chain"
    ROUTED = "routed"
    RETURNED = "returned"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    FULFILLED = "fulfilled"
    EXPIRED = "expired"


OPEN = frozenset({RequestState.IN_CHAIN, RequestState.ROUTED, RequestState.RETURNED, RequestState.GRANTED})
PAUSED, RESUMED, EXTENDED = "paused", "resumed", "extended"
Signature = StepApproved | StepReturned | StepDenied | ConsultationGiven


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One signature, return, denial or opinion, with its time."""

    event: Signature
    at: datetime
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated:
    """One delegation, and the role in which it was given."""

    event: StepDelegated
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """One viewing: agreed, opened (on the log before the first byte), ended."""

    scheduled: ViewingScheduled
    scheduled_by: str
    opened: FootageViewed | None = None
    opened_at: datetime | None = None
    opened_version: int = 0  # position in the access stream, to ask whether the broker has it
    ended: ViewingEnded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One numbered copy, signed for and given back."""

    made: CopyMade
    made_at: datetime
    made_by: str
    version: int
    signed: tuple[tuple[CopySigned, datetime], ...] = ()
    returned: CopyReturned | None = None
    erased: CopyErased | None = None  # our own bytes of it are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRef:
    """Where the vault keeps what names the applicant, and the event that says so: it opens for that one alone."""

    key_id: UUID
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFile:
    """Everything that stands on the log about one request; no name and no telephone number (I7)."""

    request_id: UUID
    submitted: RequestSubmitted | None = None  # with the answers and the term that hold now
    refused: RequestRefused | None = None
    routed: RequestRouted | None = None
    version: int = 0  # of the request's own stream
    corrected_at: datetime | None = None
    terms: tuple[RequestTermChanged, ...] = ()
    personal: tuple[PersonalRef, ...] = ()  # the last one is the form's that holds now
    submitted_at: datetime | None = None
    policy_version: str = ""
    withdrawn: bool = False
    closed: RequestClosed | None = None
    signatures: tuple[Signed, ...] = ()
    delegations: tuple[Delegated, ...] = ()
    grant: RequestGranted | None = None
    grants: int = 0
    viewings: tuple[Viewing, ...] = ()
    copies: tuple[Copy, ...] = ()
    results: tuple[tuple[ResultSigned, datetime], ...] = ()
    bundles: tuple[tuple[BundleHandedOut, datetime], ...] = ()
    shredded: bool = False  # the key of its personal data was destroyed
    changed_at: datetime | None = None

    @property
    def state(self) -> RequestState:
        if self.refused is not None:
            return RequestState.REFUSED
        if self.closed is not None:
            return RequestState(self.closed.outcome)
        if self.withdrawn:
            return RequestState.WITHDRAWN
        if self.grant is not None:
            return RequestState.GRANTED
        if self.returned is not None:
            return RequestState.RETURNED
        return RequestState.ROUTED if self.routed is not None else RequestState.IN_CHAIN

    @property
    def is_open(self) -> bool:
        return self.submitted is not None and self.state in OPEN

    @property
    def returned(self) -> Signed | None:
        """Return who sent the request back, while the applicant hasn't handed it in again."""
        back = [each for each in self.signatures if isinstance(each.event, StepReturned)]
        if not back or (self.corrected_at is not None and self.corrected_at > back[-1].at):
            return None
        return back[-1]

    @property
    def paused(self) -> RequestTermChanged | None:
        """Return the pause in which the clock of the term stands still."""
        last = self.terms[-1] if self.terms else None
        return last if last is not None and last.change == PAUSED else None

    def viewing(self, viewing_id: UUID) -> Viewing | None:
        return next((v for v in self.viewings if v.scheduled.viewing_id == viewing_id), None)

    def copy(self, copy_id: UUID) -> Copy | None:
        return next((c for c in self.copies if c.made.copy_id == copy_id), None)


def protection_id(request_id: UUID) -> UUID:
    """Return the id under which an open request protects; the same however often it is asked for."""
    return uuid5(request_id, "protection")


def preservation_id(request_id: UUID) -> UUID:
    """Return the id of the hold that a granted preservation request becomes."""
    return uuid5(request_id, "hold")


def refusal_id(*parts: object) -> UUID:
    """Return an id for what was refused, equal for an equal refusal of the same attempt."""
    return uuid5(NAMESPACE_OID, "/".join(map(str, parts)))


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
