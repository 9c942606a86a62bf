"""File names tell a time in the recorder's own zone; no clock is believed against all the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

import pytest

from services.ingest.media.clocks import Verdict, weigh
from services.ingest.media.found import ClockSource, DoubtKind
from services.ingest.media.names import BadPattern, NamePattern, NoSuchLocalTime

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAIPEI, SEATTLE = ZoneInfo("Asia/Taipei"), ZoneInfo("America/Los_Angeles")


def starts(text: str, zone: ZoneInfo, path: str, near: datetime = NOW) -> datetime | None:
    return NamePattern(text=text, zone=zone).starts(PurePath(path), near)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("%Y-%m-%d_%H-%M-%S", "/r/2026-11-21_23-10-59.mp4", "2026-11-21T15:10:59Z"),
        ("%Y-%m-%d_%H-%M-%S", "/r/2026-11-21_23-10-59-1.mp4", "2026-11-21T15:10:59Z"),
        ("%Y/%m/%d/01-%Y%m%d%H%M%S", "/r/front/2026/11/21/01-20261121231059.mp4", "2026-11-21T15:10:59Z"),
        ("%Y-%m-%d/%H/*/%M.%S", "/r/2026-11-21/23/front/10.59.mp4", "2026-11-21T15:10:59Z"),
        ("%Y-%m-%d_%H-%M-%S-%f", "/r/2026-11-21_23-10-59-250000.mp4", "2026-11-21T15:10:59.250000Z"),
        ("*@%Y%m%d%H%M%S%z", "/r/cam@20261121231059+0000.mp4", "2026-11-21T23:10:59Z"),
        ("%s", "/r/1795273859.mp4", "2026-11-21T15:10:59Z"),
        ("大安_%Y%m%d%H%M%S", "/r/大安_20261121231059.mp4", "2026-11-21T15:10:59Z"),
    ],
)
def test_recorders_names_are_read(pattern: str, path: str, expected: str) -> None:
    assert starts(pattern, TAIPEI, path) == datetime.fromisoformat(expected)


def test_a_name_that_does_not_fit_says_nothing() -> None:
    assert starts("%Y-%m-%d_%H-%M-%S", TAIPEI, "/r/holiday.mp4") is None


def test_fields_that_contradict_each_other_do_not_fit() -> None:
    assert starts("%Y/%m/%d/%Y%m%d%H%M%S", TAIPEI, "/r/2026/11/21/20261120231059.mp4") is None


@pytest.mark.parametrize("pattern", ["%Y-%m-%d", "", "%H%M%S", "%Y%m%d%H%M%S%q"])
def test_a_pattern_without_a_second_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        NamePattern(text=pattern, zone=TAIPEI)


@pytest.mark.parametrize(("written", "expected"), [(8, 8), (9, 9)])
def test_the_hour_that_comes_twice_is_settled_by_the_last_write(written: int, expected: int) -> None:
    near = datetime(2026, 11, 1, written, 35, tzinfo=UTC)
    found = starts("%Y%m%d%H%M%S", SEATTLE, "20261101013000.mp4", near)
    assert found == datetime(2026, 11, 1, expected, 30, tzinfo=UTC)


def test_the_hour_that_spring_skips_is_no_time() -> None:
    with pytest.raises(NoSuchLocalTime):
        starts("%Y%m%d%H%M%S", SEATTLE, "20260308023000.mp4")


def verdict(created: str | None, name: str = "x.mp4", modified: datetime = NOW) -> Verdict:
    return weigh(
        creation_time=created,
        path=PurePath(name),
        pattern=NamePattern(text="%Y%m%d%H%M%S", zone=TAIPEI),
        modified_at=modified,
        duration=timedelta(minutes=1),
        now=NOW,
    )


def test_clocks_that_agree_leave_no_doubt() -> None:
    found = verdict("2026-11-22T11:58:58Z", "20261122195858.mp4")
    assert found.doubts == ()
    assert [reading.source for reading in found.readings] == list(ClockSource)


def test_a_container_that_contradicts_its_name_is_doubted_and_still_told() -> None:
    found = verdict("2026-11-22T01:00:00Z", "20261122195858.mp4")
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.CLOCKS_DISAGREE]
    assert found.chosen is not None
    assert found.chosen.source is ClockSource.METADATA


def test_footage_that_starts_after_its_file_was_written_is_doubted() -> None:
    found = verdict("2026-11-22T11:00:00Z", modified=NOW - timedelta(hours=3))
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.CLOCKS_DISAGREE]


def test_footage_from_an_older_recorder_is_not_doubted_for_its_age() -> None:
    assert verdict("2019-01-02T03:04:05Z").doubts == ()


@pytest.mark.parametrize(("ahead", "doubted"), [(239, False), (301, True)])
def test_footage_may_end_at_most_five_minutes_from_now(ahead: int, doubted: bool) -> None:
    created = NOW + timedelta(seconds=ahead)
    found = verdict(created.isoformat(), modified=created + timedelta(minutes=1))
    assert (DoubtKind.IN_THE_FUTURE in {doubt.kind for doubt in found.doubts}) is doubted


def test_a_name_of_an_impossible_day_is_a_doubt_not_a_crash() -> None:
    found = verdict(None, "20260231010101.mp4")
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.NO_SUCH_LOCAL_TIME]
    assert found.chosen is not None


@pytest.mark.parametrize("created", ["yesterday", "", "2026-13-01T00:00:00Z"])
def test_metadata_that_is_no_time_is_no_reading(created: str) -> None:
    assert [reading.source for reading in verdict(created).readings] == [ClockSource.MODIFIED]


def test_footage_of_1970_is_a_flat_battery_and_not_believed() -> None:
    found = verdict("1970-01-01T00:00:30Z")
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.BEFORE_CAMERAS]
    assert found.chosen is not None
    assert found.chosen.source is ClockSource.MODIFIED
