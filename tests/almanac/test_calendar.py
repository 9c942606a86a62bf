"""A sample of what ``make calendar`` holds against every change of every clock from 1990 to 2060, and what it found."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from services.kernel.policy.facts import instants
from tests.almanac.cases import month_ends
from tests.almanac.checks import LIMITS, Limits, everything_about, of_recordings, period_ends_as_counted_by_hand
from tests.almanac.days import PERIODS
from tests.almanac.zones import changes, names

SEED = 20_261_122
# A lost day, a half-hour change, a change at midnight, a zone that goes back for a month, two hours at once.
HARD = (
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Casablanca",
    "Antarctica/Troll",
)


def test_around_sampled_changes_of_clocks_no_recording_goes_early_or_is_planned_late() -> None:
    draw = Random(SEED)
    chosen = [*HARD, *draw.sample(names(), 12)]
    changed = [draw.choice(changes(name)) for name in chosen if changes(name)]
    assert [said for change in changed for said in everything_about(change)] == []


@pytest.mark.parametrize("zone", ["Asia/Taipei", "America/Los_Angeles", "Asia/Kathmandu"])
def test_leap_days_and_month_ends_keep_every_interval(zone: str) -> None:
    starts = sorted(set(month_ends(ZoneInfo(zone), [Random(SEED).choice([1992, 2000, 2024, 2056])])))
    found = [said for text in PERIODS for start in starts for said in period_ends_as_counted_by_hand(zone, text, start)]
    limits = LIMITS[::3]
    assert found + [said for each in limits for said in of_recordings(zone, each, starts[::5])] == []


def test_recordings_of_one_hour_at_a_months_end_each_go_before_their_own_maximum() -> None:
    """A month from 28 February ends up to three days before a month from 1 March: the hour's instant was late."""
    starts = [datetime(1995, 3, 1, 4, 59, 59, tzinfo=UTC), datetime(1995, 3, 1, 4, 0, tzinfo=UTC)]
    assert list(of_recordings("America/New_York", Limits(destroy="P1M"), starts)) == []


def test_in_a_zone_that_is_half_an_hour_off_both_days_of_an_hour_keep_their_maximum() -> None:
    starts = [datetime(2025, 2, 28, 18, minute, tzinfo=UTC) for minute in (15, 29, 30, 45)]
    assert [s for start in starts for s in of_recordings("Asia/Kolkata", Limits(destroy="P1M"), [start])] == []


@pytest.mark.parametrize(
    ("zone", "limits", "text"),
    [
        ("Africa/El_Aaiun", Limits(keep="P1M"), "2012-07-20T02:00+00:00"),  # ends where the clocks jump
        ("Asia/Karachi", Limits(keep="P1Y"), "2008-10-31T18:00+00:00"),  # ends where an hour is shown twice again
        ("Asia/Karachi", Limits(destroy="P1Y"), "2008-10-31T18:00+00:00"),
    ],
)
def test_what_began_as_an_hour_was_shown_again_and_ends_at_a_change_counts_both_ends(
    zone: str, limits: Limits, text: str
) -> None:
    """Python keeps in a time which showing it was; carried on to the end of the period, it hid the other one."""
    start = datetime.fromisoformat(text)
    periods = [limits.keep or limits.destroy]
    assert [said for each in periods for said in period_ends_as_counted_by_hand(zone, each, start)] == []
    assert list(of_recordings(zone, limits, [start])) == []


def test_a_day_that_never_was_leaves_nothing_past_its_maximum() -> None:
    """Samoa had no 30 December 2011: the clocks' jump is longer than the time left for carrying a destruction out."""
    (lost,) = [change for change in changes("Pacific/Apia") if change.jump.days == 1]
    assert list(everything_about(lost)) == []


def test_a_wall_time_that_was_shown_twice_or_never_counts_as_both() -> None:
    zone = ZoneInfo("America/New_York")
    twice, never, plain = (
        instants(text, zone) for text in ("2025-11-02T01:30", "2025-03-09T02:30", "2025-03-09T12:00")
    )
    assert [at.hour for at in twice] == [5, 6]
    assert sorted(at.hour for at in never) == [6, 7]
    assert [at.hour for at in plain] == [16]
    assert len(instants("2025-11-02", ZoneInfo("America/Havana"))) == 2
