"""SQL of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.registry.known import Camera, Takeover
from services.kernel.ids import micros

_CAMERA = text("select camera_id, kind, agency, device_owner, mask_areas, retired_at from camera where camera_id = :id")
_LISTED = text("select * from camera where cast(:id as text) is null or camera_id = :id order by camera_id")
_NOTES = text("select kind, body from camera_note where camera_id = :id order by event_id")
# Ids say nothing about time: the newest is the one with the latest date in it.
_RECORDS = text("""
select camera.camera_id, camera.registered_at, note.kind,
       (array_agg(note.body order by coalesce(note.body->>'inspected_at', note.body->>'issued_on') desc))[1] as body
  from camera left join camera_note note
    on note.camera_id = camera.camera_id and note.kind in ('PermitRecorded', 'InspectionRecorded')
 where camera.retired_at is null group by camera.camera_id, camera.registered_at, note.kind order by 1, 3
""")
_MASKS = text("select mask_version, areas, valid_from from mask where camera_id = :id order by valid_from")
_MASK_AT = text(
    "select mask_version from mask where camera_id = :id and valid_from <= :at order by valid_from desc limit 1"
)
_TAKEOVER = text("select * from takeover where takeover_id = :id")
_SHIFT = text("select shift, officer, from_us, to_us from shift where device_id = :device and shift = :shift")
_WORN = text("""
select shift, officer from shift
 where device_id = :device and from_us <= :at and to_us > :at order by from_us desc limit 1
""")


async def camera(tx: AsyncConnection, camera_id: str) -> Camera | None:
    """Return a registered camera."""
    row = (await tx.execute(_CAMERA, {"id": camera_id})).mappings().one_or_none()
    return None if row is None else Camera(**dict(row) | {"mask_areas": tuple(row["mask_areas"])})


async def cameras(tx: AsyncConnection, camera_id: str | None = None) -> Sequence[dict[str, Any]]:
    """Return the registry as rows, one camera or all."""
    return [dict(row) for row in (await tx.execute(_LISTED, {"id": camera_id})).mappings()]


async def notes(tx: AsyncConnection, camera_id: str) -> list[dict[str, Any]]:
    """Return inspections, permits and maintenance of a camera."""
    return [dict(row) for row in (await tx.execute(_NOTES, {"id": camera_id})).mappings()]


async def records(tx: AsyncConnection) -> list[dict[str, Any]]:
    """Return the newest permit and inspection of each camera in use; one row without a kind if it has none."""
    return [dict(row) for row in (await tx.execute(_RECORDS)).mappings()]


async def masks(tx: AsyncConnection, camera_id: str) -> list[dict[str, Any]]:
    """Return the attested mask versions of a camera."""
    return [dict(row) for row in (await tx.execute(_MASKS, {"id": camera_id})).mappings()]


async def mask_at(tx: AsyncConnection, camera_id: str, at: datetime) -> str:
    """Return the mask version that was valid at an instant, empty if none was."""
    return (await tx.execute(_MASK_AT, {"id": camera_id, "at": at})).scalar() or ""


async def takeover(tx: AsyncConnection, takeover_id: str) -> Takeover | None:
    """Return an admitted takeover."""
    row = (await tx.execute(_TAKEOVER, {"id": takeover_id})).mappings().one_or_none()
    return None if row is None else Takeover(**row)


async def shift_of(tx: AsyncConnection, device_id: str, shift: str) -> tuple[int, int] | None:
    """Return a shift's interval as filed before, in microseconds."""
    row = (await tx.execute(_SHIFT, {"device": device_id, "shift": shift})).one_or_none()
    return None if row is None else (row.from_us, row.to_us)


async def worn_at(tx: AsyncConnection, device_id: str, at: datetime) -> tuple[str, str]:
    """Return the shift and the officer that are filed for an instant, empty where nobody has filed one."""
    row = (await tx.execute(_WORN, {"device": device_id, "at": micros(at)})).one_or_none()
    return ("", "") if row is None else (row.shift, row.officer)
