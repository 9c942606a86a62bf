"""What every event carries besides its own fields: who, when by which clock, under which rule, because of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from services.kernel.ids import event_id

if TYPE_CHECKING:
    from services.kernel.events import Event

NOBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person or a service that acts. A timer is an actor too (I6): its id names the rule and its version."""

    id: str
    role: str
    agency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Flat and never null: an empty string stands for "none" (decision 14)."""

    event_id: UUID
    stream_id: str
    stream_version: int  # 1..n without gaps inside a stream
    occurred_at: datetime  # their clock: recorder, applicant, other agency
    recorded_at: datetime  # ours: the database clock when the decision was committed
    actor_id: str
    actor_role: str
    actor_agency: str = ""
    on_behalf_of: str = ""
    reason: str = ""
    legal_basis: str = ""
    policy_version: str = ""  # "<pack id>@<version>#<first 12 hex of its digest>"
    causation_id: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event with its envelope: what stands on the log."""

    envelope: Envelope
    event: Event


def recorded(
    event: Event,
    *,
    stream_id: str,
    stream_version: int,
    at: datetime,
    actor: Actor,
    occurred_at: datetime | None = None,
    on_behalf_of: str = "",
    reason: str = "",
    legal_basis: str = "",
    policy_version: str = "",
    causation_id: str = "",
    correlation_id: str = "",
) -> Recorded:
    """Return ``event`` in an envelope whose event_id is derived from stream and version."""
    assert stream_version > 0, (stream_id, stream_version)
    envelope = Envelope(
        event_id=event_id(stream_id, stream_version),
        stream_id=stream_id,
        stream_version=stream_version,
        occurred_at=occurred_at or at,
        recorded_at=at,
        actor_id=actor.id,
        actor_role=actor.role,
        actor_agency=actor.agency,
        on_behalf_of=on_behalf_of,
        reason=reason,
        legal_basis=legal_basis,
        policy_version=policy_version,
        causation_id=causation_id,
        correlation_id=correlation_id,
    )
    return Recorded(envelope=envelope, event=event)
