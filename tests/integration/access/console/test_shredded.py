"""Three years after the last act, by the term that the policy names: pages and forms say that names are destroyed."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Final

import pytest
import yaml

from services.access.console import words
from services.access.status.words import LANGUAGES
from services.runtime.settings import REPOSITORY
from tests.fakes.printed import Printed
from tests.integration.access.clockwork import instant
from tests.integration.access.conftest import City
from tests.integration.access.console.conftest import OpenAs
from tests.integration.access.test_shredding import NAME, TELEPHONE, shred_at, withdrawn

THREE_YEARS: Final = timedelta(days=3 * 365)
A_LEAP_DAY: Final = timedelta(days=1)
TOMBSTONE: Final = "（個人資料已銷毀）"


@pytest.fixture(scope="module")
def told(demo: City) -> dict[str, object]:
    """A request whose term is over, and what was shredded by then and not a second before."""
    request = withdrawn(demo)
    until = instant(request["register_until"])
    before = shred_at(demo, until - timedelta(seconds=1))
    return request | {"early": before, "shredded": shred_at(demo, until)}


def test_the_term_is_the_policys_own_three_years_from_the_act(told: dict[str, object]) -> None:
    policy = yaml.safe_load((REPOSITORY / "policies" / "daan-cctv" / "policy.yaml").read_text("utf-8"))
    (register,) = [each for each in policy["registers"] if each["id"] == "register.forms"]
    assert register["term"] == {"period": "P3Y", "from": "act_date"}
    kept = instant(told["register_until"]) - instant(told["submitted_at"])
    # To the end of that day on the agency's clock.
    assert THREE_YEARS <= kept <= THREE_YEARS + 2 * A_LEAP_DAY
    assert (told["early"], len(list(told["shredded"]))) == ([], 1)  # type: ignore[call-overload]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_in_both_languages_that_who_asked_is_destroyed(
    open_as: OpenAs, told: dict[str, object], language: str
) -> None:
    for who in ("officer-lin", "sysman-wu"):
        page = unescape(open_as(who, language).get(f"/console/requests/{told['request_id']}").text)
        assert words.word("personal_gone", language) in page
        assert (NAME in page, TELEPHONE in page) == (False, False)


def test_the_form_bears_tombstones_in_the_language_of_its_annex(demo: City, told: dict[str, object]) -> None:
    answer = demo.call("officer-lin", "GET", f"/requests/{told['request_id']}/form.pdf")
    text = Printed(answer.content).text(0)
    assert (NAME in text, TELEPHONE in text, text.count(TOMBSTONE)) == (False, False, 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_says_of_which_request_and_leads_to_the_events(
    open_as: OpenAs, told: dict[str, object], language: str
) -> None:
    browser, number = open_as("sysman-wu", language), str(told["request_id"])
    by_itself = unescape(browser.get("/console").text).partition(words.word("lately_by_itself", language))[2]
    assert f'<a href="/console/requests/{number}" class="mono">{number[:8]}</a>' in by_itself
    assert f'href="/console/events/request/{number}"' in by_itself
    assert browser.get(f"/console/events/request/{number}").status_code == 200
