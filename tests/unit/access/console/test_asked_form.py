"""Forms are made from packs alone: every question that a rule needs is asked, and answers go to the API as it reads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from services.access.console.asked_form import Asked, facts, form_of
from services.access.console.forms import Filled
from services.kernel.policy import submit
from services.kernel.policy.needs import missing, names_of
from services.runtime.packs import load_checked, pack_folders

ROOT = Path(__file__).parents[4]
FOLDERS = {folder.name: load_checked(folder) for folder in pack_folders(ROOT / "policies")}
KINDS = [(name, kind) for name, folder in FOLDERS.items() for kind in folder.pack.requests]


def form(name: str, kind: str) -> Asked:
    folder = FOLDERS[name]
    return form_of(folder.pack, folder.pack.requests[kind], folder.forms.values(), ())


def filled(**answers: str | list[str]) -> Filled:
    named = {name.replace("__", "."): value for name, value in answers.items()}
    return Filled(fields={name: value if isinstance(value, list) else [value] for name, value in named.items()})


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_every_question_that_a_rule_may_need_is_asked(name: str, kind: str) -> None:
    asked = form(name, kind)
    wanted = {each for each in names_of(asked.rule.need) if not each.startswith("document:")}
    assert wanted <= {question.name for question in asked.questions}
    assert len({question.name for question in asked.questions}) == len(asked.questions)


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_question_with_a_vocabulary_offers_exactly_its_words(name: str, kind: str) -> None:
    vocabulary = FOLDERS[name].pack.vocabulary
    for question in form(name, kind).questions:
        if question.name in vocabulary and question.name != "requester.class":
            plain = {
                str(word).replace("\0True", "true").replace("\0False", "false") for word in vocabulary[question.name]
            }
            assert set(question.choices) == plain


def test_names_and_telephones_are_marked_as_personal() -> None:
    personal = {question.name for question in form("daan-cctv", "internal").questions if question.personal}
    assert personal == {"requester.name", "requester.telephone"}


def test_a_document_without_which_a_form_is_refused_says_so() -> None:
    assert form("daan-cctv", "party").documents == (("police_report_certificate", True),)
    assert form("spd-cctv", "agency").documents == (("warrant_copy", False),)


def test_what_only_some_answers_need_names_those_answers() -> None:
    questions = {each.name: each for each in form("npa-bwc", "publicity").questions}
    assert questions["request.secrecy_review"].only_if == (("request.criminal_case", ("true",)),)
    assert questions["request.criminal_case"].sort == "yes_no"


WHOLE: Final[dict[str, str | list[str]]] = {
    "requester__class": "internal", "requester__name": "Lin", "requester__unit": "office",
    "requester__telephone": "02", "request__action": "view", "request__legal_basis": "point_6_1",
    "request__purposes": ["investigation"], "request__purpose": "theft", "request__cameras": ["cam-19"],
    "request__interval__from": "2026-11-01T16:00", "request__interval__to": "2026-11-01T16:25",
}  # fmt: skip


def test_a_filled_form_is_what_the_policy_accepts() -> None:
    asked = form("daan-cctv", "internal")
    requester, request, documents = facts(asked, filled(**WHOLE))
    told = {"requester": requester, "request": request, "documents": documents}
    assert missing(asked.rule.need, told) == ()
    assert submit(FOLDERS["daan-cctv"].pack, told).admitted


@pytest.mark.parametrize("end", ["from", "to"])
def test_an_incident_with_one_end_alone_is_asked_again_and_never_left_out(end: str) -> None:
    answers = filled(**WHOLE, **{f"request__incident__{end}": "2026-11-01T16:00"})
    requester, request, documents = facts(form("daan-cctv", "internal"), answers)
    told = {"requester": requester, "request": request, "documents": documents}
    assert submit(FOLDERS["daan-cctv"].pack, told).missing == ("request.incident",)


def test_an_answer_that_was_not_asked_for_goes_nowhere() -> None:
    requester, request, documents = facts(
        form("daan-cctv", "internal"), filled(request__chain="chain.none", requester__person="p-1", documents=["x"])
    )
    assert requester == {}
    assert request == {"kind": "internal"}
    assert documents == []
