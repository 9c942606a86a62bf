"""The printed forms against the annexes, field by field: words in order, entries in their cells, one page of A4."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from services.access.forms import sheet
from services.access.forms.filling import Filled, Run
from services.access.requests.file import preservation_id
from services.kernel.events import RequestGranted
from services.kernel.policy.paper import Cell, Style
from services.kernel.scope import Scope
from services.runtime.refusal import Refusal
from tests.fakes.printed import Printed, Rectangle
from tests.integration.forms.annexes import ANNEX_2, ANNEX_3, Field
from tests.integration.forms.examples import (
    DAAN,
    DAAN_SIGNED,
    NOW,
    NPA,
    NPA_SIGNED,
    REQUEST,
    SEATTLE,
    SEATTLE_SIGNED,
    Sheet,
    bordered,
    handed_in,
    longest,
    result,
    sheet_of,
    signed,
)

ANNEXES = {"npa-bwc": ANNEX_2, "daan-cctv": ANNEX_3}
FORMS: dict[str, tuple[str, dict[str, Any], list[Any]]] = {
    "npa-bwc": ("annex-2", NPA, signed(NPA_SIGNED)),
    "daan-cctv": ("annex-3", DAAN, [*signed(DAAN_SIGNED), *result()]),
    "spd-cctv": ("request", SEATTLE, signed(SEATTLE_SIGNED)),
}
FOOTER_MM = 284.0
PAGE_NUMBERS = str.maketrans("", "", "0123456789/")


@cache
def blank(pack: str) -> Printed:
    return Printed(of(pack).blank())


@cache
def printed(pack: str, lang: str = "zh-Hant") -> Printed:
    _, facts, more = FORMS[pack]
    return Printed(of(pack).pdf(*handed_in(of(pack), facts, *more), lang))


def of(pack: str) -> Sheet:
    return sheet_of(pack, FORMS[pack][0])


def box(cell: Cell) -> Rectangle:
    return Rectangle(left=cell.left, top=cell.top, width=cell.width, height=cell.height)


def labelled(pack: str) -> list[tuple[Field, Cell]]:
    """Find each label of the annex on the blank sheet, going down it once: a label out of order isn't found."""
    cells = sorted(of(pack).paper.cells, key=lambda cell: (cell.top, cell.left))
    found: list[tuple[Field, Cell]] = []
    at = 0
    for field in ANNEXES[pack]:
        while at < len(cells) and not is_label(field, blank(pack).words_in(box(cells[at]))):
            at += 1
        assert at < len(cells), f"{field.clause}: {field.label} isn't there, or not where the annex has it"
        found.append((field, cells[at]))
    return found


def is_label(field: Field, words: str) -> bool:
    return field.label in words if field.where == "same" else words.endswith(field.label) and words[0] not in "□■"


def entry(pack: str, page: Printed, label: Cell, where: str) -> str:
    """Return what stands in the cell to the right of a label, below it, or in its own."""
    for cell in of(pack).paper.cells:
        beside = cell.top == label.top and abs(cell.left - label.left - label.width) < 0.01
        below = cell.left == label.left and abs(cell.top - label.top - label.height) < 0.01
        if (where == "right" and beside) or (where == "below" and below) or (where == "same" and cell is label):
            return page.words_in(box(cell))
    raise AssertionError(f"no cell {where} of it")


@pytest.mark.parametrize("pack", ANNEXES)
def test_every_field_of_the_annex_is_there_in_its_wording_and_order_and_blank_as_on_paper(pack: str) -> None:
    for field, label in labelled(pack):
        if field.where != "none":
            assert field.blank in entry(pack, blank(pack), label, field.where), (field.clause, field.label)
        if field.where != "none" and not field.blank:
            assert not entry(pack, blank(pack), label, field.where)


@pytest.mark.parametrize("pack", ANNEXES)
def test_what_was_answered_signed_and_found_stands_in_the_cell_of_its_label(pack: str) -> None:
    for field, label in labelled(pack):
        if field.where == "same":
            assert field.entry in entry(pack, printed(pack), label, "same"), (field.clause, field.label)
        elif field.where != "none":
            assert entry(pack, printed(pack), label, field.where) == field.entry, (field.clause, field.label)


@pytest.mark.parametrize("pack", FORMS)
def test_a_form_is_one_page_of_a4_with_every_cell_ruled_and_every_word_inside_one(pack: str) -> None:
    page = printed(pack)
    assert (page.pages, page.size) == (1, (210, 297))
    assert all(page.is_ruled(box(cell)) for cell in bordered(of(pack).paper))
    assert not outside(pack, page)


@pytest.mark.parametrize("letter", ["調", "W"])
@pytest.mark.parametrize("pack", FORMS)
def test_the_longest_answers_that_are_taken_in_stay_in_their_cells_on_one_page(pack: str, letter: str) -> None:
    form, facts, more = FORMS[pack]
    printing = sheet_of(pack, form)
    file, personal = handed_in(printing, longest(printing, facts, letter), *more)
    page = Printed(printing.pdf(file, personal))
    assert (page.pages, outside(pack, page)) == (1, "")
    for cell in printing.cells(file, personal):
        wanted = "".join("".join(run.text for run in line) for line in cell.lines).split()
        assert page.words_in(box(cell.cell)) == "".join(wanted)


def test_an_opinion_too_long_for_its_cell_stands_whole_on_an_annexed_page() -> None:
    opinion = "".join(chr(0x4E00 + number) for number in range(2000))
    page = Printed(of("npa-bwc").pdf(*handed_in(of("npa-bwc"), NPA, *signed(NPA_SIGNED, opinion))))
    annexed = "".join("".join(page.text(number).split()) for number in range(1, page.pages)).translate(PAGE_NUMBERS)
    label = next(label for field, label in labelled("npa-bwc") if field.label.startswith("公關業務單位"))
    assert entry("npa-bwc", page, label, "right") == "會辦公共關係室p-0008115年11月22日12時02分（詳附頁）"
    assert "公關業務單位(會辦)" in annexed
    assert opinion in annexed
    assert not outside("npa-bwc", page)


def test_many_marks_in_a_small_cell_leave_it_together_and_a_cell_too_small_for_its_own_words_is_named() -> None:
    small = Cell(style=Style.ENTRY, left=15, top=15, width=40, height=8, lines={})
    marks = tuple((Run(text=f"核章 p-{number:04}", is_entry=True),) for number in range(40))
    page = Printed(sheet.pdf([Filled(cell=small, lines=marks)], "x", "1", "x", "zh-Hant"))
    assert page.words_in(box(small)) == "（詳附頁）"
    assert "核章p-0039" in "".join(page.text(1).split())
    with pytest.raises(Refusal, match="don't fit their own cell") as refused:
        sheet.pdf([Filled(cell=small, lines=((Run(text="字" * 900),),))], "x", "1", "x", "zh-Hant")
    assert refused.value.kind == "PaperTooSmall"


@pytest.mark.parametrize("pack", FORMS)
def test_the_same_facts_give_the_same_bytes(pack: str) -> None:
    _, facts, more = FORMS[pack]
    again = of(pack).pdf(*handed_in(of(pack), facts, *more))
    assert again == printed(pack).content


def test_a_granted_preservation_names_its_hold_under_other() -> None:
    asked = DAAN["request"] | {"kind": "preservation", "action": "preserve", "legal_basis": "point_7_2"}
    scope = Scope(cameras=("daan-01",), starts_at=NOW, ends_at=NOW)
    granted = RequestGranted(request_id=REQUEST, grant_version=1, actions=("preserve",), scope=scope, valid_until=NOW)
    page = Printed(of("daan-cctv").pdf(*handed_in(of("daan-cctv"), DAAN | {"request": asked}, granted)))
    said = "".join(page.text(0).split())
    assert "■第七點第2項：影像保全" in said
    assert f"■其他：影像保全{preservation_id(REQUEST)}" in said
    assert "□閱覽攝影機編號：" in said


def test_an_annex_is_chinese_whoever_asks_and_our_own_design_has_both_languages() -> None:
    assert of("npa-bwc").paper.language("en") == "zh-Hant"
    assert of("daan-cctv").paper.language("en") == "zh-Hant"
    assert "Request for recorded footage" in printed("spd-cctv", "en").text(0)
    assert "影像申請" in printed("spd-cctv", "zh-Hant").text(0)


def test_seattles_form_says_what_was_asked_on_which_ground_and_who_signed_by_seattles_clock() -> None:
    said = "".join(printed("spd-cctv", "en").text(0).split())
    assert "■law-enforcementagency" in said
    assert "■warrant" in said
    assert "Reference:W-1" in said
    assert "Documents:warrant_copy" in said
    assert "approvedcaptainp-00112026-11-2119:02PST" in said


def outside(pack: str, page: Printed) -> str:
    """Return every character that isn't wholly inside one cell, the line at the foot of the sheet left out."""
    boxes = [box(cell) for cell in of(pack).paper.cells]
    lost = [c for c in page.characters if c.top < FOOTER_MM and not any(c.inside(each) for each in boxes)]
    return "".join(c.text for c in lost)
