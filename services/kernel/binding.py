"""Which version of a pack binds at an instant, and which pack binds a camera: as the protection log says (I2, I3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.kernel.envelope import Recorded
from services.kernel.events import CameraBound, PolicyInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBinding:
    """One PolicyInForce as it stands on the log."""

    policy_id: str
    version: int
    digest: str
    binding_from: datetime
    shortens: bool
    seq: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraBinding:
    """One CameraBound as it stands on the log; an empty ``camera_id`` speaks for a whole retention class."""

    policy_id: str
    camera_id: str
    retention_class: str
    binding_from: datetime
    seq: int


def policy_binding(record: Recorded, event: PolicyInForce) -> PolicyBinding:
    """Return the binding that a PolicyInForce states, with our clock at which it came on the log."""
    return PolicyBinding(
        policy_id=event.policy_id,
        version=event.version,
        digest=event.digest,
        binding_from=event.binding_from,
        shortens=event.shortens,
        seq=event.seq,
        recorded_at=record.envelope.recorded_at,
    )


def camera_binding(event: CameraBound) -> CameraBinding:
    """Return the binding that a CameraBound states."""
    return CameraBinding(
        policy_id=event.policy_id,
        camera_id=event.camera_id,
        retention_class=event.retention_class,
        binding_from=event.binding_from,
        seq=event.seq,
    )


def binding_version(bindings: Iterable[PolicyBinding], now: datetime) -> PolicyBinding | None:
    """Return the version of one pack that binds at ``now``: log order decides, not ``binding_from`` (F13).

    A later record cancels an earlier one that was not yet binding when the later one was recorded.
    """
    ordered = sorted(bindings, key=lambda b: b.seq)
    standing = [
        b for i, b in enumerate(ordered) if not any(later.recorded_at < b.binding_from for later in ordered[i + 1 :])
    ]
    return next((b for b in reversed(standing) if b.binding_from <= now), None)


def policy_of(bindings: Iterable[CameraBinding], camera_id: str, retention_class: str, now: datetime) -> str | None:
    """Return the id of the one pack that binds a camera, None if nobody bound it: then nothing of it may go (I3)."""
    standing = [b for b in sorted(bindings, key=lambda b: b.seq, reverse=True) if b.binding_from <= now]
    own = next((b for b in standing if b.camera_id == camera_id), None)
    if own is not None:
        return own.policy_id
    by_class = next((b for b in standing if not b.camera_id and b.retention_class == retention_class), None)
    return by_class.policy_id if by_class else None


def bound_now(bindings: Iterable[CameraBinding], now: datetime) -> dict[str, str]:
    """Return, for each camera that somebody bound by its own name, the id of the pack that binds it now.

    What was left and what is set for a day to come isn't among them. Cameras that a class alone binds aren't told.
    """
    standing = sorted((each for each in bindings if each.camera_id and each.binding_from <= now), key=lambda b: b.seq)
    return {each.camera_id: each.policy_id for each in standing}
