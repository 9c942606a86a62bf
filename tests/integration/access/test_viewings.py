"""Viewings and copies: the broker has the event before the first byte; only what was granted, only while it is."""

from __future__ import annotations

import hashlib
from typing import Any

from services.kernel.events import AccessRefused, CopyMade, FootageViewed, ViewingEnded
from tests.fakes.custody import CLIP
from tests.integration.access.conftest import City
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed

AGREED = {"agreed_time": "2026-11-22T09:00:00Z"}
FIRST = "camera=cam-19&start=2026-11-01T08:00:00Z"
LAST = "camera=cam-19&start=2026-11-01T08:20:00Z"


def granted(city: City, action: str = "view", **changes: Any) -> str:  # noqa: ANN401
    return str(signed(city, daan(action, **changes), DAAN_CHAIN)["request_id"])


def viewing(city: City, **changes: Any) -> tuple[str, str]:  # noqa: ANN401
    request_id = granted(city, **changes)
    return request_id, city.do("officer-lin", f"/requests/{request_id}/viewings", AGREED)["viewing_id"]


def fetch(city: City, viewing_id: str, clip: str = FIRST, who: str = "officer-lin", **headers: str) -> Any:  # noqa: ANN401
    return city.call(who, "GET", f"/viewings/{viewing_id}/media?{clip}", None, **headers)


def viewed(city: City, viewing_id: str) -> list[FootageViewed]:
    found = city.custody.events("access.events", FootageViewed)
    return [event for event in found if str(event.viewing_id) == viewing_id]


def test_a_granted_viewing_is_served_and_stands_on_the_log_once(city: City) -> None:
    _, viewing_id = viewing(city)
    assert fetch(city, viewing_id).content == CLIP
    assert len(viewed(city, viewing_id)) == 1
    part = fetch(city, viewing_id, range="bytes=10-19")
    assert (part.status_code, part.content) == (206, CLIP[10:20])
    assert len(viewed(city, viewing_id)) == 1


def test_a_clip_that_runs_past_the_grant_is_cut_to_it(city: City) -> None:
    _, viewing_id = viewing(city)
    assert fetch(city, viewing_id, LAST).status_code == 200
    asked = city.custody.asked[-1]
    assert "from=2026-11-01T08:20:00Z" in asked.replace("%3A", ":")
    assert "to=2026-11-01T08:25:00Z" in asked.replace("%3A", ":")


def test_ranges_and_bytes_are_counted_at_the_end(city: City) -> None:
    _, viewing_id = viewing(city)
    fetch(city, viewing_id)
    fetch(city, viewing_id, range="bytes=0-9")
    assert city.do("officer-lin", f"/viewings/{viewing_id}/end")["ranges"] == 2
    ended = city.until(
        lambda: [e for e in city.custody.events("access.events", ViewingEnded) if str(e.viewing_id) == viewing_id]
    )
    assert ended[0].bytes_served == len(CLIP) + 10
    assert fetch(city, viewing_id).json()["refusal"] == "ViewingEnded"


def test_without_a_grant_no_viewing_is_scheduled_and_the_refusal_is_an_event(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan())["request_id"]
    answer = city.call("officer-lin", "POST", f"/requests/{request_id}/viewings", AGREED)
    assert (answer.status_code, answer.json()["refusal"]) == (403, "NoGrant")
    assert city.until(
        lambda: request_id in [event.request_id for event in city.custody.events("access.events", AccessRefused)]
    )


def test_another_persons_viewing_serves_no_byte(city: City) -> None:
    _, viewing_id = viewing(city)
    before = len(city.custody.asked)
    answer = fetch(city, viewing_id, who="director-tsai")
    assert (answer.status_code, len(city.custody.asked)) == (403, before)


def test_a_clip_outside_the_grant_serves_no_byte(city: City) -> None:
    _, viewing_id = viewing(city, interval=["2026-11-01T08:00:00Z", "2026-11-01T08:05:00Z"])
    before = len(city.custody.asked)
    answer = fetch(city, viewing_id, LAST)
    assert (answer.is_client_error, len(city.custody.asked)) == (True, before)


def test_a_grant_to_view_opens_no_copy(city: City) -> None:
    request_id = granted(city)
    answer = city.call("officer-lin", "POST", f"/requests/{request_id}/copies", {})
    assert (answer.status_code, answer.json()["refusal"]) == (403, "ActionNotGranted")


def test_a_copy_is_numbered_hashed_signed_for_and_returned(city: City) -> None:
    request_id = granted(city, "copy")
    body = {"camera": "cam-19", "start": "2026-11-01T08:00:00Z", "return_by": "2027-01-01T00:00:00Z"}
    copy = city.do("officer-lin", f"/requests/{request_id}/copies", body)["copies"][0]
    assert copy["sha256"] == hashlib.sha256(CLIP).hexdigest()
    made = [e for e in city.custody.events("access.events", CopyMade) if str(e.copy_id) == copy["copy_id"]]
    assert made[0].copy_number == copy["copy_number"]
    assert city.call("officer-lin", "GET", f"/copies/{copy['copy_id']}/media").content == CLIP
    assert city.do("officer-lin", f"/copies/{copy['copy_id']}/sign", {"role": "applicant"})["signed_by"]
    assert city.do("officer-lin", f"/copies/{copy['copy_id']}/return", {"how": "returned"})["returned"] == "returned"
    assert city.call("officer-lin", "GET", f"/copies/{copy['copy_id']}/media").is_client_error
    city.until(lambda: not list((city.settings.home / "access" / "copies").glob("*.bin")))


def test_a_request_that_owes_its_signed_result_is_not_closed(city: City) -> None:
    request_id, viewing_id = viewing(city)
    fetch(city, viewing_id)
    answer = city.call("sysman-wu", "POST", f"/requests/{request_id}/close", {})
    assert (answer.status_code, answer.json()["clauses"]) == (403, ["DAAN-03", "DAAN-11"])
    result = {"act": "view", "cameras": ["cam-19"], "from": "2026-11-01T08:00:00Z", "to": "2026-11-01T08:10:00Z"}
    city.do("sysman-wu", f"/requests/{request_id}/result", result | {"role": "system_manager"})
    city.do("ethics-lu", f"/requests/{request_id}/result", result | {"role": "ethics_office"})
    assert city.do("sysman-wu", f"/requests/{request_id}/close")["state"] == "fulfilled"


def test_when_the_log_can_not_be_written_no_byte_is_served(fresh: City) -> None:
    for role in ("http", "relay", "worker"):
        fresh.start(role)
    fresh.settle()
    _, viewing_id = viewing(fresh)
    fresh.stop("relay")
    answer = fetch(fresh, viewing_id)
    assert (answer.status_code, answer.json()["refusal"]) == (503, "LogNotWritable")
    assert not fresh.custody.asked
    held = fresh.call("sysman-wu", "POST", "/holds", _hold())
    assert (held.status_code, held.json()["state"]) == (202, "received")
    fresh.start("relay")
    fresh.until(lambda: fetch(fresh, viewing_id).content == CLIP)


def _hold() -> dict[str, object]:
    scope = {"cameras": ["cam-19"], "from": "2026-11-01T00:00:00Z"}
    return {"scope": scope, "matter": "115-9", "authority": "court", "review_by": "2027-06-01T00:00:00Z"}
