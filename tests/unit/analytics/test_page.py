"""The statistic's page: both languages, one scale, and a zero that turns red."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from services.analytics.statistics.page import DAYS_ON_PAGE, bars, page, volume
from services.analytics.statistics.queries import Counts, Holds, Line, Period, Statistic
from services.analytics.statistics.texts import TEXTS

AT = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)


def line(day: str, recorded: int, destroyed: int = 0, camera: str = "cam-1") -> Line:
    return Line(agency="daan", camera=camera, day=day, counts=Counts(recorded=recorded, destroyed=destroyed))


def counted(*lines: Line, **total: int) -> Statistic:
    return Statistic(
        as_of=AT,
        period=Period(starts_at=None, ends_at=AT, policy=None, zone="Asia/Taipei"),
        total=sum((one.counts for one in lines), Counts(**total)),
        holds=Holds(in_force=1, effective=1, released=0, found_gone=0),
        lines=lines,
    )


@pytest.mark.parametrize("language", TEXTS)
def test_each_language_says_every_word(language: str) -> None:
    assert TEXTS[language].keys() == TEXTS["en"].keys()
    shown = page(counted(line("2026-03-01", 4, 1)), language)
    assert TEXTS[language]["destroyed"] in shown
    assert "2026-04-01 00:00 +0800" in shown


def test_no_missing_receipt_is_a_framed_zero_and_one_is_filled() -> None:
    assert "zero broken" not in page(counted(line("2026-03-01", 4)), "en")
    assert "zero broken" in page(counted(line("2026-03-01", 4), receipts_missing=1), "en")


def test_bars_share_one_scale_and_a_destroyed_part_is_never_taller() -> None:
    drawn = bars([line("2026-03-01", 4, 1), line("2026-03-01", 4, camera="cam-2"), line("2026-03-02", 2, 2)])
    assert [(bar.recorded_height, bar.destroyed_height) for bar in drawn] == [(100.0, 12.5), (25.0, 25.0)]


def test_a_year_is_cut_to_what_a_page_can_show() -> None:
    assert len(bars([line(f"2026-{month:02}-{day:02}", 1) for month in range(1, 13) for day in range(1, 29)])) == (
        DAYS_ON_PAGE
    )


def test_an_empty_period_says_so_and_divides_by_nothing() -> None:
    assert TEXTS["en"]["none"] in page(counted(), "en")


def test_a_camera_named_like_markup_stays_text() -> None:
    assert "<script>" not in page(counted(line("2026-03-01", 1, camera="<script>")), "en")


def test_the_page_asks_nobody_else_for_anything() -> None:
    asked: list[str] = []

    class Finder(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            asked.extend(name for name, _ in attrs if name in {"src", "href", "action"} or tag == "script")

    Finder().feed(page(counted(line("2026-03-01", 1)), "en"))
    assert asked == []


@pytest.mark.parametrize(("size", "said"), [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (42_000_000, "42 MB")])
def test_sizes_read_like_sizes(size: int, said: str) -> None:
    assert volume(size) == said
