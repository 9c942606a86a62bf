"""A register's page shows the columns that have something in them, and names the others."""

from __future__ import annotations

from typing import Any

from services.access.console.registers import filled

COLUMNS = [{"name": name} for name in ("number", "title", "cameras", "gaps")]


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in filled(COLUMNS, rows)]


def test_a_column_that_any_row_fills_is_shown() -> None:
    assert names([{"number": "r-1", "title": None, "cameras": []}, {"number": "r-2", "cameras": ["cam-1"]}]) == [
        "number",
        "cameras",
    ]


def test_a_zero_is_a_value() -> None:
    assert names([{"number": "r-1", "gaps": 0}]) == ["number", "gaps"]


def test_the_column_that_names_the_row_stands_even_when_it_is_empty() -> None:
    assert names([{"cameras": ["cam-1"]}]) == ["number", "cameras"]
