"""Cameras that a page can offer: those that a policy binds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.protections import store
from services.access.tables import camera
from services.kernel.binding import bound_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera that can be asked for or held."""

    id: str
    place: str


async def bound_cameras(tx: AsyncConnection, policy_id: str, now: datetime) -> list[Camera]:
    """Return the cameras that one policy binds now, by their numbers."""
    standing = bound_now(await store.camera_bindings(tx), now)
    bound = {camera_id for camera_id, pack in standing.items() if pack == policy_id}
    wanted = select(camera.c.camera_id, camera.c.place).where(camera.c.camera_id.in_(bound))
    return [Camera(id=row[0], place=row[1]) for row in await tx.execute(wanted.order_by(camera.c.camera_id))]
