"""A sheet is data: what is wrong with it is said where it stands, and every place of it is filled or stays blank."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.access.forms.entries import Entries
from services.access.forms.filling import filled
from services.access.forms.limits import length, must_fit
from services.access.forms.marks import Calendar, Mark
from services.access.refusals import Unusable
from services.kernel.policy.paper import DoesNotFit, Paper, paper_of
from services.runtime.packs import PackBroken, load_folder
from services.runtime.settings import REPOSITORY

ANNEX_3 = Path("forms/annex-3.yaml")
TAIPEI = Calendar(zone=ZoneInfo("Asia/Taipei"), roc=True, language="zh-Hant")
SEATTLE = Calendar(zone=ZoneInfo("America/Los_Angeles"), roc=False, language="en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(REPOSITORY / "policies" / "daan-cctv", tmp_path / "daan-cctv")


def faults(folder: Path, old: str, new: str) -> str:
    file = folder / ANNEX_3
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PackBroken) as broken:
        load_folder(folder, scenarios=False)
    return str(broken.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{request.purpose}", "{request.porpoise}", "nobody fills in 'request.porpoise'"),
        ("{request.purpose}", "{request.action}", "request.purpose stands nowhere on the paper"),
        ("{year:recorded.submitted_at}", "{year:requester.name}", "'requester.name' is no time"),
        ("{year:recorded.submitted_at}", "{yaer:recorded.submitted_at}", "is no place to fill in"),
        ("legal_basis=point_6_1", "legal_basis=point_6_9", "request.legal_basis can't be 'point_6_9'"),
        ("{signature:secretary}", "{signature:mayor}", "'mayor' doesn't sign this form"),
        ("{signature:secretary}", "{requester.name}", "nobody can sign 'secretary' on the paper"),
        ("kinds: [internal", "kinds: [interval", "paper.kinds names 'interval'"),
        ("languages: [zh-Hant]", "languages: [zh-Hant, en]", "isn't there in en"),
        ("columns: [21, 21,", "columns: [31, 21,", "larger than A4"),
        ("{style: title, columns: 7", "{style: title, columns: 6", "leave part of the row open"),
        ("{style: title, columns: 7", "{style: title, columns: 8", "run over the columns"),
        ("style: title", "style: headline", "headline"),
        ("calendar: roc", "calendar: lunar", "lunar"),
    ],
)
def test_a_paper_that_is_wrong_is_not_loaded_and_says_why(folder: Path, old: str, new: str, says: str) -> None:
    assert says in faults(folder, old, new)


def test_two_forms_never_print_the_same_kind_of_request(folder: Path) -> None:
    shutil.copy(folder / ANNEX_3, folder / "forms" / "second.yaml")
    assert "two forms print this kind of request" in faults(folder, "id: annex-3", "id: annex-three")


def one_cell(text: str, language: str = "zh-Hant") -> Paper:
    row = {"height": 10, "cells": [{"text": {language: text}}]}
    paper = paper_of({"id": "x", "paper": {"kinds": [], "languages": [language], "columns": [50], "rows": [row]}})
    assert paper is not None
    return paper


def said(text: str, facts: dict[str, Any], calendar: Calendar = TAIPEI, **marks: list[Mark]) -> str:
    entries = Entries(number="", version="", facts=facts, marks=marks)
    (cell,) = filled(one_cell(text, calendar.language), entries, calendar)
    return "\n".join("".join(run.text for run in line) for line in cell.lines)


def test_a_date_is_written_in_years_of_the_republic_by_the_agencys_clock() -> None:
    asked = {"request": {"time": "2026-12-31T17:05:09Z"}}
    assert said("{year:request.time} 年 {month:request.time} 月 {day:request.time} 日", asked) == "116 年 1 月 1 日"
    assert (
        said("{hour:request.time} 時 {minute:request.time} 分 {second:request.time} 秒", asked) == "01 時 05 分 09 秒"
    )


def test_a_time_that_is_no_time_stands_as_it_was_written_and_a_bare_date_leaves_the_hour_blank() -> None:
    assert (
        said("{year:request.time}年{hour:request.time}時", {"request": {"time": "tomorrow"}})
        == "tomorrow年\u3000\u3000時"
    )
    assert (
        said("{year:request.time}年{hour:request.time}時", {"request": {"time": "2026-11-23"}}) == "115年\u3000\u3000時"
    )


def test_what_nobody_answered_stays_blank_and_its_box_empty() -> None:
    assert said("□{box:request.action=view}{request.purpose}", {}) == "□□"
    assert said("{box:request.action=view}{box:request.action=copy}", {"request": {"action": ["copy"]}}) == "□■"


def test_where_clocks_change_an_hour_that_comes_twice_names_its_zone() -> None:
    times = ("2026-11-01T08:30:00Z", "2026-11-01T09:30:00Z")
    first, second = (said("{at:request.time}", {"request": {"time": each}}, SEATTLE) for each in times)
    assert (first, second) == ("2026-11-01 01:30 PDT", "2026-11-01 01:30 PST")


def test_a_signature_says_decision_role_person_time_and_in_whose_stead() -> None:
    at = datetime(2026, 11, 22, 9, 2, 3, tzinfo=UTC)
    mark = Mark(decision="核准", role="supervisor", person="p-0004", at=at, on_behalf_of="p-0006")
    lines = said("{signature:decide}", {}, decide=[mark]).replace("\u00a0", " ")
    assert lines == "核准 主管 p-0004 (代 p-0006)\n115 年 11 月 22 日 17 時 02 分"


def test_what_would_turn_or_hide_words_on_paper_is_left_out() -> None:
    assert said("{request.purpose}", {"request": {"purpose": "a\u202eb\x00c\ud800d\u200be"}}) == "abcde"


def test_paragraphs_of_an_answer_run_on() -> None:
    assert said("{request.purpose}", {"request": {"purpose": "one\n\n\n two\t three\r\n"}}) == "one two three"


def test_braces_in_an_answer_are_words_and_no_place() -> None:
    assert said("{request.purpose}", {"request": {"purpose": "{requester.name}"}}) == "{requester.name}"


@pytest.mark.parametrize("spans", [{"columns": 2}, {"rows": 2}])
def test_a_cell_that_runs_over_its_sheet_is_no_cell(spans: dict[str, int]) -> None:
    row = {"height": 10, "cells": [{"text": {"en": ""}} | spans]}
    with pytest.raises(DoesNotFit):
        paper_of({"paper": {"kinds": [], "languages": ["en"], "columns": [50], "rows": [row]}})


@pytest.fixture(scope="module")
def forms() -> Callable[[str], Any]:
    return lambda pack: load_folder(REPOSITORY / "policies" / pack, scenarios=False).forms.values()


def test_an_answer_may_be_as_long_as_its_place_and_not_a_character_longer(forms: Callable[[str], Any]) -> None:
    facts: dict[str, Any] = {"requester": {"name": "n" * 60}, "request": {"kind": "police", "cause": "c" * 400}}
    must_fit(forms("npa-bwc"), facts)
    with pytest.raises(Unusable, match=r"request\.cause has 401 characters; annex-2 has room for 400") as long:
        must_fit(forms("npa-bwc"), facts | {"request": {"kind": "police", "cause": "c" * 401}})
    assert (long.value.kind, long.value.clauses) == ("AnswerTooLong", ("NPA-21",))


def test_a_list_is_as_long_as_it_is_printed() -> None:
    assert (length(["ab", "c"]), length("abc"), length(None), length([])) == (5, 3, 0, 0)
