"""Dates as the agency writes them: its zone, years of the Republic in Chinese, 24 hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.access.console.dates import Dates

NOON = datetime(2026, 11, 24, 16, 30, 15, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
ZH = Dates(zone=TAIPEI, language="zh-Hant")
EN = Dates(zone=TAIPEI, language="en")


def test_chinese_counts_years_of_the_republic_on_the_agencys_clock() -> None:
    assert ZH.instant(NOON) == "115-11-25 00:30"
    assert ZH.long(NOON) == "115 年 11 月 25 日（三）00:30"


def test_english_has_gregorian_years_on_the_same_clock() -> None:
    assert EN.instant(NOON) == "2026-11-25 00:30"
    assert EN.instant(NOON, seconds=True) == "2026-11-25 00:30:15"


def test_an_instant_of_the_api_is_read_as_it_is_told() -> None:
    assert EN.instant("2026-11-24T16:30:15Z") == EN.instant(NOON)


def test_an_interval_names_its_day_once() -> None:
    assert EN.span(NOON, NOON + timedelta(minutes=20)) == "2026-11-25 00:30–00:50"
    assert EN.span(NOON, NOON + timedelta(seconds=10)) == "2026-11-25 00:30:15–00:30:25"
    assert EN.span(NOON, NOON + timedelta(days=1)) == "2026-11-25 00:30 – 2026-11-26 00:30"
    assert EN.span(NOON, None) == "2026-11-25 00:30 –"


@pytest.mark.parametrize(
    ("length", "english", "chinese"),
    [
        (timedelta(hours=6, minutes=48), "6 h 48 min", "6 小時 48 分鐘"),
        (timedelta(days=1, hours=2, minutes=5), "1 d 2 h", "1 日 2 小時"),
        (timedelta(seconds=10), "10 s", "10 秒"),
        (timedelta(hours=2), "2 h", "2 小時"),
        (timedelta(minutes=3), "3 min", "3 分鐘"),
        (timedelta(seconds=-5), "0 min", "0 分鐘"),
    ],
)
def test_what_is_left_is_told_in_two_units(length: timedelta, english: str, chinese: str) -> None:
    assert (EN.left(length), ZH.left(length)) == (english, chinese)


def test_nothing_is_no_date() -> None:
    assert EN.instant(None) == ""
    assert EN.day("") == ""
