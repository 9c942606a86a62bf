"""Registers on paper: every field of every row in both languages, the agency's columns, period, printer and pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.access.console.dates import Dates
from services.access.forms.register_columns import OPTIONAL, TOGETHER, asked_columns, clauses_of, printed
from services.access.forms.register_page import Asked, html, pdf
from services.access.forms.register_words import EMPTY, Reader
from services.kernel.policy import Pack
from services.runtime.packs import load_pack
from tests.fakes.printed import Printed

REPOSITORY = Path(__file__).parents[3]
POLICIES = REPOSITORY / "policies"
AT = datetime(2026, 11, 22, 8, 0, 5, tzinfo=UTC)
NPA, DAAN = load_pack(POLICIES / "npa-bwc"), load_pack(POLICIES / "daan-cctv")
COLUMNS = [
    {"name": name, "en": f"<{name}>", "zh": f"〈{name}〉"}
    for name in dict.fromkeys(name for cells in TOGETHER.values() for cell in cells for name in cell)
]
STEPS = ["unit_head approved p-0002 unit_head 2026-11-22T08:00:05Z"]


def row(register: str, number: int) -> dict[str, Any]:
    told: dict[str, Any] = {name: f"{name}-{number}" for cell in TOGETHER[register] for name in cell}
    known = {"action": "view", "steps": STEPS, "footage_from": "2026-11-22T08:00:05Z", "cameras": ["c-1", "c-2"]}
    return told | {name: value for name, value in known.items() if name in told} | {"sha256": "ab" * 32}


def asked(register: str, pack: Pack | None = None, **more: Any) -> Asked:  # noqa: ANN401
    return Asked(register=register, pack=pack, person_id="p-0042", name="Fong", at=AT, **more)


def reader(language: str) -> Reader:
    return Reader(language=language, dates=Dates(zone=ZoneInfo("Asia/Taipei"), language=language))


def text_of(content: bytes) -> str:
    found = Printed(content)
    return "".join("".join(found.text(page).split()) for page in range(found.pages))


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@pytest.mark.parametrize("register", list(TOGETHER))
def test_the_paper_has_every_field_of_every_row(register: str, language: str) -> None:
    rows = [row(register, number) for number in (1,)]
    said = text_of(pdf(asked(register), COLUMNS, rows, reader(language)))
    for each in rows:
        for name, value in each.items():
            if name in {name for cell in TOGETHER[register] for name in cell}:
                for line in reader(language).lines(value):
                    assert "".join(line.split()) in said, (name, line)
    assert "p-0042" in said


def test_period_printer_pages_and_agency_stand_on_it() -> None:
    rows = [row("requests", number) for number in range(12)]
    content = pdf(asked("requests", NPA, starts_at=AT), COLUMNS, rows, reader("zh-Hant"))
    found = Printed(content)
    assert found.pages > 1
    last = "".join(found.text(found.pages - 1).split())
    assert f"頁次{found.pages}/{found.pages}" in last
    assert "列印人：Fong（p-0042），115-11-2216:00:05" in last
    assert "〈number〉" in last
    first = "".join(found.text(0).split())
    assert "內政部警政署申請紀錄清冊期間：115-11-2216:00起" in first


@pytest.mark.parametrize(("language", "said"), [("en", "Signatures of annex 3"), ("zh-Hant", "附件三簽核")])
def test_rules_stand_by_what_their_policy_calls_them_and_the_others_by_their_ids(language: str, said: str) -> None:
    titles = {"chain.annex3": dict(DAAN.chains["chain.annex3"].title)}
    named = {"chain": "chain.annex3", "steps": ["chain.annex3", "chain.other"], "titles": titles}
    page = html(asked("requests"), COLUMNS, [row("requests", 1) | named], reader(language))
    assert "chain.annex3" not in page
    assert page.count(said) == 2
    assert "chain.other" in page


def test_an_empty_register_says_so_in_words() -> None:
    assert "No entries in this period." in html(asked("access"), COLUMNS, [], reader("en"))
    assert "本期間無紀錄。" in html(asked("access"), COLUMNS, [], reader("zh-Hant"))


def test_what_somebody_typed_stays_text() -> None:
    typed = row("requests", 1) | {"purpose": "<script>alert(1)</script>", "cause": None}
    page = html(asked("requests"), COLUMNS, [typed], reader("en"))
    assert "&lt;script&gt;" in page
    assert f"<div>{EMPTY}</div>" in page


def test_each_agency_has_the_columns_of_its_clauses_and_everybody_the_common_ones() -> None:
    def names(pack: Pack, register: str) -> set[str]:
        return {name for cell in printed(register, asked_columns(register, pack)) for name in cell}

    assert {"duty_item", "title", "asked_time", "number", "steps"} <= names(NPA, "requests")
    assert not {"statute", "case_number"} & names(NPA, "requests")
    assert {"statute", "legal_basis", "use"} <= names(DAAN, "requests")
    assert "duty_item" not in names(DAAN, "requests")
    assert {"officer", "shift", "destroyed_by"} <= names(NPA, "catalog")
    assert {"officer", "transfer_case"} <= names(DAAN, "catalog"), "no clause of its own asks: nothing is left out"
    assert clauses_of(["duty_item"], asked_columns("requests", NPA)) == ["NPA-21"]


def test_no_column_is_forgotten_or_printed_twice() -> None:
    from services.analytics.registers.queries import REGISTERS

    for name, register in REGISTERS.items():
        together = [column for cell in TOGETHER[name] for column in cell]
        assert sorted(together) == sorted(heading.name for heading in register.columns)
        assert OPTIONAL[name] <= set(together)


def test_a_policy_may_ask_for_every_column_there_is_and_for_no_other() -> None:
    written = json.loads((REPOSITORY / "schemas" / "policy" / "pack.schema.json").read_text("utf-8"))
    asked = written["$defs"]["policy"]["properties"]["register_columns"]["properties"]
    for register, cells in TOGETHER.items():
        assert asked[register]["propertyNames"]["enum"] == sorted(name for cell in cells for name in cell)
