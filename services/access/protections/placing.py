"""A1: may this protection be placed? What each kind must say, and how long it protects. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.access.protections.commands import PlaceHold, PlaceRescue, ProtectRequest
from services.access.refusals import Unusable
from services.kernel.events import HoldPlaced, ProtectionKind
from services.kernel.scope import Scope, ScopeRefused, check_scope, is_everything

# Cameras go on recording while a person reads the count.
COUNT_MAY_GROW = 1.1
EVERYTHING = "hold.everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a decision looks at besides the protection itself, read under the gate."""

    seq: int  # the number that the decision will get
    now: datetime  # database clock
    recovery: timedelta  # longest recovery window of the packs that bind
    known_cameras: Collection[str]
    known_areas: Collection[str] | None = None  # None: a camera may stand or have stood where nobody here knows
    rescue_ends_by: datetime | None = None  # maximum less execution allowance; None: no maximum
    count_in_scope: int | None = None  # segments, asked of ingest for a scope without a limit
    parked: bool = False  # custody has a record of this protection that it can't read, and nobody has settled it


def placed(command: PlaceHold | ProtectRequest | PlaceRescue, around: Surroundings) -> HoldPlaced:
    """Return the record of a new protection. Raises Unusable."""
    check(command.scope, around)
    match command:
        case PlaceHold():
            return _hold(command, around)
        case ProtectRequest():
            return _request(command, around)
        case PlaceRescue():
            return _rescue(command, around)


def _hold(command: PlaceHold, around: Surroundings) -> HoldPlaced:
    _named(command)
    reviewed(command.review_by, around.now)
    limited(command.scope, command.confirmed_count, around)
    return HoldPlaced(
        hold_id=command.hold_id,
        seq=around.seq,
        kind=ProtectionKind.HOLD,
        hold_kind=command.hold_kind,
        scope=command.scope,
        matter=command.matter,
        authority=command.authority,
        review_by=command.review_by,
        protects_until=None,
        request_id=command.request_id,
    )


def _request(command: ProtectRequest, around: Surroundings) -> HoldPlaced:
    return HoldPlaced(
        hold_id=command.hold_id,
        seq=around.seq,
        kind=ProtectionKind.REQUEST,
        hold_kind="",
        scope=command.scope,
        matter=command.matter,
        authority=command.authority,
        review_by=None,
        protects_until=command.term_ends_at,
        request_id=command.request_id,
    )


def _rescue(command: PlaceRescue, around: Surroundings) -> HoldPlaced:
    if is_everything(command.scope):
        raise Unusable(
            "the scope names no camera, area, officer or incident: it would rescue everything",
            rule="rescue",
            remedy="name a camera, or place a hold, which shows the count first: POST /api/v1/holds",
        )
    if command.until <= around.now:
        raise Unusable(f"the rescue would end at {command.until.isoformat()}, which is past", remedy="give a later end")
    if around.rescue_ends_by is not None and command.until > around.rescue_ends_by:
        raise Unusable(
            f"the rescue would end at {command.until.isoformat()}, after {around.rescue_ends_by.isoformat()}, "
            "the maximum less the time that carrying out a destruction needs",
            rule="decision.7",
            remedy=f"end it by {around.rescue_ends_by.isoformat()}, or place a hold: POST /api/v1/holds",
        )
    return HoldPlaced(
        hold_id=command.hold_id,
        seq=around.seq,
        kind=ProtectionKind.RESCUE,
        hold_kind="",
        scope=command.scope,
        matter=command.reason,
        authority=command.person,
        review_by=None,
        protects_until=command.until,
        request_id="",
    )


def check(scope: Scope, around: Surroundings) -> None:
    """Raise Unusable for a scope that can't mean what its author wants."""
    try:
        check_scope(scope, around.known_cameras, around.known_areas)
    except ScopeRefused as refused:
        raise Unusable(str(refused), rule="scope", remedy="correct the scope and send it again") from refused


def _named(command: PlaceHold) -> None:
    lacking = [name for name in ("hold_kind", "matter", "authority") if not getattr(command, name).strip()]
    if lacking:
        raise Unusable(
            f"the hold doesn't say its {', '.join(lacking)}",
            rule="hold",
            remedy="state matter, authority and kind: a hold that nobody can explain can't be released either",
        )


def reviewed(review_by: datetime | None, now: datetime) -> None:
    """Raise Unusable unless a review date is given and lies ahead."""
    if review_by is None:
        raise Unusable("the hold has no review date", rule="hold.review_by", remedy="state review_by, a later date")
    if review_by <= now:
        raise Unusable(
            f"the review date {review_by.isoformat()} is past (now {now.isoformat()})",
            rule="hold.review_by",
            remedy="state a later review date: a hold is looked at again, not forgotten",
        )


def limited(scope: Scope, confirmed: int | None, around: Surroundings) -> None:
    """A hold on everything is allowed, but never by mistake: the person confirms the count that he was shown."""
    if not is_everything(scope):
        return
    there = around.count_in_scope
    if confirmed is not None and (there is None or there <= confirmed * COUNT_MAY_GROW):
        return
    shown = "an unknown number of" if there is None else str(there)
    instead = "" if confirmed is None else f", not the {confirmed} that were confirmed"
    raise Unusable(
        f"the scope names no camera, area, officer or incident: it holds everything, {shown} segments today{instead}",
        rule=EVERYTHING,
        remedy=f"name a camera, or send it again with confirmed_count={there or 0}",
        more={"segments": there},
    )
