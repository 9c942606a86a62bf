"""Words of the page of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "events_title": ("Events of {what} {number}", "{what} {number} 之紀錄"),
    "events_request": ("request", "申請案"),
    "events_hold": ("hold", "影像保全"),
    "events_project": ("project", "專案"),
    "events_note": (
        "As they stand on the log, the newest first. Nothing on it can be changed or taken away.",
        "依紀錄所載，最新在前；紀錄不得變更或移除。",
    ),
    "events_all": ("All events, with their place on the log", "全部紀錄及其位置"),
    "place_on_log": ("Place on the log", "紀錄位置"),
    "as_recorded": ("as recorded", "紀錄原文"),
    "nth": ("no. {number}", "第 {number} 筆"),
}
