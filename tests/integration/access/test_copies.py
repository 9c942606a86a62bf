"""The bytes of a copy have an end of their own, and a crash leaves none behind that the log doesn't know."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from services.kernel.events import CopyErased
from services.runtime import kafka_read
from tests.integration.access.clockwork import instant, turn_copies
from tests.integration.access.conftest import City
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed

START = "2026-11-01T08:00:00Z"
A_SECOND = timedelta(seconds=1)


def folder(city: City) -> Path:
    return city.settings.home / "access" / "copies"


def copied(city: City, **more: object) -> tuple[dict[str, Any], dict[str, Any]]:
    file = signed(city, daan("copy"), DAAN_CHAIN)
    body = {"camera": "cam-19", "start": START} | more
    return file, city.do("officer-lin", f"/requests/{file['request_id']}/copies", body)["copies"][0]


def bytes_of(city: City, copy: dict[str, Any]) -> Path:
    return folder(city) / f"{copy['copy_id']}.bin"


def erased(city: City, copy: dict[str, Any]) -> list[CopyErased]:
    found = city.custody.events("access.events", CopyErased)
    return [event for event in found if str(event.copy_id) == copy["copy_id"]]


def test_a_copy_that_is_due_goes_and_the_log_says_why(city: City) -> None:
    file, copy = copied(city, return_by="2026-11-30T00:00:00Z")
    due = instant(copy["return_by"])
    turn_copies(city, due - A_SECOND)
    assert bytes_of(city, copy).exists()
    for _ in range(2):
        turn_copies(city, due)
    assert not bytes_of(city, copy).exists()
    (event,) = city.until(lambda: erased(city, copy))
    assert (event.why, event.due_at) == ("due", due)
    assert city.see("sysman-wu", f"/requests/{file['request_id']}")["copies"][0]["erased"] == "due"


def test_without_a_due_date_a_copy_lasts_as_long_as_its_grant(city: City) -> None:
    file, copy = copied(city)
    ends = instant(file["grant"]["valid_until"])
    turn_copies(city, ends - A_SECOND)
    assert bytes_of(city, copy).exists()
    turn_copies(city, ends)
    (event,) = city.until(lambda: erased(city, copy))
    assert (event.why, bytes_of(city, copy).exists()) == ("grant_ended", False)


def test_a_copy_given_back_is_erased_and_served_no_more(city: City) -> None:
    _, copy = copied(city)
    city.do("officer-lin", f"/copies/{copy['copy_id']}/return", {"how": "returned"})
    answer = city.call("officer-lin", "GET", f"/copies/{copy['copy_id']}/media")
    assert (answer.status_code, answer.json()["refusal"]) == (403, "CopyOver")
    (event,) = city.until(lambda: erased(city, copy))
    assert event.why == "returned"


def test_a_copy_of_footage_that_was_destroyed_stays_for_its_own_term(city: City) -> None:
    _, copy = copied(city, return_by="2026-11-30T00:00:00Z")
    clip = city.custody.clips[0]
    clip["state"] = "gone"
    try:
        assert city.call("officer-lin", "GET", f"/copies/{copy['copy_id']}/media").status_code == 200
        turn_copies(city, instant(copy["return_by"]))
        assert not bytes_of(city, copy).exists()
    finally:
        clip["state"] = "kept"


def test_bytes_that_a_crash_left_without_an_event_are_removed_at_the_next_start(fresh: City) -> None:
    fresh.start()
    fresh.settle()
    _, copy = copied(fresh)
    left = folder(fresh) / "8c6ad2f6-8c3e-4a04-9a52-7b1f1a0e7c55.bin"
    fresh.stop()
    left.write_bytes(b"written, and then the process died")
    fresh.start()
    fresh.until(lambda: not left.exists())
    assert bytes_of(fresh, copy).exists()
    end = kafka_read.end_offsets(fresh.settings, "access.events")
    assert sum(end.values()) == len(fresh.custody.log("access.events"))
