"""Transfers to the evidence repository: under a grant of this act, for its case, if it shows a crime (SPD-06)."""

from __future__ import annotations

import uuid

import httpx

from services.kernel.events import AccessRefused
from tests.fakes.custody import STARTED
from tests.integration.access.conftest import City
from tests.integration.access.test_requests import spd

CHAIN = {"review": "records-reed", "decide": "captain-diaz"}
START = STARTED.isoformat()
CLIP = {"camera": "spd-1", "start": START, "case_number": "25-1", "repository_id": "r-1", "shows_crime": True}


def asked(city: City, action: str = "transfer") -> str:
    """An internal investigation of a clip of spd-1, made under the mask that was attested for it."""
    city.custody.clips.append({**city.custody.clips[0], "camera_id": "spd-1"})
    city.custody.attest("spd-1", ("window",))
    body = spd(kind="internal", action=action, case_number="25-1")
    requester = {"class": "internal", "on_behalf_of": ["nobody"], "name": "A. Lin"}
    return str(city.do("officer-lin", "/requests", body | {"requester": requester})["request_id"])


def granted(city: City, action: str = "transfer") -> str:
    request_id = asked(city, action)
    for step, who in CHAIN.items():
        city.do(who, f"/requests/{request_id}/steps/{step}", {"decision": "approve"})
    return request_id


def send(city: City, request_id: str, **changes: object) -> httpx.Response:
    return city.call("officer-lin", "POST", f"/requests/{request_id}/transfers", CLIP | changes)


def test_a_granted_transfer_is_told_to_custody_with_person_case_and_hash(city: City) -> None:
    request_id = granted(city)
    city.until(lambda: send(city, request_id).status_code == 201)
    path, told = city.custody.told[-1]
    assert path.endswith("/transfer")
    assert (told["request_id"], told["person"], told["case_number"]) == (request_id, "p-lin", "25-1")
    assert told["sha256"] == city.custody.clips[-1]["sha256"]


def test_without_a_grant_nothing_is_transferred_and_the_refusal_stands_on_the_log(city: City) -> None:
    request_id, before = asked(city), len(city.custody.told)
    answer = send(city, request_id)
    assert (answer.status_code, answer.json()["refusal"]) == (403, "NoGrant")
    assert len(city.custody.told) == before
    assert city.told("access.events", AccessRefused, lambda e: (e.request_id, e.act) == (request_id, "transfer"))


def test_another_case_or_no_crime_is_no_transfer(city: City) -> None:
    request_id, before = granted(city), len(city.custody.told)
    for wrong in ({"case_number": "99-9"}, {"shows_crime": False}):
        answer = send(city, request_id, **wrong)
        assert (answer.status_code, answer.json()["rule"]) == (403, "act.transfer"), answer.text
    assert len(city.custody.told) == before


def test_a_grant_to_copy_opens_no_transfer(city: City) -> None:
    answer = send(city, granted(city, "copy"))
    assert (answer.status_code, answer.json()["refusal"]) == (403, "ActionNotGranted")


def test_a_request_that_nobody_handed_in_opens_no_transfer(city: City) -> None:
    answer = send(city, str(uuid.uuid4()))
    assert (answer.status_code, answer.json()["refusal"]) == (403, "NotEntitled")
