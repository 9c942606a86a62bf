"""Instants at the ends of the calendar, wherever a person writes one: refused, and never a record that nobody reads."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.integration.access.conftest import City
from tests.integration.access.test_holds import hold
from tests.integration.access.test_requests import daan

SOON: Final = "2026-12-01T00:00:00Z"
# Each is a date as it was written, and none, or none an hour further, by the clock of another zone.
ENDS: Final = [
    ("0001-01-01T00:00:00+14:00", SOON),
    ("0001-01-01T00:00:00Z", SOON),
    (SOON, "9999-12-31T23:59:59-14:00"),
    (SOON, "9999-12-31T23:59:59.999999Z"),
]


@pytest.mark.parametrize(("start", "end"), ENDS)
def test_no_protection_takes_an_instant_that_no_reader_of_the_log_could_read(city: City, start: str, end: str) -> None:
    scope = {"cameras": ["cam-19"], "from": start, "to": end}
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/holds", hold(scope=scope)),
        ("/rescues", {"scope": scope, "reason": "r", "until": SOON}),
    ]
    if start == SOON:
        bodies.append(("/holds", hold(review_by=end)))
    for path, body in bodies:
        answer = city.call("sysman-wu", "POST", path, body)
        assert (answer.status_code, answer.json()["faults"][0]["where"].partition(".")[0]) == (422, "body")
    assert city.call("sysman-wu", "GET", "/status").status_code == 200


@pytest.mark.parametrize(("start", "end"), ENDS)
def test_a_form_with_such_an_interval_is_refused_as_one_without(city: City, start: str, end: str) -> None:
    for interval in ([start, end], [start[:19], end[:19]]):
        answer = city.call("officer-lin", "POST", "/requests", daan("preserve", "preservation", interval=interval))
        assert answer.is_client_error, answer.text
    assert city.call("officer-lin", "GET", "/requests").status_code == 200
