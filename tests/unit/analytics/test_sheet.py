"""A register as a spreadsheet opens it."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.registers.columns import ACCESS, CATALOG, REQUESTS, Heading
from services.analytics.registers.queries import REGISTERS, Register
from services.analytics.registers.sheet import cell, inert, sheet

TAIPEI = ZoneInfo("Asia/Taipei")
TWO = (Heading(name="a", en="Name", zh="名稱"), Heading(name="b", en="When", zh="時間"))


async def _listed(rows: list[Mapping[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
    for row in rows:
        yield row


def text(rows: list[Mapping[str, Any]]) -> str:
    async def read() -> str:
        return "".join([part async for part in sheet(TWO, _listed(rows), zone=TAIPEI, language="both", packs={})])

    return asyncio.run(read())


def test_it_begins_with_the_mark_and_both_languages() -> None:
    assert text([]) == "\ufeff名稱 Name,時間 When\r\n"


def test_times_are_to_the_second_in_the_zone_asked_for() -> None:
    at = datetime(2026, 3, 1, 8, 0, 5, 999_999, tzinfo=UTC)
    assert cell(at, TAIPEI) == "2026-03-01 16:00:05+08:00"


@given(st.text(alphabet="=+-@\t\r\n\"', ;王a1", max_size=12))
def test_no_cell_begins_like_a_formula_and_nothing_is_lost(value: str) -> None:
    (_, row) = list(csv.reader(io.StringIO(text([{"a": value, "b": None}]), newline="")))
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert row[0].removeprefix("'") == value.removeprefix("'") or row[0] == value


def test_a_harmless_cell_is_left_alone() -> None:
    assert inert("cam-1/2026/03") == "cam-1/2026/03"


@pytest.mark.parametrize("columns", [CATALOG, REQUESTS, ACCESS])
def test_every_column_is_headed_in_both_languages(columns: tuple[Heading, ...]) -> None:
    assert all(heading.en.isascii() and not heading.zh.isascii() for heading in columns)
    assert len({heading.name for heading in columns}) == len(columns)


@pytest.mark.parametrize("register", REGISTERS.values(), ids=lambda register: register.name)
def test_every_column_stands_in_the_query(register: Register) -> None:
    assert all(heading.name in register.sql for heading in register.columns)
