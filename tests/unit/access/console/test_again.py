"""What waits for a fresh sign-in is told in words of the page's language."""

from __future__ import annotations

import pytest

from services.access.console import words
from services.access.console.again import ANSWERS, LABELS, shown
from services.access.console.sessions import Unfinished


def waiting(**fields: tuple[str, ...]) -> Unfinished:
    return Unfinished(action="/console/holds", fields=fields)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", [("Role", "custodian"), ("When does it begin?", "when a second person agrees"), ("Minutes", "30")]),
        ("zh-Hant", [("職務", "保管人"), ("何時開始？", "經第二人同意後開始"), ("分鐘", "30")]),
    ],
)
def test_labels_and_answers_are_in_words(language: str, told: list[tuple[str, str]]) -> None:
    assert shown(waiting(role=("custodian",), begins=("agreed",), minutes=("30",), why=("",)), language) == told


def test_what_people_wrote_stands_as_they_wrote_it() -> None:
    assert shown(waiting(cameras=("cam-19", "cam-20"), matter=("<b>",)), "en") == [
        (words.word("cameras", "en"), "cam-19, cam-20"),
        (words.word("matter", "en"), "<b>"),
    ]


def test_every_label_and_answer_is_a_word_of_the_catalogue() -> None:
    assert {*LABELS.values(), *ANSWERS.values()} <= set(words.WORDS)
