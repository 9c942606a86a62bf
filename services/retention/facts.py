"""What is filed about footage: place, wearers, incidents. What nobody filed stays unknown, and unknown is covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.kernel.events import CameraKind
from services.kernel.scope import FootageFacts, area_during
from services.retention.bucket import Bucket
from services.retention.buckets import Connection

KINDS = "SELECT camera_id, kind FROM camera WHERE camera_id = ANY ($1::text[])"
PLACES = "SELECT camera_id, since, area FROM camera_place WHERE camera_id = ANY ($1::text[]) ORDER BY camera_id, since"
SHIFTS = """
SELECT device_id, officer, shift_from, shift_to, incidents FROM shift_worn
 WHERE device_id = ANY ($1::text[]) AND shift_to > $2 AND shift_from < $3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who wore a device, when, and in which incidents."""

    officer: str
    starts_at: datetime
    ends_at: datetime
    incidents: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """Everything that is filed about some cameras."""

    kinds: dict[str, str] = field(default_factory=dict)
    places: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    shifts: dict[str, list[Shift]] = field(default_factory=dict)

    def about(self, bucket: Bucket, position: int) -> FootageFacts:
        """Return what is filed about one segment."""
        camera, start, end = bucket.key.camera_id, bucket.started_at(position), bucket.ended_at(position)
        worn = [s for s in self.shifts.get(camera, ()) if s.starts_at < end and start < s.ends_at]
        return FootageFacts(
            camera_id=camera,
            started_at=start,
            ended_at=end,
            area=area_during(self.places.get(camera, ()), start, end),
            officers=self._officers(camera, bucket.officer, worn),
            incidents=frozenset().union(*(s.incidents for s in worn)) if worn else None,
        )

    def _officers(self, camera: str, named: str, worn: list[Shift]) -> frozenset[str] | None:
        filed = frozenset(s.officer for s in worn if s.officer) | ({named} if named else frozenset())
        if filed:
            return filed
        return frozenset() if self.kinds.get(camera) == CameraKind.FIXED else None


async def filed(connection: Connection, buckets: Iterable[Bucket]) -> Filed:
    """Read what is filed about the cameras of these buckets."""
    found = list(buckets)
    cameras = sorted({b.key.camera_id for b in found})
    if not cameras:
        return Filed()
    kinds = {row["camera_id"]: row["kind"] for row in await connection.fetch(KINDS, cameras)}
    places: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in await connection.fetch(PLACES, cameras):
        places[row["camera_id"]].append((row["since"], row["area"]))
    since, until = min(b.started_at(0) for b in found), max(b.last_end for b in found)
    shifts: dict[str, list[Shift]] = defaultdict(list)
    for row in await connection.fetch(SHIFTS, cameras, since, until):
        shifts[row["device_id"]].append(
            Shift(
                officer=row["officer"],
                starts_at=row["shift_from"],
                ends_at=row["shift_to"],
                incidents=frozenset(row["incidents"]),
            )
        )
    return Filed(kinds=kinds, places=dict(places), shifts=dict(shifts))
