"""A1 and A2: may this protection be placed, extended, released? Pure; numbers come from the gate."""

from __future__ import annotations

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
from services.access.protections.placing import Surroundings, check, limited, placed, reviewed
from services.access.refusals import NotEntitled, Unknown, Unusable
from services.kernel.events import HoldExtended, HoldPlaced, HoldReleased, HoldReleaseProposed, ProtectionKind
from services.kernel.protection import Protection, is_active
from services.kernel.scope import Scope

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
HoldDecision = HoldPlaced | HoldExtended | HoldReleaseProposed | HoldReleased


def decide(state: Protection | None, command: HoldCommand, around: Surroundings) -> tuple[HoldDecision, ...]:
    """Return the records to append, none for a command that was carried out before. Raises a refusal."""
    match command:
        case PlaceHold() | ProtectRequest() | PlaceRescue():
            return (placed(command, around),) if state is None else _repeated(state, command)
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


def _repeated(state: Protection, command: PlaceHold | ProtectRequest | PlaceRescue) -> tuple[HoldDecision, ...]:
    """Asking for the same again is a repeat, and the answer is what stands; for something else, it would mislead."""
    kind = ProtectionKind.RESCUE if isinstance(command, PlaceRescue) else ProtectionKind.HOLD
    if not isinstance(command, ProtectRequest) and (state.kind != kind or command.scope not in state.scopes):
        raise Unusable(
            f"{state.hold_id} is the id of another {state.kind}, with another scope",
            rule="hold.id",
            remedy="place it under an id of its own, or without one; to cover more, extend the hold",
        )
    return ()


def _known(state: Protection | None, hold_id: object) -> Protection:
    if state is None:
        raise Unknown(f"no hold {hold_id} on the protection log", remedy="list the holds: GET /api/v1/holds")
    return state


def _extended(state: Protection, command: ExtendHold, around: Surroundings) -> HoldExtended:
    if not is_active(state, around.now):
        raise Unusable(f"hold {state.hold_id} ended at {state.protects_until}", rule="hold", remedy="place a new hold")
    if command.scope is None and command.review_by is None and command.protects_until is None:
        raise Unusable("nothing to extend", rule="hold", remedy="give a scope, a later review_by, or both")
    if command.protects_until is None:
        _persons(state)
    if command.scope is not None:
        check(command.scope, around)
        limited(command.scope, command.confirmed_count, around)
    if command.review_by is not None:
        reviewed(command.review_by, around.now)
    return HoldExtended(
        hold_id=state.hold_id,
        seq=around.seq,
        scope=command.scope or state.scopes[-1],
        review_by=command.review_by or state.review_by,
        # A hold that was given an end keeps it, unless whoever extends says a later one.
        protects_until=command.protects_until or state.protects_until,
    )


def _persons(state: Protection) -> None:
    """Refuse a person who extends what isn't a hold: its reach was judged by a maximum, or is its request's."""
    if state.kind != ProtectionKind.HOLD:
        raise Unusable(
            f"{state.hold_id} is a {state.kind}, which covers what it was placed for",
            rule="hold.extend",
            remedy="place a hold, which needs no request and may last past a maximum: POST /api/v1/holds",
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
