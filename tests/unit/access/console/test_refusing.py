"""A refusal in words: who may do it instead, by title; a pack's message and what is missing as sentences."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from services.access.asking import must_have
from services.access.console import frame, refusing
from services.access.refusals import NotEntitled
from services.access.requests.words import explain
from services.kernel.policy import Verdict
from services.runtime.identity import Person, require
from services.runtime.packs import load_pack
from services.runtime.refusal import Refusal

CLERK = Person(person_id="p-1", account="clerk", name="Made up", roles=frozenset({"clerk"}), rank="", agency="")
SEATTLE = load_pack(Path(__file__).parents[4] / "policies" / "spd-cctv")
BOX = "{% import 'parts.html' as parts with context %}{{ parts.refusal_box(refusal, w, '', fact) }}"


def shown(refusal: Refusal, language: str) -> str:
    told = refusing.told(refusal, language)
    return frame.PAGES.from_string(BOX).render(frame._words(language, "light") | {"refusal": told})


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-Hant", "得辦理之職務：主任、法務人員。"), ("en", "Who may: director, legal counsel.")],
)
def test_whoever_may_not_is_told_by_title_who_may(language: str, said: str) -> None:
    with pytest.raises(NotEntitled) as refused:
        must_have(CLERK, frozenset({"legal_counsel", "director"}), "release a hold")
    assert refused.value.problem()["roles"] == ["director", "legal_counsel"]
    assert said in shown(refused.value, language)


def test_the_roles_of_another_service_come_through() -> None:
    with pytest.raises(Refusal) as refused:
        require(CLERK, "auditor", "director")
    passed_on = Refusal.of_problem(403, refused.value.problem())
    assert refusing.told(passed_on, "zh-Hant").roles == ("稽核人員", "主任")


def test_a_refusal_about_no_role_names_none() -> None:
    refusal = NotEntitled("not yours", rule="hold.release", remedy="another person confirms")
    assert "roles" not in refusal.problem()
    assert "得辦理之職務" not in shown(refusal, "zh-Hant")


def test_what_is_missing_follows_a_packs_message_as_a_sentence() -> None:
    message = {"en": "Bring the damage report."}
    verdict = Verdict(outcome="refused", reason="missing", missing=("document:damage_report",), message=message)
    assert explain(verdict) == "Bring the damage report. Missing: document damage report."


def test_without_a_message_what_is_missing_is_named_behind_the_reason() -> None:
    verdict = Verdict(outcome="refused", reason="missing", missing=("request.place",))
    assert explain(verdict) == "not answered: request.place"


@pytest.mark.parametrize(
    ("rule", "refusal", "said"),
    [
        ("forbid.face", "forbidden", SEATTLE.says("forbid.face")["zh-Hant"]),
        ("request.agency", "missing", "尚有未填寫事項。"),
        ("no.such.rule", "not_present", "應會同之人員未到場。"),
        ("no.such.rule", "no_such_word", "as the log says it"),
    ],
)
def test_the_history_says_why_in_the_readers_language(rule: str, refusal: str, said: str) -> None:
    event = SimpleNamespace(rule=rule, refusal=refusal, explanation="as the log says it")
    assert refusing.explained(SEATTLE, event, "zh-Hant") == said
