"""What a person, or the system in a person's name, asks of the protection log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    """A1 for a hold: it has no end until two persons release it."""

    hold_id: UUID
    person: str
    hold_kind: str
    scope: Scope
    matter: str
    authority: str
    review_by: datetime | None
    request_id: str = ""
    confirmed_count: int | None = None  # what the person was shown and confirmed; only for a scope without a limit


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectRequest:
    """A1 for an open request: it protects to the end of its term, past a maximum too (decision 5)."""

    hold_id: UUID
    request_id: str
    person: str
    scope: Scope
    matter: str
    authority: str
    term_ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRescue:
    """A1 for footage in its recovery window: it ends by itself."""

    hold_id: UUID
    person: str
    scope: Scope
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendHold:
    """Another A1 with its own seq: more scope, a later review date, or both (decision 6)."""

    hold_id: UUID
    person: str
    scope: Scope | None
    review_by: datetime | None
    protects_until: datetime | None = None  # said by a request for its own protection, never by a person
    confirmed_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAgain:
    """C2: custody couldn't read a record of this protection; access states it once more from its own row."""

    hold_id: UUID
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRelease:
    """The first of two persons; changes nothing yet."""

    hold_id: UUID
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold:
    """The second person; the hold then gets an end."""

    hold_id: UUID
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRequestProtection:
    """The request was closed: its protection ends with the recovery window, if that is sooner than its term."""

    hold_id: UUID
    person: str
