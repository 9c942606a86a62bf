"""What is filed about footage: where its camera stood, who wore it, in which incidents. Unfiled is unknown (F11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog.footage import Filmed, Footage
from services.kernel.events import CameraKind
from services.kernel.ids import micros
from services.kernel.scope import FootageFacts, area_during

_CAMERAS = text("select camera_id, kind from camera where cast(:c as text[]) is null or camera_id = any(:c)")
_PLACES = text(
    "select camera_id, from_us, area from camera_place "
    "where cast(:c as text[]) is null or camera_id = any(:c) order by camera_id, from_us"
)
_SHIFTS = text(
    "select device_id, officer, from_us, to_us, incidents from shift "
    "where cast(:c as text[]) is null or device_id = any(:c) order by device_id, from_us"
)


@dataclass(frozen=True, slots=True)
class Worn:
    """One shift of one device."""

    officer: str
    from_us: int
    to_us: int
    incidents: frozenset[str]


@dataclass(frozen=True, slots=True)
class Filed:
    """The registry's facts of some cameras, read in one transaction."""

    kinds: dict[str, str]
    places: dict[str, list[tuple[int, str]]]
    shifts: dict[str, list[Worn]]

    def of(self, footage: Footage | Filmed) -> FootageFacts:
        """Return the facts of one segment; a dimension that isn't filed for its whole length is None."""
        camera, start, end = footage.camera_id, micros(footage.started_at), micros(footage.ended_at)
        worn = [s for s in self.shifts.get(camera, ()) if s.from_us < end and s.to_us > start]
        filed = _covers(worn, start, end)
        fixed = self.kinds.get(camera) == CameraKind.FIXED
        officers = frozenset(s.officer for s in worn if s.officer) | ({footage.officer} - {""})
        known = filed or bool(footage.officer) or fixed
        return FootageFacts(
            camera_id=camera,
            started_at=footage.started_at,
            ended_at=footage.ended_at,
            area=area_during(self.places.get(camera, ()), start, end),
            officers=officers if known else None,
            incidents=frozenset().union(*(s.incidents for s in worn)) if filed else None,
        )


async def filed(tx: AsyncConnection, cameras: Sequence[str] = ()) -> Filed:
    """Read what is filed about some cameras, or about all of them."""
    wanted = {"c": list(cameras) or None}
    places, shifts = defaultdict[str, list[tuple[int, str]]](list), defaultdict[str, list[Worn]](list)
    kinds = {row.camera_id: row.kind for row in await tx.execute(_CAMERAS, wanted)}
    for row in await tx.execute(_PLACES, wanted):
        places[row.camera_id].append((row.from_us, row.area))
    for row in await tx.execute(_SHIFTS, wanted):
        shifts[row.device_id].append(Worn(row.officer, row.from_us, row.to_us, frozenset(row.incidents)))
    return Filed(kinds, places, shifts)


def _covers(worn: Iterable[Worn], start: int, end: int) -> bool:
    """Tell whether shifts, in order of their start, leave no moment of [start, end) unfiled."""
    reached = start
    for each in worn:
        if each.from_us > reached:
            return False
        reached = max(reached, each.to_us)
    return reached >= end
