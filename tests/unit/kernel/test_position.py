"""Where a camera stands: both coordinates or neither, on the earth, and never a point that nobody stated."""

from __future__ import annotations

import math

import pytest

from services.kernel.events import FieldValue
from services.kernel.position import NoPosition, Position, position_of, recorded_position

CITY_HALL = Position(latitude=25.0375, longitude=121.5637)


def test_a_record_without_coordinates_names_no_place() -> None:
    assert position_of({"place": "plaza"}) is None


def test_both_coordinates_name_a_place() -> None:
    assert position_of({"latitude": 25.0375, "longitude": 121.5637, "place": "plaza"}) == CITY_HALL
    assert position_of({"latitude": -90, "longitude": 180}) == Position(latitude=-90.0, longitude=180.0)


@pytest.mark.parametrize("value", [90.1, -91, math.nan, math.inf, True, "25.03", None, [25]])
def test_what_is_no_number_of_degrees_is_no_place(value: object) -> None:
    with pytest.raises(NoPosition, match="latitude"):
        position_of({"latitude": value, "longitude": 121.5})


def test_half_a_point_is_refused() -> None:
    with pytest.raises(NoPosition, match="come together"):
        position_of({"longitude": 121.5})


def test_an_event_with_a_point_that_nobody_would_let_in_has_none() -> None:
    stated = [FieldValue(name="latitude", value="25.0375"), FieldValue(name="longitude", value="121.5637")]
    assert recorded_position(stated) == CITY_HALL
    assert recorded_position(stated[:1]) is None
    assert recorded_position([FieldValue(name="latitude", value="not json"), stated[1]]) is None
