"""The map to scale: distances, north up, near points together, a zoom that stays where it is asked to."""

from __future__ import annotations

import math

import pytest

from services.access.console.map_points import HEIGHT, WIDTH, Point, chart


def point(camera_id: str, at: tuple[float, float] | None) -> Point:
    return Point(camera_id=camera_id, place="", area="", policy_id="", live=False, retired=False, at=at)


HALL, STATION = point("hall", (25.0375, 121.5637)), point("station", (25.0478, 121.5170))


def test_a_camera_without_a_place_is_on_no_map() -> None:
    assert chart([point("c", None)]) is None
    drawn = chart([HALL, point("c", None)])
    assert drawn is not None
    assert [each.points[0].camera_id for each in drawn.spots] == ["hall"]


def test_north_is_up_and_east_is_right() -> None:
    drawn = chart([HALL, STATION])
    assert drawn is not None
    hall, station = drawn.spots
    assert hall.x > station.x
    assert hall.y > station.y


def test_the_bar_measures_what_stands_on_the_sheet() -> None:
    drawn = chart([HALL, STATION])
    assert drawn is not None
    metres = math.dist((drawn.spots[0].x, drawn.spots[0].y), (drawn.spots[1].x, drawn.spots[1].y))
    metres *= drawn.bar_metres / drawn.bar_width
    assert metres == pytest.approx(4_840, rel=0.01)  # city hall to the main station
    assert drawn.bar == "1 km"


def test_everything_stands_inside_the_sheet_and_a_zoom_says_what_it_leaves_out() -> None:
    whole = chart([HALL, STATION])
    near = chart([HALL, STATION], 8, "hall")
    assert whole is not None
    assert near is not None
    assert all(0 < each.x < WIDTH and 0 < each.y < HEIGHT for each in whole.spots)
    assert ([each.points[0].camera_id for each in near.spots], near.outside) == (["hall"], 1)


def test_points_that_would_hide_each_other_are_one_mark() -> None:
    drawn = chart([HALL, point("hall-2", (25.03751, 121.56371)), STATION])
    assert drawn is not None
    assert sorted(len(each.points) for each in drawn.spots) == [1, 2]


@pytest.mark.parametrize("at", [(0.0, 179.9999), (0.0, -179.9999), (90.0, 0.0), (-90.0, 0.0)])
def test_the_ends_of_the_earth_are_places_too(at: tuple[float, float]) -> None:
    drawn = chart([point("a", (at[0], 179.9999 if at[0] == 0 else 0.0)), point("b", at)])
    assert drawn is not None
    assert drawn.bar_metres <= 100
