"""The status page says in both languages what the overview holds, and nothing that names a person."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from services.access.requests.file import RequestState
from services.access.status import words
from services.access.status.http import render

SCOPE = {"cameras": ["<cam>"], "area": "", "officer": "", "incident": "", "from": "2026-11-01T00:00:00Z", "to": None}
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
        }
    ],
    "parked": 0,
    "requests": {"granted": 2},
    "events": [{"at": "2026-11-22T02:00:00Z", "event": "HoldPlaced", "about": "protection-log #12", "who": "p-wu"}],
    "services": {
        "access": {"state": "answers", "says": {}},
        "ingest": {"state": "answers", "says": {"segments": 40, "destroying": 0, "gone": 7}},
        "retention": {"state": "answers", "says": {"overdue_list": [{"outcome": "overdue", "segments": 3}]}},
        "analytics": {"state": "silent", "says": {}},
    },
}


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


def test_a_name_in_a_scope_is_escaped() -> None:
    assert "<cam>" not in render(TOLD, "en", "")


def test_what_must_stay_zero_stands_out_when_it_is_not() -> None:
    assert render(TOLD, "en", "").count("not-zero") == 2


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
