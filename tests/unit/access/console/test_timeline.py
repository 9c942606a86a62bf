"""A camera's timeline is to scale, joins what stands alike, and draws nothing that nobody told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.access.console import timeline
from services.access.console.deletion import exceptions_first, week
from services.access.console.holds import strip
from services.access.console.timeline import HAIR, Band, Window
from services.runtime.packs import load_pack

POLICIES = Path(__file__).parents[4] / "policies"
T0 = datetime(2026, 11, 1, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WINDOW = Window(starts=T0, ends=T0 + 10 * DAY)
NONE: frozenset[datetime] = frozenset()


def segment(minute: float, length: float = 10, state: str = "kept") -> dict[str, object]:
    starts = T0 + timedelta(minutes=minute)
    ends = starts + timedelta(minutes=length)
    return {"from": starts.isoformat(), "to": ends.isoformat(), "state": state, "segments": 1}


def test_an_instant_lies_where_its_time_says() -> None:
    assert [WINDOW.x(T0 + part * DAY) for part in (0, 2.5, 5, 10)] == [0, 25, 50, 100]
    assert (WINDOW.x(T0 - DAY), WINDOW.x(T0 + 11 * DAY)) == (0, 100)


def test_the_drawn_width_is_the_length_of_the_interval() -> None:
    (placed,) = WINDOW.place([Band(kind="kept", starts=T0 + DAY, ends=T0 + 3 * DAY)])
    assert (placed.x, placed.width) == (10, 20)


def test_a_band_is_cut_to_the_window_and_what_lies_outside_is_left_out() -> None:
    across = Band(kind="kept", starts=T0 - DAY, ends=T0 + DAY)
    outside = Band(kind="kept", starts=T0 - 2 * DAY, ends=T0)
    (placed,) = WINDOW.place([across, outside])
    assert (placed.x, placed.width) == (0, 10)


def test_what_is_too_narrow_to_see_is_drawn_as_a_hair() -> None:
    (placed,) = WINDOW.place([Band(kind="gap", starts=T0 + DAY, ends=T0 + DAY + timedelta(minutes=1))])
    assert placed.width == HAIR


def test_segments_in_a_row_are_one_band_and_are_counted() -> None:
    bands = timeline.footage([segment(10), segment(0), segment(20)], NONE)
    assert [(band.starts, band.ends, band.number) for band in bands] == [(T0, T0 + timedelta(minutes=30), 3)]


def test_a_hole_between_segments_stays_a_hole() -> None:
    bands = timeline.footage([segment(0), segment(15)], NONE)
    assert [band.number for band in bands] == [1, 1]


def test_what_stands_differently_is_never_one_band() -> None:
    bands = timeline.footage([segment(0, state="gone"), segment(10), segment(20, state="destroying")], NONE)
    assert [band.kind for band in bands] == ["gone", "kept", "destroying"]


def test_only_an_hour_that_is_wholly_queued_is_drawn_as_queued() -> None:
    line = {"camera_id": "cam-19", "hour": T0.isoformat(), "segments": 3, "queued": 2, "commanded": 1}
    partly = line | {"hour": (T0 + timedelta(hours=1)).isoformat(), "commanded": 0}
    other = line | {"camera_id": "cam-20", "hour": (T0 + timedelta(hours=2)).isoformat()}
    assert timeline.queued_hours([line, partly, other], "cam-19") == {T0}


def test_queued_footage_that_is_gone_already_stays_gone() -> None:
    bands = timeline.footage([segment(0, state="gone"), segment(10)], frozenset({T0}))
    assert [band.kind for band in bands] == ["gone", "queued"]


def told(kind: str = "hold", state: str = "effective", until: str | None = None, **scope: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "cameras": ["cam-19"],
        "area": "",
        "officer": "",
        "incident": "",
        "from": T0.isoformat(),
        "to": None,
    }
    about: dict[str, object] = {"hold_id": "h-1", "request_id": "", "matter": "112-1", "protects_until": until}
    return {"kind": kind, "state": state, "scopes": [whole | scope]} | about


def kinds(*protections: dict[str, object]) -> list[str]:
    return [b.kind for b in timeline.protections(protections, "cam-19", "hall", T0, WINDOW.ends)]


def test_a_hold_is_drawn_as_held_only_when_it_is_effective() -> None:
    assert kinds(told(), told(state="accepted"), told(kind="request")) == ["held", "securing", "asked"]


def test_a_hold_of_another_camera_or_one_that_ended_is_not_drawn() -> None:
    assert kinds(told(cameras=["cam-20"]), told(until=T0.isoformat()), told(cameras=[], area="garage")) == []


def test_a_hold_of_the_cameras_area_or_of_everything_is_drawn() -> None:
    assert kinds(told(cameras=[], area="hall"), told(cameras=[])) == ["held", "held"]


def test_which_footage_an_officer_or_incident_means_is_not_guessed() -> None:
    assert kinds(told(cameras=[], officer="p-1"), told(incident="i-1")) == []


def test_an_open_end_reaches_to_the_end_of_the_window() -> None:
    (band,) = timeline.protections([told()], "cam-19", "", T0, WINDOW.ends)
    assert band.ends == WINDOW.ends


def test_the_minimum_stands_where_footage_reaches_it_now() -> None:
    minimum, maximum = timeline.limits(load_pack(POLICIES / "daan-cctv"), T0)
    assert minimum is not None
    assert T0 - minimum >= 90 * DAY
    assert maximum is None


def test_the_table_tells_the_intervals_of_the_picture_in_order() -> None:
    bands = [Band(kind="kept", starts=T0 + n * DAY, ends=T0 + (n + 1) * DAY) for n in (3, 1, 40)]
    assert [band.starts for band in timeline.table(bands, WINDOW)] == [T0 + DAY, T0 + 3 * DAY]


def test_ticks_are_whole_days_or_hours_within_the_window() -> None:
    ticks = WINDOW.ticks()
    assert all((tick - T0) % DAY == timedelta() for tick in ticks)
    assert ticks[-1] <= WINDOW.ends


def line(stage: str, next_at: str, camera_id: str = "c", segments: int = 1) -> dict[str, object]:
    return {"stage": stage, "next_at": next_at, "camera_id": camera_id, "segments": segments}


def test_exceptions_stand_before_what_goes_as_it_should() -> None:
    lines = [line("queued", "2026-11-01T00:00:00Z"), line("overdue", "2026-11-09T00:00:00Z")]
    assert [each["stage"] for each in exceptions_first(lines)] == ["overdue", "queued"]


def counted(camera: str, day: str, segments: int, stage: str = "queued") -> dict[str, object]:
    return {"camera_id": camera, "day": day, "segments": segments, "stage": stage, "hours": 1}


def test_the_week_is_counted_by_camera_and_day_with_overdue_on_top() -> None:
    days = ["2026-11-01", "2026-11-02", "2026-11-03"]
    told = [counted("a", days[1], 3), counted("a", days[1], 2, "commanded"), counted("b", days[2], 4)]
    told += [counted("b", "2026-10-30", 1, "overdue"), counted("a", "2026-11-04", 9)]
    first, second = week(told, days)
    assert (first.camera_id, first.by_day, first.overdue, first.total) == ("b", (1, 0, 4), 1, 5)
    assert (second.camera_id, second.by_day, second.overdue) == ("a", (0, 5, 0), 0)


def test_a_queued_hour_is_cut_out_of_its_band_and_no_segment_is_lost() -> None:
    told = {"state": "kept", "from": T0.isoformat(), "to": (T0 + 3 * HOUR).isoformat(), "segments": 18}
    bands = timeline.footage([told], frozenset({T0 + HOUR}))
    assert [(each.kind, each.number) for each in bands] == [("kept", 6), ("queued", 6), ("kept", 6)]


def test_a_strip_is_drawn_by_what_each_list_counts() -> None:
    assert strip(gone=1, destroying=0, held=3) == (("gone", 0, 25), ("held", 25, 75))
    assert strip(gone=0, destroying=0, held=0) == ()
