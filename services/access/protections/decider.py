"""A1 and A2: may this protection be placed, extended, released? Pure; numbers come from the gate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.access.protections.commands import (
    EndRequestProtection,
    ExtendHold,
    PlaceHold,
    PlaceRescue,
    ProposeRelease,
    ProtectRequest,
    ReleaseHold,
    WriteAgain,
)
from services.access.refusals import NotEntitled, Unknown, Unusable
from services.kernel.events import HoldExtended, HoldPlaced, HoldReleased, HoldReleaseProposed, ProtectionKind
from services.kernel.protection import Protection, is_active
from services.kernel.scope import Scope, ScopeRefused, check_scope, is_everything

HoldCommand = (
    PlaceHold
    | ProtectRequest
    | PlaceRescue
    | ExtendHold
    | WriteAgain
    | ProposeRelease
    | ReleaseHold
    | EndRequestProtection
)
# Cameras go on recording while a person reads the count.
COUNT_MAY_GROW = 1.1
HoldDecision = HoldPlaced | HoldExtended | HoldReleaseProposed | HoldReleased


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a decision looks at besides the protection itself, read under the gate."""

    seq: int  # the number that the decision will get
    now: datetime  # database clock
    recovery: timedelta  # longest recovery window of the packs that bind
    known_cameras: Collection[str]
    rescue_ends_by: datetime | None = None  # maximum less execution allowance; None: no maximum
    count_in_scope: int | None = None  # segments, asked of ingest for a scope without a limit
    parked: bool = False  # custody has a record of this protection that it can't read, and nobody has settled it


def decide(state: Protection | None, command: HoldCommand, around: Surroundings) -> tuple[HoldDecision, ...]:
    """Return the records to append, none for a command that was carried out before. Raises a refusal."""
    match command:
        case PlaceHold() | ProtectRequest() | PlaceRescue():
            # Asking for the same id again is a repeat, not an error: the answer is what stands.
            return () if state is not None else (_placed(command, around),)
        case ExtendHold():
            return (_extended(_known(state, command.hold_id), command, around),)
        case WriteAgain():
            return _again(_known(state, command.hold_id), around)
        case ProposeRelease():
            return _proposed(_known(state, command.hold_id), command, around)
        case ReleaseHold():
            return (_released(_known(state, command.hold_id), command, around),)
        case EndRequestProtection():
            return _ended(_known(state, command.hold_id), command, around)


def _known(state: Protection | None, hold_id: object) -> Protection:
    if state is None:
        raise Unknown(f"no hold {hold_id} on the protection log", remedy="list the holds: GET /api/v1/holds")
    return state


def _placed(command: PlaceHold | ProtectRequest | PlaceRescue, around: Surroundings) -> HoldPlaced:
    check(command.scope, around.known_cameras)
    match command:
        case PlaceHold():
            return _hold(command, around)
        case ProtectRequest():
            return _request(command, around)
        case PlaceRescue():
            return _rescue(command, around)


def _hold(command: PlaceHold, around: Surroundings) -> HoldPlaced:
    _named(command)
    _reviewed(command.review_by, around.now)
    _limited(command, around)
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


def check(scope: Scope, known_cameras: Collection[str]) -> None:
    """Raise Unusable for a scope that can't mean what its author wants."""
    try:
        check_scope(scope, known_cameras)
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


def _reviewed(review_by: datetime | None, now: datetime) -> None:
    if review_by is None:
        raise Unusable("the hold has no review date", rule="hold.review_by", remedy="state review_by, a later date")
    if review_by <= now:
        raise Unusable(
            f"the review date {review_by.isoformat()} is past (now {now.isoformat()})",
            rule="hold.review_by",
            remedy="state a later review date: a hold is looked at again, not forgotten",
        )


def _limited(command: PlaceHold, around: Surroundings) -> None:
    """A hold on everything is allowed, but never by mistake: the person confirms the count that he was shown."""
    if not is_everything(command.scope):
        return
    there, confirmed = around.count_in_scope, command.confirmed_count
    if confirmed is not None and (there is None or there <= confirmed * COUNT_MAY_GROW):
        return
    shown = "an unknown number of" if there is None else str(there)
    instead = "" if confirmed is None else f", not the {confirmed} that were confirmed"
    raise Unusable(
        f"the scope names no camera, area, officer or incident: it holds everything, {shown} segments today{instead}",
        rule="hold.everything",
        remedy=f"name a camera, or send it again with confirmed_count={there or 0}",
    )


def _extended(state: Protection, command: ExtendHold, around: Surroundings) -> HoldExtended:
    if not is_active(state, around.now):
        raise Unusable(f"hold {state.hold_id} ended at {state.protects_until}", rule="hold", remedy="place a new hold")
    if command.scope is None and command.review_by is None and command.protects_until is None:
        raise Unusable("nothing to extend", rule="hold", remedy="give a scope, a later review_by, or both")
    if command.scope is not None:
        check(command.scope, around.known_cameras)
    if command.review_by is not None:
        _reviewed(command.review_by, around.now)
    return HoldExtended(
        hold_id=state.hold_id,
        seq=around.seq,
        scope=command.scope or state.scopes[-1],
        review_by=command.review_by or state.review_by,
        # A hold that was given an end keeps it, unless whoever extends says a later one.
        protects_until=command.protects_until or state.protects_until,
    )


def _again(state: Protection, around: Surroundings) -> tuple[HoldDecision, ...]:
    """State all that stands, also of what has ended: custody's parked record must be superseded in any case."""
    if not around.parked:
        raise Unusable(
            f"custody has read all records of {state.hold_id}: there is nothing to write again",
            rule="hold.write_again",
            remedy=f"to cover more, extend it: POST /api/v1/holds/{state.hold_id}/extend",
        )
    first, *further = state.scopes
    return (_restated(state, first, around.seq), *(_reextended(state, scope, around.seq) for scope in further))


def _restated(state: Protection, scope: Scope, seq: int) -> HoldPlaced:
    return HoldPlaced(
        hold_id=state.hold_id,
        seq=seq,
        kind=state.kind,
        hold_kind=state.hold_kind,
        scope=scope,
        matter=state.matter,
        authority=state.authority,
        review_by=state.review_by,
        protects_until=state.protects_until,
        request_id=state.request_id,
    )


def _reextended(state: Protection, scope: Scope, seq: int) -> HoldExtended:
    return HoldExtended(
        hold_id=state.hold_id,
        seq=seq,
        scope=scope,
        review_by=state.review_by,
        protects_until=state.protects_until,
    )


def _proposed(state: Protection, command: ProposeRelease, around: Surroundings) -> tuple[HoldDecision, ...]:
    _releasable(state)
    if state.proposed_by == command.person:
        return ()
    return (HoldReleaseProposed(hold_id=state.hold_id, seq=around.seq, person=command.person),)


def _released(state: Protection, command: ReleaseHold, around: Surroundings) -> HoldReleased:
    _releasable(state)
    if not state.proposed_by:
        raise Unusable(
            f"nobody has proposed the release of hold {state.hold_id}",
            rule="hold.release",
            remedy=f"one person proposes first: POST /api/v1/holds/{state.hold_id}/propose-release",
        )
    if state.proposed_by == command.person:
        raise NotEntitled(
            f"{command.person} proposed the release and can't confirm it: it takes two persons",
            rule="hold.release",
            remedy="another entitled person confirms the release",
        )
    return HoldReleased(
        hold_id=state.hold_id,
        seq=around.seq,
        proposed_by=state.proposed_by,
        confirmed_by=command.person,
        protects_until=around.now + around.recovery,
    )


def _releasable(state: Protection) -> None:
    if state.kind != ProtectionKind.HOLD:
        raise Unusable(
            f"{state.hold_id} is a {state.kind}, which ends by itself at {state.protects_until}",
            rule="hold.release",
            remedy="close the request instead" if state.request_id else "wait for its end",
        )
    if state.protects_until is not None:
        raise Unusable(
            f"hold {state.hold_id} is released already; nothing goes before {state.protects_until.isoformat()}",
            rule="hold.release",
            remedy="place a new hold if the footage is needed after that",
        )


def _ended(state: Protection, command: EndRequestProtection, around: Surroundings) -> tuple[HoldDecision, ...]:
    sooner = around.now + around.recovery
    if state.protects_until is not None and state.protects_until <= sooner:
        return ()
    return (
        HoldReleased(
            hold_id=state.hold_id,
            seq=around.seq,
            proposed_by=command.person,
            confirmed_by=command.person,
            protects_until=sooner,
        ),
    )
