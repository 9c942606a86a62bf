"""What the decision about one request for bytes is made from: nothing optional, so that no policy can be skipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

MILLIS: Final = 1000


def millis(instant: datetime) -> int:
    """Return an instant as policies compare it: milliseconds since 1970."""
    return round(instant.timestamp() * MILLIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What was granted, to whom and until when."""

    granted: bool
    person: str
    version: int
    actions: frozenset[str]
    cameras: frozenset[str]
    starts: int
    ends: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token says about itself, once its seal was found whole."""

    person: str
    address: str
    viewing: str
    grant_version: int
    starts: int
    ends: int
    expires: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How the viewing stands: its event acknowledged by the broker, its footage listed there, ended or not."""

    id: str
    logged: bool
    lists: bool
    ended: bool
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for bytes with all that decides it."""

    person: str
    address: str
    now: int
    purpose: str
    camera: str
    starts: int
    ends: int
    kept: bool
    grant: Grant
    token: Token
    viewing: Seen
    company_needed: bool
    company_present: bool
    mask_needed: frozenset[str]
    mask_attested: frozenset[str]
    programme_over: bool
