"""Where a camera stands on the earth: two optional values of its record, in degrees of WGS 84. Both, or neither."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.kernel.events import FieldValue

LATITUDE, LONGITUDE = "latitude", "longitude"
LIMITS: Final = {LATITUDE: 90.0, LONGITUDE: 180.0}


class NoPosition(ValueError):
    """The values of a record name no point on the earth; the message says which one and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A point in degrees: north and east are positive."""

    latitude: float
    longitude: float


def position_of(values: Mapping[str, object]) -> Position | None:
    """Return the point that a record names, None if it names none. Raises NoPosition for half of one or a wrong one."""
    named = {name: values[name] for name in LIMITS if name in values}
    if not named:
        return None
    if len(named) < len(LIMITS):
        raise NoPosition(f"{LATITUDE} and {LONGITUDE} come together, or neither does")
    return Position(**{name: _degrees(name, value) for name, value in named.items()})


def recorded_position(values: Iterable[FieldValue]) -> Position | None:
    """Return the point that an event's values name; None if it names none, or one that nobody would have let in."""
    try:
        return position_of({each.name: json.loads(each.value) for each in values if each.name in LIMITS})
    except ValueError:
        return None


def _degrees(name: str, value: object) -> float:
    # A flag is a number to Python, and NaN compares with nothing: neither is a place.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LIMITS[name] <= value <= LIMITS[name]:
        raise NoPosition(f"{name} is a number of degrees from -{LIMITS[name]:g} to {LIMITS[name]:g}")
    return float(value)
