"""Every view, copy and live opening, and every refusal of one. Topic ``access.events``, key request_id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.batches import HourLine
from services.kernel.events.segment import Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingScheduled:
    """An agreed time, together with the head or the custodian (NPA-15)."""

    request_id: UUID
    viewing_id: UUID
    agreed_time: datetime
    accompanied_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageViewed:
    """Acknowledged by the broker before the first byte leaves (I4); once per viewing (decision 17)."""

    request_id: UUID
    viewing_id: UUID
    grant_version: int
    person: str
    accompanied_by: str
    address: str
    purpose: str
    footage: tuple[HourLine, ...]
    footage_from: datetime
    footage_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingEnded:
    """A viewing session closed; ranges are counted, not listed."""

    request_id: UUID
    viewing_id: UUID
    ranges: int
    bytes_served: int
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkViewingFound:
    """One person opened more in a window than is usual here: told once a window, for people to look at."""

    request_id: UUID
    viewing_id: UUID  # the one that passed the limit; it went on
    person: str
    window_from: datetime
    viewings: int
    clips: int
    footage_s: int
    clips_max: int
    footage_s_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkViewingReviewed:
    """Another person looked at what one person opened, and said what he found."""

    request_id: UUID
    viewing_id: UUID  # the one that passed the limit
    reviewer: str
    finding: str  # justified or not_justified
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMade:
    """A numbered copy with its own hash and due date, traceable to its applicant (DAAN-08)."""

    request_id: UUID
    copy_id: UUID
    copy_number: str
    grant_version: int
    person: str
    derived_from: str  # empty for the native remux, else the parent's sha256 in hex
    sha256: Sha256
    size_bytes: int
    footage: tuple[HourLine, ...]
    footage_from: datetime
    footage_to: datetime
    return_by: datetime | None
    form: str = "original"  # or, of a derivative, how it was made: marked or redacted
    native_sha256: str = ""  # hex, before the provenance was written in; of a whole recording it is the segment's
    provenance: str = ""  # hex sha256 of the C2PA manifest in the file; empty where its container can't carry one
    why: str = ""  # of a redaction: its reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySigned:
    """The applicant signed for the copy (NPA-15, SPD-17)."""

    request_id: UUID
    copy_id: UUID
    person: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReturned:
    """A copy came back or was destroyed by its holder."""

    request_id: UUID
    copy_id: UUID
    how: str  # returned or destroyed
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyErased:
    """Our own bytes of a copy are gone: it came back, fell due, or nothing is open under which anybody may fetch it."""

    request_id: UUID
    copy_id: UUID
    why: str  # returned, due, grant_ended or request_closed
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHandedOut:
    """A bundle of copies is about to leave: on the log before its first byte (SPD-17). Its receipt has its number."""

    request_id: UUID
    bundle_id: UUID
    receipt_number: str
    grant_version: int
    person: str
    address: str
    copies: tuple[UUID, ...]
    manifest_sha256: Sha256  # of the list of all files with their hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSigned:
    """The result section of the form, to the second, co-signed (DAAN-11)."""

    request_id: UUID
    act: str
    cameras: tuple[str, ...]
    result_from: datetime
    result_to: datetime
    person: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOpened:
    """A member opened one camera's live picture (LIVE-02, SPD-04)."""

    request_id: str
    project_id: str
    live_id: UUID
    camera_id: str
    person: str
    address: str
    ground: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveClosed:
    """A live picture closed, by the member or because the project period ended (LIVE-04)."""

    request_id: str
    live_id: UUID
    camera_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRefused:
    """A view, copy or live opening that did not happen, and the clause it rests on (I9)."""

    request_id: str
    act: str
    person: str
    refusal: str
    rule: str
    clauses: tuple[str, ...]
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataShredded:
    """The key of a request's personal data was destroyed at the end of its term (I7)."""

    request_id: UUID
    key_digest: str
    fields: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassAsked:
    """Somebody asks for a role of an emergency: it begins at once and is reviewed, or when a second person agrees."""

    session_id: UUID
    person: str
    role: str
    why: str
    minutes: int
    at_once: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassOpened:
    """Emergency access began. It never gives the right to delete, or to let a hold go."""

    session_id: UUID
    person: str
    role: str
    second_person: str  # who agreed; empty where it began at once
    ends_at: datetime
    review_by: datetime | None  # None where a second person agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassEnded:
    """Emergency access, or the asking for it, is over."""

    session_id: UUID
    why: str  # time_over, given_back, taken_back, declined or not_agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassReviewOverdue:
    """Nobody has reviewed an emergency access in time."""

    session_id: UUID
    review_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassReviewed:
    """The review of an emergency access by another person."""

    session_id: UUID
    reviewer: str
    finding: str  # justified or not_justified
    note: str
