"""A hold that a request became is told in words: its number, the title of its rule, the name of who decided."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.access.console import hold_words
from services.runtime.packs import load_packs
from services.runtime.settings import REPOSITORY

PACK = load_packs(REPOSITORY / "policies")["daan-cctv"]
NAMES = {"p-0006": "Tsai"}
REQUEST = UUID("b6b8d2da-bf02-4f44-90fb-8f77812c9719")


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Preservation of footage, decided by Tsai"), ("zh-Hant", "申請影像保全，Tsai 核定")]
)
def test_the_rule_is_called_as_its_policy_calls_it_and_the_person_by_name(language: str, said: str) -> None:
    told = hold_words.authority("request.preserve, decided by p-0006", PACK, language, lambda who: NAMES[who])
    assert told == said


def test_what_a_person_typed_stands_as_it_is() -> None:
    assert hold_words.authority("letter of the court", PACK, "en", str) == "letter of the court"
    assert hold_words.matter("case 115-0042", "en") == "case 115-0042"


@pytest.mark.parametrize(("language", "said"), [("en", "request b6b8d2da"), ("zh-Hant", "申請案 b6b8d2da")])
def test_a_request_is_named_by_its_short_number(language: str, said: str) -> None:
    assert hold_words.matter(f"request {REQUEST}", language) == said


def test_a_rule_that_no_policy_in_force_has_is_named_by_its_id() -> None:
    assert hold_words.authority("request.old, decided by p-1", None, "en", str) == "request.old, decided by p-1"
