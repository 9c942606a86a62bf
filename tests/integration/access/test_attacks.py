"""What somebody with an account of his own tries with the ids, fields and names of others, and what he gets."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.access.requests.file import preservation_id
from services.kernel.events import RequestSubmitted
from services.runtime.database import dsn
from tests.integration.access.conftest import City
from tests.integration.access.test_holds import hold
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed, spd
from tests.integration.access.test_viewings import AGREED, fetch, viewing

LATER_REQUESTS = """
insert into request_file
select gen_random_uuid(), policy_id, kind, action, requester, requester_class, state, false,
       submitted_at + interval '1 hour', term_ends_at, changed_at, has_personal
  from request_file, generate_series(1, 300) where request_id = $1
"""


@pytest.fixture(scope="module")
def victim(city: City) -> dict[str, Any]:
    """Somebody else's granted request."""
    return dict(signed(city, daan(), DAAN_CHAIN))


def test_a_form_under_the_id_of_a_granted_request_takes_nothing_over(city: City, victim: dict[str, Any]) -> None:
    taken = spd() | {"request_id": victim["request_id"]}
    answer = city.call("agency-novak", "POST", "/requests", taken)
    assert (answer.status_code, answer.json()["refusal"]) == (409, "RequestExists")
    written = city.custody.events("request.events", RequestSubmitted)
    assert [e.requester for e in written if str(e.request_id) == victim["request_id"]] == ["p-lin"]
    scheduled = city.call("agency-novak", "POST", f"/requests/{victim['request_id']}/viewings", AGREED)
    assert scheduled.status_code == 403


def test_another_persons_request_is_not_even_there(city: City, victim: dict[str, Any]) -> None:
    for path in (f"/requests/{victim['request_id']}", f"/requests/{uuid4()}"):
        answer = city.call("agency-novak", "GET", path)
        assert (answer.status_code, answer.json()["title"]) == (404, "Not known here")
    assert victim["request_id"] not in city.call("agency-novak", "GET", "/requests").text


def test_holds_of_others_are_not_shown_to_an_applicant(city: City, victim: dict[str, Any]) -> None:
    placed = city.do("sysman-wu", "/holds", hold(matter="secret-115"))
    assert "secret-115" not in city.call("agency-novak", "GET", "/holds").text
    assert "secret-115" not in city.call("agency-novak", "GET", "/status").text
    assert city.call("agency-novak", "GET", f"/holds/{placed['hold_id']}").status_code == 404
    own = [each["request_id"] for each in city.see("officer-lin", "/holds")["holds"]]
    assert victim["request_id"] in own


def test_who_handed_in_very_many_requests_still_finds_what_protects_the_first(
    city: City, victim: dict[str, Any]
) -> None:
    async def hand_in_many() -> None:
        connection = await asyncpg.connect(dsn(city.settings, "access"))
        await connection.execute(LATER_REQUESTS, UUID(victim["request_id"]))
        await connection.close()

    asyncio.run(hand_in_many())
    held = [each for each in city.see("officer-lin", "/holds")["holds"] if each["request_id"] == victim["request_id"]]
    assert held
    assert city.see("officer-lin", f"/holds/{held[0]['hold_id']}")["request_id"] == victim["request_id"]
    listed = [city.see("officer-lin", f"/requests?most={most}") for most in (200, 1_000)]
    assert [each["complete"] for each in listed] == [False, True]
    assert [victim["request_id"] in str(each) for each in listed] == [False, True]


def test_nobody_takes_the_id_of_a_requests_own_hold_beforehand(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan("preserve", "preservation"))["request_id"]
    derived = str(preservation_id(UUID(request_id)))
    answer = city.call("sysman-wu", "POST", "/holds", hold(hold_id=derived))
    assert (answer.status_code, answer.json()["faults"][0]["where"]) == (422, "body.hold_id")


def test_a_viewing_id_that_was_never_given_serves_nothing(city: City) -> None:
    before = len(city.custody.asked)
    for forged in (str(uuid4()), "../../etc/passwd", "%2e%2e%2fvault.key"):
        assert fetch(city, forged).status_code == 404
    assert len(city.custody.asked) == before


def test_a_step_is_signed_once_however_often_it_is_sent(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan())["request_id"]
    path, body = f"/requests/{request_id}/steps/sign", {"decision": "approve"}
    assert city.call("officer-lin", "POST", path, body).status_code == 200
    answer = city.call("officer-lin", "POST", path, body)
    assert (answer.status_code, answer.json()["refusal"]) == (409, "DoneAlready")


def test_forged_facts_sign_nothing(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan())["request_id"]
    done = [{"step": step, "person": "p-x", "role": "x"} for step in DAAN_CHAIN if step != "director"]
    body = {"decision": "approve", "fields": {"done": done}}
    answer = city.call("director-tsai", "POST", f"/requests/{request_id}/steps/director", body)
    assert (answer.status_code, city.see("officer-lin", f"/requests/{request_id}")["state"]) == (422, "in_chain")


def test_files_are_found_by_id_and_never_by_path(city: City) -> None:
    for name in ("../../people.yaml", "..%2f..%2faccess%2fvault.key", "status.css%00.key"):
        assert city.call("officer-lin", "GET", f"/copies/{name}/media").status_code == 404


def test_a_field_too_long_or_too_deep_is_refused_before_it_reaches_the_log(city: City) -> None:
    for more in ({"purpose": "x" * 5_000}, {"a.b": "x"}, {f"q{n}": "x" for n in range(200)}):
        answer = city.call("officer-lin", "POST", "/requests", daan(**more))
        assert (answer.status_code, answer.json()["rule"]) == (422, "request.form")
    for matter in ("x" * 501,):
        assert city.call("sysman-wu", "POST", "/holds", hold(matter=matter)).status_code == 422


def test_a_token_is_asked_for_and_never_written_down(city: City) -> None:
    _, viewing_id = viewing(city)
    for token in ("", "Bearer", "Bearer token-nobody", "Basic token-sysman-wu"):
        answer = city.call("sysman-wu", "GET", f"/viewings/{viewing_id}/media", None, authorization=token)
        assert (answer.status_code, answer.json()["refusal"]) == (401, "NotAuthenticated")
    written = (city.settings.home / "all.log").read_bytes()
    assert b"token-" not in written
    assert b"Lin Mei-ling" not in written


def test_a_broken_answer_repeats_no_name(city: City) -> None:
    answer = city.call("officer-lin", "POST", "/requests", {"policy_id": 7, "requester": "Lin Mei-ling"})
    assert answer.status_code == 422
    assert "Lin Mei-ling" not in answer.text
