"""Locations are readable, safe, bounded, and used once."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.storage.adapter import BadLocation
from services.ingest.storage.naming import BadTemplate, check_template, checked, location, safe_segment

TAIPEI = ZoneInfo("Asia/Taipei")
STARTED = datetime(2026, 11, 21, 16, 30, 5, 250_000, tzinfo=UTC)


def place(template: str, generation: int = 1, token: str = "00ff", **values: str) -> str:
    return location(
        template, started_at=STARTED, zone=TAIPEI, generation=generation, suffix=".MP4", token=token, **values
    )


def test_dates_are_the_agencys_and_the_start_is_utc() -> None:
    assert place("{camera}/{year}/{month}/{day}/", camera="cam-1") == (
        "cam-1/2026/11/22/20261121T163005.250Z_g1_00ff.mp4"
    )


def test_a_body_worn_file_begins_with_its_shift_and_its_officer() -> None:
    found = place("{device}/{year}/{month}/{day}/{shift}_{officer}", device="bwc-7", shift="早班", officer="p-0012")
    assert found == "bwc-7/2026/11/22/早班_p-0012_20261121T163005.250Z_g1_00ff.mp4"


def test_the_same_footage_stored_again_gets_another_place() -> None:
    again = {place("{camera}/", token="", camera="cam-1") for _ in range(100)}
    assert len(again) == 100
    assert place("{camera}/", generation=2, camera="cam-1") != place("{camera}/", camera="cam-1")


def test_a_shift_that_nobody_has_filed_is_unknown_not_missing() -> None:
    assert place("{device}/{shift}/", device="bwc-7", shift="").startswith("bwc-7/unknown/")


@pytest.mark.parametrize("camera", ["../../etc", "/etc/passwd", "..", ".", ".ssh", "a\x00b", "a\nb", "a/../b", "con:"])
def test_no_name_climbs_out_hides_or_breaks_a_line(camera: str) -> None:
    folder = place("{camera}/", camera=camera).split("/")[0]
    assert folder not in {"", ".", ".."}
    assert not folder.startswith(".")
    assert not set(folder) & set("/\\\x00\n:")


def test_spaces_and_chinese_stay_as_they_are() -> None:
    assert safe_segment("大安 分局 前門") == "大安 分局 前門"


def test_values_that_would_look_alike_stay_apart() -> None:
    assert len({safe_segment(value) for value in ("a/b", "a_b", "a:b", "a?b")}) == 4


@given(st.text(max_size=400))
def test_any_text_makes_one_bounded_segment(value: str) -> None:
    segment = safe_segment(value)
    assert 0 < len(segment.encode()) <= 96
    assert checked(f"{segment}/a.mp4") == f"{segment}/a.mp4"


@pytest.mark.parametrize(
    "template", ["{owner}/", "/abs/{camera}", "{camera}/../x", "a//{camera}", "{camera.__class__}/"]
)
def test_a_template_that_leaves_its_store_is_refused(template: str) -> None:
    with pytest.raises(BadTemplate):
        check_template(template)


def test_a_template_that_needs_more_than_is_known_says_what() -> None:
    with pytest.raises(BadTemplate, match="officer"):
        place("{camera}/{officer}/", camera="cam-1")


def test_a_location_has_a_bounded_length() -> None:
    with pytest.raises(BadLocation, match="900"):
        place("/".join(["{camera}"] * 12) + "/", camera="相" * 40)
