"""Periods and their readings: never before a minimum under any reading, never planned after a maximum, in any zone."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.policy import Pack, PeriodError, SegmentFacts, due_hour, interval, parse_period
from services.kernel.policy.build import pack_from
from services.kernel.policy.lengths import month_days, shorter
from services.kernel.policy.periods import Period, Reading, ends

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
TEXTS = ("P1M", "P30D", "P90D", "P1Y")
TAIPEI = ZoneInfo("Asia/Taipei")
LONGEST = timedelta(hours=1)
instants = st.integers(0, 70 * 365 * 86_400).map(
    lambda seconds: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TAIPEI)


@pytest.mark.parametrize("text", ["", "P", "PT", "30D", "P-1D", "P1.5D", "P1D2M", "1 month", "P1MT", "p1m"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError, match="not an ISO 8601 period"):
        parse_period(text)


def test_a_period_keeps_months_days_and_hours_apart() -> None:
    assert parse_period("P1Y2M1W3DT4H5M6S") == Period(
        14, 10, timedelta(hours=4, minutes=5, seconds=6), "P1Y2M1W3DT4H5M6S"
    )


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2025-01-10T10:00", "P1M", "2025-02-11T00:00"),
        ("2025-01-31T10:00", "P1M", "2025-03-01T00:00"),
        ("2025-01-29T10:00", "P1M", "2025-03-01T00:00"),
        ("2024-01-29T10:00", "P1M", "2024-03-01T00:00"),
        ("2025-02-28T10:00", "P1M", "2025-04-01T00:00"),
        ("2025-12-31T23:59", "P1M", "2026-02-01T00:00"),
        ("2024-02-28T10:00", "P1Y", "2025-03-01T00:00"),
        ("2025-01-01T10:00", "P90D", "2025-04-02T00:00"),
    ],
)
def test_the_civil_code_counts_from_the_next_day_to_the_end_of_the_last(start: str, text: str, end: str) -> None:
    assert ends(parse_period(text), day(start), TAIPEI, [Reading.TW_CIVIL_CODE]) == (day(end).astimezone(UTC),)


@pytest.mark.parametrize(("start", "end"), [("2025-01-31", "2025-03-01"), ("2025-02-28", "2025-03-29")])
def test_same_number_day_ends_with_that_day(start: str, end: str) -> None:
    assert ends(parse_period("P1M"), day(start), TAIPEI, [Reading.SAME_NUMBER_DAY]) == (day(end).astimezone(UTC),)


def test_hours_run_from_the_instant_under_every_reading() -> None:
    start = day("2025-01-10T10:30")
    for reading in Reading:
        assert ends(parse_period("PT72H"), start, TAIPEI, [reading]) == ((start + timedelta(hours=72)).astimezone(UTC),)


def one_rule_pack(zone: str, text: str, *, maximum: bool, readings: list[str]) -> Pack:
    """The smallest pack that the kernel builds: one retention rule in one zone."""
    period = {"destroy_by": text} if maximum else {"keep_at_least": text}
    return pack_from(
        {
            "id": "p", "version": 1, "status": "draft", "title": {"en": "p"}, "language": "en",
            "agency": {"id": "a", "name": {"en": "a"}}, "effective": "2025-01-01", "enacted_by": [{"id": "i"}],
            "time": {"zone": zone, "readings": readings}, "vocabulary": {"values": {}},
            "change_control": {"id": "c", "shorten": {"approvals": 2, "notice": "P30D"}},
            "retention": {
                "rules": [{"id": "r", "clock": "both", **period}],
                "dispose": "at_maximum" if maximum else "at_minimum",
                "recovery": {"period": "P7D", "margin_days": 1},
                "open_request": {"blocks_for": "P30D"},
                "holds": [],
            },
        },
        digest="0" * 64,
    )  # fmt: skip


def later_calendar_day(start: date, text: str) -> date:
    """An independent count: the day on which the period may end at the earliest, written without the kernel."""
    if text.endswith("D"):
        return start + timedelta(days=int(text[1:-1]))
    months = {"P1M": 1, "P1Y": 12}[text]
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(ZONES), text=st.sampled_from(TEXTS), start=instants, seconds=st.integers(0, 3600))
def test_nothing_goes_before_its_minimum_under_any_reading(zone: str, text: str, start: datetime, seconds: int) -> None:
    pack = one_rule_pack(zone, text, maximum=False, readings=[each.value for each in Reading])
    segment = SegmentFacts(start, start + timedelta(seconds=seconds))
    found = interval(pack, segment)
    assert found.keep_until is not None
    assert found.command_at == found.keep_until + timedelta(days=7)
    local = segment.end.astimezone(ZoneInfo(zone))
    goal = datetime.combine(later_calendar_day(local.date(), text), local.time())
    # UTC is at most a day from any wall clock: this bound needs no rule about folds.
    assert found.keep_until >= goal.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(microseconds=1)
    assert all(found.keep_until >= end for end in ends(parse_period(text), segment.end, ZoneInfo(zone), list(Reading)))


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(ZONES), text=st.sampled_from(TEXTS), start=instants, seconds=st.integers(0, 3600))
def test_nothing_is_planned_after_its_maximum(zone: str, text: str, start: datetime, seconds: int) -> None:
    pack = one_rule_pack(zone, text, maximum=True, readings=[each.value for each in Reading])
    found = interval(pack, SegmentFacts(start, start + timedelta(seconds=seconds)))
    assert found.destroy_by is not None
    assert found.command_at == found.destroy_by - timedelta(days=1)
    assert found.queue_at == found.command_at - timedelta(days=7)
    assert all(found.destroy_by <= end for end in ends(parse_period(text), start, ZoneInfo(zone), list(Reading)))
    if text == "P30D":
        assert found.destroy_by <= start + timedelta(days=30)


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES), text=st.sampled_from(TEXTS), hour=instants, maximum=st.booleans(),
    into=st.integers(0, 3599), lasts=st.integers(0, 3600),
)  # fmt: skip
def test_an_hour_is_early_for_none_of_its_segments(
    *, zone: str, text: str, hour: datetime, maximum: bool, into: int, lasts: int
) -> None:
    pack = one_rule_pack(zone, text, maximum=maximum, readings=[each.value for each in Reading])
    hour = hour.replace(minute=0, second=0, microsecond=0)
    start = hour + timedelta(seconds=into)
    one = interval(pack, SegmentFacts(start, start + timedelta(seconds=lasts)))
    whole = due_hour(pack, hour, hour + timedelta(hours=1), longest=LONGEST).command_at
    assert whole is not None
    assert one.command_at is not None
    assert whole >= one.command_at


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(ZONES), text=st.sampled_from(TEXTS), hour=instants, into=st.integers(0, 3599))
def test_an_hours_maximum_is_late_for_none_of_its_segments(zone: str, text: str, hour: datetime, into: int) -> None:
    pack = one_rule_pack(zone, text, maximum=True, readings=[each.value for each in Reading])
    hour = hour.replace(minute=0, second=0, microsecond=0)
    start = hour + timedelta(seconds=into)
    whole, one = due_hour(pack, hour, hour + LONGEST).destroy_by, interval(pack, SegmentFacts(start, start)).destroy_by
    assert whole is not None
    assert one is not None
    assert whole <= one


@settings(max_examples=60, deadline=None)
@given(one=st.sampled_from(["P28D", "P30D", "P31D", "P1M", "P2M", "P60D", "P1Y", "P365D", "P366D"]), start=instants)
def test_a_period_that_is_not_shorter_never_ends_sooner(one: str, start: datetime) -> None:
    for other in ("P28D", "P30D", "P31D", "P1M", "P2M", "P59D", "P1Y", "P365D"):
        if not shorter(parse_period(one), parse_period(other)):
            ending = [ends(parse_period(each), start, TAIPEI, [Reading.TW_CIVIL_CODE]) for each in (one, other)]
            assert ending[0] >= ending[1]


def test_months_have_the_days_that_months_have() -> None:
    assert month_days(1) == (28, 31)
    assert month_days(2) == (59, 62)
    assert month_days(12) == (365, 366)


def test_a_month_may_be_shorter_than_thirty_days_and_thirty_days_than_a_month() -> None:
    assert shorter(parse_period("P1M"), parse_period("P30D"))
    assert shorter(parse_period("P30D"), parse_period("P1M"))
    assert not shorter(parse_period("P31D"), parse_period("P1M"))


def test_midnight_that_does_not_exist_keeps_the_safe_side() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    found = ends(parse_period("P30D"), datetime(2018, 10, 4, 12, tzinfo=zone), zone, [Reading.TW_CIVIL_CODE])
    assert max(found) - min(found) == timedelta(hours=1)
