"""The hold board over HTTP: effective only as custody answers, and a release that takes two persons."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from tests.integration.access.conftest import City
from tests.integration.access.console.browsing import Browser, internal, request_id_of
from tests.integration.access.console.conftest import OpenAs

BOARD = "/console/holds"


def asked(matter: str, **changes: str | list[str]) -> dict[str, str | list[str]]:
    answers: dict[str, str | list[str]] = {
        "hold_kind": "preservation",
        "matter": matter,
        "authority": "letter of the court",
        "review_by": "2027-02-01",
        "from": "2026-11-01T16:00",
        "to": "2026-11-01T17:00",
        "cameras": ["cam-19"],
    }
    return answers | changes


def placed(browser: Browser, demo: City, matter: str) -> UUID:
    assert "The hold is on the log" in browser.send(BOARD, BOARD, asked(matter)).text
    return next(UUID(h["hold_id"]) for h in demo.see("sysman-wu", "/holds")["holds"] if h["matter"] == matter)


def row_of(page: str, hold_id: UUID) -> str:
    found = re.search(rf'<tr id="h-{hold_id}">.*?</tr>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_a_hold_is_effective_on_the_board_only_when_custody_says_so(open_as: OpenAs, demo: City) -> None:
    browser = open_as("sysman-wu")
    hold_id = placed(browser, demo, "112-effective")
    before = row_of(browser.get(BOARD).text, hold_id)
    assert "accepted, securing" in before
    assert "not effective" in before
    demo.custody.apply_hold(hold_id, demo.see("sysman-wu", f"/holds/{hold_id}")["seq"], secured=2)
    demo.until(lambda: demo.see("sysman-wu", f"/holds/{hold_id}")["state"] == "effective")
    after = row_of(browser.get(BOARD).text, hold_id)
    assert "effective since" in after
    assert "Secured segments: 2" in after


@pytest.mark.parametrize(
    ("language", "says"), [("en", "Matched nothing stored"), ("zh-Hant", "無任何現存影像符合")], ids=["en", "zh-Hant"]
)
def test_a_hold_that_matches_nothing_says_so_on_the_board(
    open_as: OpenAs, demo: City, language: str, says: str
) -> None:
    hold_id = placed(open_as("sysman-wu"), demo, f"112-nothing-{language}")
    seen = open_as("sysman-wu", language)
    assert says not in row_of(seen.get(BOARD).text, hold_id)
    demo.custody.apply_hold(hold_id, demo.see("sysman-wu", f"/holds/{hold_id}")["seq"], secured=0)
    demo.until(lambda: demo.see("sysman-wu", f"/holds/{hold_id}")["state"] == "effective")
    assert says in row_of(seen.get(BOARD).text, hold_id)


def test_the_hold_names_the_agencys_wall_clock(open_as: OpenAs, demo: City) -> None:
    hold_id = placed(open_as("sysman-wu"), demo, "112-clock")
    scope = demo.see("sysman-wu", f"/holds/{hold_id}")["scopes"][0]
    assert scope["from"].startswith("2026-11-01T08:00:00")


def test_a_release_takes_another_person_than_who_proposed_it(open_as: OpenAs, demo: City) -> None:
    first, second = open_as("sysman-wu"), open_as("supervisor-kao")
    hold_id = placed(first, demo, "112-release")
    proposed = first.send(BOARD, f"{BOARD}/{hold_id}/propose-release").text
    assert "You proposed it" in row_of(proposed, hold_id)
    alone = first.send(BOARD, f"{BOARD}/{hold_id}/release")
    assert alone.status_code == 403
    released = second.send(BOARD, f"{BOARD}/{hold_id}/release").text
    assert "Released. Kept until" in row_of(released, hold_id)
    assert demo.see("sysman-wu", f"/holds/{hold_id}")["released"]


def test_two_accounts_of_one_person_do_not_release(open_as: OpenAs, demo: City) -> None:
    hold_id = placed(open_as("sysman-wu"), demo, "112-one-person")
    open_as("sysman-wu").send(BOARD, f"{BOARD}/{hold_id}/propose-release")
    answer = open_as("sysman-wu-second").send(BOARD, f"{BOARD}/{hold_id}/release")
    assert answer.status_code == 403
    assert not demo.see("sysman-wu", f"/holds/{hold_id}")["released"]


def test_a_hold_without_a_start_is_refused_and_keeps_what_was_typed(open_as: OpenAs) -> None:
    answer = open_as("sysman-wu", "zh-Hant").send(BOARD, BOARD, asked("112-never", **{"from": ""}))
    assert answer.status_code == 422
    assert 'value="112-never"' in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("typed", ["yesterday", "2026-13-45T99:00"])
def test_a_date_that_is_none_is_refused_as_a_page(open_as: OpenAs, typed: str) -> None:
    answer = open_as("sysman-wu").send(BOARD, BOARD, asked("112-date", **{"from": typed}))
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")


def test_who_may_not_hold_is_offered_no_form_and_refused(open_as: OpenAs, demo: City) -> None:
    browser = open_as("officer-lin")
    assert 'id="place"' not in browser.get(BOARD).text
    assert browser.send(BOARD, BOARD, asked("112-not-his")).status_code == 403
    assert "112-not-his" not in {h["matter"] for h in demo.see("sysman-wu", "/holds")["holds"]}


def test_an_applicant_sees_no_hold_of_others(open_as: OpenAs, demo: City) -> None:
    placed(open_as("sysman-wu"), demo, "112-secret-matter")
    assert "112-secret-matter" not in open_as("agency-novak").get(BOARD).text


def test_the_review_date_moves(open_as: OpenAs, demo: City) -> None:
    browser = open_as("sysman-wu")
    hold_id = placed(browser, demo, "112-review")
    browser.send(BOARD, f"{BOARD}/{hold_id}/extend", {"review_by": "2027-05-01"})
    assert demo.see("sysman-wu", f"/holds/{hold_id}")["review_by"].startswith("2027-04-30T16:00")


def test_the_form_is_filled_with_the_footage_of_a_request(open_as: OpenAs) -> None:
    form = "/console/new/daan-cctv/internal"
    request_id = request_id_of(open_as("officer-lin").send(form, form, internal()))
    page = open_as("sysman-wu").get(f"{BOARD}?request={request_id}").text
    assert 'name="from" value="2026-11-01T16:00"' in page
    assert 'value="cam-19" checked' in page


def test_a_hold_on_everything_asks_for_the_count_that_it_shows(open_as: OpenAs, demo: City) -> None:
    browser, answers = open_as("sysman-wu"), asked("112-everything", cameras=[])
    refused = browser.send(BOARD, BOARD, answers)
    assert refused.status_code == 422
    (count,) = re.findall(r'name="confirmed_count" value="(\d+)" required', refused.text)
    assert "Hold everything" in refused.text
    assert not [h for h in demo.see("sysman-wu", "/holds")["holds"] if h["matter"] == "112-everything"]
    assert "The hold is on the log" in browser.send(BOARD, BOARD, answers | {"confirmed_count": count}).text
    assert 'name="confirmed_count"' not in browser.get(BOARD).text
