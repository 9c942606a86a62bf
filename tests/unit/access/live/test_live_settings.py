"""Every setting of the live gateway stands in its page, with the value that it has without being set."""

from __future__ import annotations

import re

from services.access.live.settings import LiveSettings
from services.runtime.settings import REPOSITORY

PAGE = (REPOSITORY / "docs" / "live.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `CAMLEDGER_LIVE_(\w+)` \| `?([^|`]*)`? \|", PAGE, flags=re.MULTILINE))


def test_the_page_lists_every_setting_and_no_other() -> None:
    assert {name.lower() for name in ROWS} == set(LiveSettings.model_fields)


def test_the_page_says_what_each_is_without_being_set() -> None:
    plain = {
        name: str(ROWS[name.upper()]).strip()
        for name in ("lost_after_s", "window_s", "segment_bytes_max", "streams_max")
    }
    assert plain == {name: str(LiveSettings.model_fields[name].default) for name in plain}


def test_without_settings_no_camera_has_a_live_picture() -> None:
    assert LiveSettings().upstream_of("cam-1") == ""
