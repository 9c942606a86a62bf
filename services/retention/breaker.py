"""The breaker: more deletions than the limits is a mistake until two persons say that it isn't. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.retention.limits import Limits

EVERYWHERE = ""
CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How many segments of a camera are stored, and how many were proposed in the running clock hour."""

    stored: int = 0
    commanded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A limit that would be passed; ``camera_id`` empty stops everything."""

    camera_id: str
    limit: str
    counted: int


def trips(
    proposed: Mapping[str, int], fills: Mapping[str, Fill], commanded_everywhere: int, limits: Limits
) -> tuple[Trip, ...]:
    """Return the limits that these proposals, by camera, would pass together with those of the running hour."""
    total = commanded_everywhere + sum(proposed.values())
    if total > limits.hourly:
        return (Trip(camera_id=EVERYWHERE, limit=f"{limits.hourly} segments an hour", counted=total),)
    found = []
    for camera_id, number in sorted(proposed.items()):
        fill = fills.get(camera_id, Fill())
        most = max(limits.camera_least, fill.stored * limits.camera_percent // 100)
        if fill.commanded + number > most:
            limit = f"{limits.camera_percent} % of the camera's {fill.stored} segments, at least {limits.camera_least}"
            found.append(Trip(camera_id=camera_id, limit=limit, counted=fill.commanded + number))
    return tuple(found)
