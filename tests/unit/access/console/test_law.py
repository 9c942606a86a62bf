"""The wording of clauses: every clause in every language, in that language and no other."""

from __future__ import annotations

import csv
import re
from pathlib import Path

POLICIES = Path(__file__).parents[4] / "policies"
# Ids of clauses, and what has no Chinese name.
LATIN = re.compile(r"[A-Za-z]{2,}")


def rows(name: str) -> dict[str, dict[str, str]]:
    with (POLICIES / name).open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}


def test_every_clause_is_told_in_chinese_in_the_same_order() -> None:
    assert list(rows("clauses.zh-Hant.tsv")) == list(rows("clauses.tsv"))


def test_a_translated_clause_has_place_and_wording_and_no_english_left() -> None:
    for row in rows("clauses.zh-Hant.tsv").values():
        assert row["clause"]
        assert row["requirement"]
        left = LATIN.findall(row["clause"] + re.sub(r"(SPD|NPA|DAAN|LIVE)-\d+", "", row["requirement"]))
        assert left == [], row["id"]
