"""A list names the clock of each time where its rows go by several, and once where they share one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from services.access.console.dates import Dates
from services.access.console.zones import beside, named

TAIPEI, SEATTLE = (Dates(zone=ZoneInfo(name), language="en") for name in ("Asia/Taipei", "America/Los_Angeles"))


def test_each_time_names_its_clock_where_rows_differ() -> None:
    zones = named(TAIPEI, [TAIPEI, SEATTLE])
    assert (zones.once, zones.of(TAIPEI), zones.of(SEATTLE)) == ("", " Asia/Taipei", " America/Los_Angeles")


def test_a_clock_that_all_rows_share_is_named_once_unless_the_head_names_it() -> None:
    assert named(TAIPEI, [SEATTLE, SEATTLE]).once == "America/Los_Angeles"
    assert named(TAIPEI, [SEATTLE]).of(SEATTLE) == ""
    assert named(TAIPEI, [TAIPEI, TAIPEI]).once == ""
    assert named(TAIPEI, []).once == ""


def test_a_single_time_names_its_clock_when_it_is_not_the_heads() -> None:
    assert beside(TAIPEI, SEATTLE) == " America/Los_Angeles"
    assert beside(TAIPEI, TAIPEI) == ""
