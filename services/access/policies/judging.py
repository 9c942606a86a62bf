"""By which packs the footage of a camera is judged, now or from a day that is set: what a binding would change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.ledger import Desk
from services.access.policies.commands import BindCameras
from services.access.protections import store
from services.access.requests.packs import in_force
from services.kernel.binding import CameraBinding
from services.kernel.policy import Pack


async def before(tx: AsyncConnection, desk: Desk, command: BindCameras, now: datetime) -> dict[str, tuple[Pack, ...]]:
    """Return what judges each camera of a command; the empty name stands for a whole class."""
    bindings, known = await store.camera_bindings(tx), dict[str, Pack | None]()
    found: dict[str, tuple[Pack, ...]] = {}
    for camera_id in command.cameras or ("",):
        ids = judged_by(bindings, camera_id, command.retention_class, now)
        for policy_id in ids - known.keys():
            known[policy_id] = await in_force(tx, desk, policy_id, now)
        found[camera_id] = tuple(pack for policy_id in sorted(ids) if (pack := known[policy_id]) is not None)
    return found


def judged_by(bindings: Iterable[CameraBinding], camera_id: str, retention_class: str, now: datetime) -> set[str]:
    """Return the packs that bind a camera now or will; one that nobody bound itself may be judged by any class's."""
    ordered = sorted(bindings, key=lambda each: each.seq)
    own = [each for each in ordered if camera_id and each.camera_id == camera_id]
    if any(each.binding_from <= now for each in own):
        return _standing(own, now)
    of_classes = [
        each for each in ordered if not each.camera_id and (camera_id or each.retention_class == retention_class)
    ]
    classes = {each.retention_class for each in of_classes}
    each_by_itself = [[each for each in of_classes if each.retention_class == name] for name in classes]
    return _standing(own, now).union(*(_standing(found, now) for found in each_by_itself))


def _standing(ordered: list[CameraBinding], now: datetime) -> set[str]:
    """The newest that binds, and what was decided after it for a day to come."""
    binding = [number for number, each in enumerate(ordered) if each.binding_from <= now]
    return {each.policy_id for each in ordered[binding[-1] if binding else 0 :]}
