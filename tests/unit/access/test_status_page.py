"""The status page says in both languages what the overview holds, and nothing that names a person."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from services.access.requests.file import RequestState
from services.access.status import names, words
from services.access.status.http import render
from services.access.status.overview import zeros
from services.kernel.topics import TOPICS

SCOPE = {
    "cameras": ["<cam>"],
    "area": "<b>hall</b>",
    "officer": "p-0007",
    "incident": "case-9",
    "from": "2026-11-01T00:00:00Z",
    "to": None,
}
TOLD: dict[str, Any] = {
    "as_of": "2026-11-22T02:00:00Z",
    "log": {"seq": 12, "published": 11, "open_clearances": 1},
    "protections": [
        {
            "state": "effective",
            "released": False,
            "kind": "hold",
            "scopes": [SCOPE],
            "secured_segments": 1234,
            "protects_until": None,
            "review_by": "2027-01-01T00:00:00Z",
            "review_due": False,
        }
    ],
    "parked": 0,
    "requests": {"granted": 2},
    "events": [
        {"at": "2026-11-22T02:00:00Z", "event": "HoldPlaced", "about": "protection-log #12", "role": "system_manager"}
    ],
    "services": {
        "access": {"state": "answers", "says": {}},
        "ingest": {"state": "answers", "says": {"segments": 40, "destroying": 0, "gone": 7}},
        "retention": {"state": "answers", "says": {"overdue_list": [{"outcome": "overdue", "segments": 3}]}},
        "analytics": {"state": "silent", "says": {}},
    },
}


# No service writes these yet.
LATER = {"LiveOpened", "LiveClosed"}


class Text(HTMLParser):
    """The page's words, and whether its tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


@pytest.mark.parametrize(
    ("language", "effective", "overdue"),
    [("en", "effective", "overdue"), ("zh-Hant", "保全生效", "逾期未銷毀")],
)
def test_the_page_tells_state_and_counts(language: str, effective: str, overdue: str) -> None:
    page = Text()
    page.feed(render(TOLD, language, "daan-hro"))
    said = " ".join(page.words)
    assert effective in said
    assert overdue in said
    assert "1,234" in said
    assert "<cam>" in said


def test_markup_in_any_field_that_people_fill_in_is_escaped() -> None:
    page = render(TOLD, "en", "<i>agency</i>")
    for raw in ("<cam>", "<b>hall</b>", "<i>agency</i>"):
        assert raw not in page


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_page_names_roles_and_no_person_officer_or_case(language: str) -> None:
    page = render(TOLD, language, "")
    assert names.role("system_manager", words.LANGUAGES.index(language)) in page
    assert "p-0007" not in page
    assert "case-9" not in page


def test_every_event_that_access_writes_and_every_role_has_words_in_both_languages() -> None:
    written = {event.__name__ for topic in TOPICS if topic.writer == "access" for event in topic.events}
    assert written - set(names.EVENTS) <= LATER
    for pair in (*names.EVENTS.values(), *names.ROLES.values(), *names.SERVICES.values(), *names.SUBJECTS.values()):
        assert all(pair), pair


def test_a_stream_is_named_with_enough_of_its_id_to_find_it() -> None:
    assert names.subject("request/5c4d8f55-2612-432f-a525-3ded32d8e859 #1", 0) == "request 5c4d8f55"
    assert names.subject("protection-log #7", 1) == "保全紀錄 #7"
    assert names.subject("policy/taipei-live #1", 0) == "policy taipei-live"


def test_instants_are_written_as_each_language_writes_them() -> None:
    assert words.instant("2026-11-22T03:21:28.8Z", "en", seconds=True) == "2026-11-22 03:21:28 UTC"
    assert words.instant("2026-11-22T03:21:28.8Z", "zh-Hant") == "115年11月22日 03:21 UTC"


def test_what_must_stay_zero_stands_out_when_it_is_not() -> None:
    page = render(TOLD, "en", "")
    assert page.count("not-zero") == 2
    assert page.count("must be zero") == 2


def test_what_stands_at_zero_is_calm_and_says_so_in_words() -> None:
    well = {
        **TOLD["services"],
        "analytics": {"state": "answers", "says": {}},
        "retention": {"state": "unset", "says": {}},
    }
    page = render(TOLD | {"services": well}, "zh-Hant", "")
    assert "not-zero" not in page
    assert page.count("符合") == 3


def test_a_service_that_answers_but_stands_still_is_told_with_its_part_and_counts() -> None:
    still = {**TOLD["services"], "ingest": {"state": "still", "parts": ["ingest.custody"], "says": {}}}
    told = TOLD | {"services": still}
    assert "stands still in part: ingest.custody" in render(told, "en", "")
    assert zeros(told)["unanswered"] == zeros(TOLD)["unanswered"] + 1


def test_every_word_and_state_exists_in_both_languages() -> None:
    for pair in (*words.WORDS.values(), *words.KINDS.values(), *((b, c) for _, b, c in words.STATES.values())):
        assert all(pair), pair
    assert {str(state) for state in RequestState} <= set(words.STATES)


@pytest.mark.parametrize(
    ("asked", "accepts", "language"),
    [("zh-Hant", "en", "zh-Hant"), ("", "zh-TW,en;q=0.5", "zh-Hant"), ("", "de, en", "en"), ("xx", "", "en")],
)
def test_the_language_is_as_asked_or_as_the_browser_prefers(asked: str, accepts: str, language: str) -> None:
    assert words.language_of(asked, accepts) == language


@pytest.mark.parametrize(
    ("language", "over"), [("en", "2027-01-01 00:00 UTC, overdue"), ("zh-Hant", "116年1月1日 00:00 UTC，逾期未複查")]
)
def test_a_review_that_nobody_did_is_said_to_be_overdue(language: str, over: str) -> None:
    late = {**TOLD, "protections": [TOLD["protections"][0] | {"review_due": True}]}
    assert over not in render(TOLD, language, "daan-hro")
    assert over in render(late, language, "daan-hro")
