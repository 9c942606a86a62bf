"""docs/fault-model.md: every row names tests that exist, every zero its bound, and nothing is told in nines."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "fault-model.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
TARGET = re.compile(r"`make ([a-z-]+)[^`]*`")
ROWS = ROW.findall(PAGE)


@cache
def functions(path: str) -> frozenset[str]:
    if not (ROOT / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_the_list_has_its_twenty_four_failures_each_once() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 25))


@pytest.mark.parametrize("row", ROWS, ids=[number for number, *_ in ROWS])
def test_a_failure_names_tests_that_exist(row: tuple[str, str, str, str]) -> None:
    *_, proof = row
    named = TEST.findall(proof)
    assert named
    assert [f"{path}::{name}" for path, name in named if name not in functions(path)] == []


def test_every_test_and_command_that_the_page_names_exists() -> None:
    assert [f"{path}::{name}" for path, name in TEST.findall(PAGE) if name not in functions(path)] == []
    assert set(TARGET.findall(PAGE)) <= targets()


def test_beside_every_zero_stands_the_bound_of_the_rule_of_three() -> None:
    figures = PAGE.partition("## Figures")[2]
    zeros = re.findall(r"\| 0 of ([\d,]+) \| ([^|]+) \|", figures)
    assert len(re.findall(r"\| 0 of ", figures)) == len(zeros) > 0
    for chances, bound in zeros:
        assert float(bound.strip().removeprefix("< ")) == pytest.approx(3 / int(chances.replace(",", "")), rel=0.05)


def test_durability_is_never_told_in_nines() -> None:
    assert not re.search(r"99\.9|\bnines\b", PAGE)
