"""Where cameras stand on a sheet: points to scale around their middle, near ones together. Pure; no map of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT, MARGIN = 1_000, 620, 70
TOGETHER: Final = 18.0  # nearer than this, two points would hide each other
METRES_A_DEGREE: Final = 111_320.0
SMALLEST_M: Final = 200.0
BARS_M: Final = tuple(digit * 10**power for power in range(1, 8) for digit in (1, 2, 5))
ZOOMS: Final = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One camera as the map shows it; ``live`` says that its policy and its server know live pictures."""

    camera_id: str
    place: str
    area: str
    policy_id: str
    live: bool
    retired: bool
    at: tuple[float, float] | None  # latitude, longitude


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One mark on the sheet with the cameras that stand there."""

    x: float
    y: float
    points: tuple[Point, ...]

    @property
    def turned(self) -> bool:
        """Tell whether its name stands left of it, so that it stays on the sheet."""
        return self.x > WIDTH * 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The sheet: spots, and a bar that says how long it is on the ground."""

    spots: tuple[Spot, ...]
    bar_metres: int
    bar_width: float
    zoom: int
    outside: int  # points that this zoom leaves out

    @property
    def bar(self) -> str:
        kilometres, metres = divmod(self.bar_metres, 1_000)
        return f"{kilometres} km" if kilometres else f"{metres} m"


def chart(points: Sequence[Point], zoom: int = 1, around: str = "") -> Chart | None:
    """Return the sheet of those points that have a place; None if none has."""
    places = [(point, point.at) for point in points if point.at is not None]
    if not places:
        return None
    origin = places[0][1]
    ground = [(point, _metres(at, origin)) for point, at in places]
    middle = next((at for point, at in ground if point.camera_id == around), None) or _middle([at for _, at in ground])
    metres_a_unit = _scale([at for _, at in ground]) / zoom
    drawn = [(point, _placed(at, middle, metres_a_unit)) for point, at in ground]
    inside = [(point, at) for point, at in drawn if 0 <= at[0] <= WIDTH and 0 <= at[1] <= HEIGHT]
    bar = max((each for each in BARS_M if each / metres_a_unit <= WIDTH / 4), default=BARS_M[0])
    return Chart(
        spots=tuple(_together(inside)),
        bar_metres=bar,
        bar_width=round(bar / metres_a_unit, 1),
        zoom=zoom,
        outside=len(drawn) - len(inside),
    )


def _metres(at: tuple[float, float], origin: tuple[float, float]) -> tuple[float, float]:
    """East and north of the origin: good enough for a city, also on both sides of the date line."""
    east = ((at[1] - origin[1] + 540) % 360) - 180
    return east * METRES_A_DEGREE * math.cos(math.radians(origin[0])), (at[0] - origin[0]) * METRES_A_DEGREE


def _middle(ground: Sequence[tuple[float, float]]) -> tuple[float, float]:
    easts, norths = [each[0] for each in ground], [each[1] for each in ground]
    return (min(easts) + max(easts)) / 2, (min(norths) + max(norths)) / 2


def _scale(ground: Sequence[tuple[float, float]]) -> float:
    easts, norths = [each[0] for each in ground], [each[1] for each in ground]
    wide = max(max(easts) - min(easts), SMALLEST_M) / (WIDTH - 2 * MARGIN)
    high = max(max(norths) - min(norths), SMALLEST_M) / (HEIGHT - 2 * MARGIN)
    return max(wide, high)


def _placed(at: tuple[float, float], middle: tuple[float, float], metres_a_unit: float) -> tuple[float, float]:
    x = WIDTH / 2 + (at[0] - middle[0]) / metres_a_unit
    y = HEIGHT / 2 - (at[1] - middle[1]) / metres_a_unit
    return round(x, 1), round(y, 1)


def _together(drawn: Sequence[tuple[Point, tuple[float, float]]]) -> list[Spot]:
    spots: list[tuple[tuple[float, float], list[Point]]] = []
    for point, at in drawn:
        near = next((found for where, found in spots if math.dist(where, at) < TOGETHER), None)
        if near is not None:
            near.append(point)
        else:
            spots.append((at, [point]))
    return [Spot(x=x, y=y, points=tuple(found)) for (x, y), found in spots]
