"""The protection log folded: which protections stand, and the bindings beside them.

Access, custody and retention fold the same records with the same functions. Nothing here deletes or permits anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.kernel.binding import (
    CameraBinding,
    PolicyBinding,
    binding_version,
    camera_binding,
    policy_binding,
    policy_of,
)
from services.kernel.envelope import Recorded
from services.kernel.events import (
    CameraBound,
    DeletionCleared,
    HoldExtended,
    HoldPlaced,
    HoldProposed,
    HoldReleased,
    HoldReleaseProposed,
    HoldReviewDue,
    PolicyInForce,
    ProtectionKind,
)
from services.kernel.scope import Covers, FootageFacts, Scope, covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """A hold, an open request or a rescue. ``scopes`` holds the first scope and every extension: any of them covers."""

    hold_id: UUID
    seq: int  # of its last record in the log
    kind: str
    hold_kind: str
    scopes: tuple[Scope, ...]
    matter: str
    authority: str
    review_by: datetime | None
    protects_until: datetime | None  # None: no end yet
    request_id: str = ""
    proposed_by: str = ""  # first of the two persons of a release


OfOneHold = HoldPlaced | HoldExtended | HoldReleaseProposed | HoldReleased


def placed(event: HoldPlaced) -> Protection:
    """Return the protection that a HoldPlaced begins (A1)."""
    return Protection(
        hold_id=event.hold_id,
        seq=event.seq,
        kind=event.kind,
        hold_kind=event.hold_kind,
        scopes=(event.scope,),
        matter=event.matter,
        authority=event.authority,
        review_by=event.review_by,
        protects_until=event.protects_until,
        request_id=event.request_id,
    )


def folded(state: Protection | None, event: OfOneHold) -> Protection | None:
    """Return the protection after a record of its own. None: a release of what was never read frees nothing."""
    if state is not None:
        return evolve(state, event)
    match event:
        case HoldPlaced():
            return placed(event)
        case HoldExtended():
            return _unplaced(event)
        case HoldReleaseProposed() | HoldReleased():
            return None


def evolve(state: Protection, event: OfOneHold) -> Protection:
    """Return the protection after a later record of its own; a record that was seen before changes nothing."""
    if event.seq <= state.seq:
        return state
    match event:
        case HoldPlaced():
            # Written again (C2): its newest word counts, and nothing that it covered is dropped.
            return replace(placed(event), scopes=_united(state.scopes, event.scope))
        case HoldExtended():
            return replace(
                state,
                seq=event.seq,
                scopes=_united(state.scopes, event.scope),
                review_by=event.review_by or state.review_by,
                protects_until=_later(state.protects_until, event.protects_until),
                proposed_by="",
            )
        case HoldReleaseProposed():
            return replace(state, seq=event.seq, proposed_by=event.person)
        case HoldReleased():
            return replace(state, seq=event.seq, protects_until=event.protects_until, proposed_by="")


def is_active(protection: Protection, now: datetime) -> bool:
    """Tell whether it still protects at ``now``: the instant ``protects_until`` itself is free again."""
    return protection.protects_until is None or now < protection.protects_until


def covering(protections: Iterable[Protection], facts: FootageFacts, now: datetime) -> tuple[Protection, ...]:
    """Return the active protections that cover the footage, unfiled facts counted as covered (F11)."""
    return tuple(
        p for p in protections if is_active(p, now) and any(covers(scope, facts) is not Covers.NO for scope in p.scopes)
    )


def protected_until(protections: Sequence[Protection]) -> datetime | None:
    """Return the end of the last of these protections; None while one of them has no end. Not for an empty list."""
    assert protections
    ends = [p.protects_until for p in protections]
    return None if None in ends else max(e for e in ends if e is not None)


@dataclass(slots=True)
class ProtectionLog:
    """The whole log in memory, for who starts from its beginning (A0, fsck, simulation). Records come in order."""

    seq: int = 0
    protections: dict[UUID, Protection] = field(default_factory=dict)
    policies: dict[str, list[PolicyBinding]] = field(default_factory=dict)
    cameras: list[CameraBinding] = field(default_factory=list)
    clearances: dict[UUID, DeletionCleared] = field(default_factory=dict)

    def apply(self, record: Recorded) -> bool:
        """Fold one record in; False for a repeat. Raises OutOfOrder when a seq is missing before it."""
        seq = record.envelope.stream_version
        if seq <= self.seq:
            return False
        if seq != self.seq + 1:
            raise OutOfOrder(f"protection log: seq {seq} after {self.seq}; read the missing records first")
        self._fold(record)
        self.seq = seq
        return True

    def covering(self, facts: FootageFacts, now: datetime) -> tuple[Protection, ...]:
        """As the function of the same name, over all protections of the log."""
        return covering(self.protections.values(), facts, now)

    def binding(self, policy_id: str, now: datetime) -> PolicyBinding | None:
        """Return the version of this pack that binds at ``now``."""
        return binding_version(self.policies.get(policy_id, ()), now)

    def policy_of(self, camera_id: str, retention_class: str, now: datetime) -> str | None:
        """As the function of the same name, over all camera bindings of the log."""
        return policy_of(self.cameras, camera_id, retention_class, now)

    def _fold(self, record: Recorded) -> None:
        match record.event:
            case HoldPlaced() | HoldExtended() | HoldReleaseProposed() | HoldReleased() as event:
                state = folded(self.protections.get(event.hold_id), event)
                if state is not None:
                    self.protections[event.hold_id] = state
            case PolicyInForce() as event:
                self.policies.setdefault(event.policy_id, []).append(policy_binding(record, event))
            case CameraBound() as event:
                self.cameras.append(camera_binding(event))
            case DeletionCleared() as event:
                self.clearances[event.batch_id] = event
            case HoldReviewDue() | HoldProposed():
                pass  # Reminders and proposals forbid nothing.
            case other:
                raise OutOfOrder(f"{type(other).__name__} does not belong on the protection log")


class OutOfOrder(Exception):
    """The protection log can't be folded on: a record is missing or foreign. Stop, never guess."""


def _unplaced(event: HoldExtended) -> Protection:
    """Return what an extension protects by itself, where the record that placed its hold could not be read."""
    return Protection(
        hold_id=event.hold_id,
        seq=event.seq,
        kind=ProtectionKind.HOLD,
        hold_kind="",
        scopes=(event.scope,),
        matter="",
        authority="",
        review_by=event.review_by,
        protects_until=event.protects_until,
    )


def _united(scopes: tuple[Scope, ...], another: Scope) -> tuple[Scope, ...]:
    return scopes if another in scopes else (*scopes, another)


def _later(a: datetime | None, b: datetime | None) -> datetime | None:
    return None if a is None or b is None else max(a, b)
