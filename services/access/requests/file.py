"""The file of one request: what was asked, signed, granted, opened, closed. ``folding`` makes it from its streams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from services.kernel.events import (
    BundleHandedOut,
    ConsultationGiven,
    CopyErased,
    CopyMade,
    CopyReturned,
    CopySigned,
    FootageViewed,
    RequestClosed,
    RequestGranted,
    RequestRefused,
    RequestRouted,
    RequestSubmitted,
    RequestTermChanged,
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
