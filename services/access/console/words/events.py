"""Words of the page of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "events_title": ("Events of {what} {number}", "{what} {number} 之紀錄"),
    "events_all_of": ("Events of {what}", "{what}之紀錄"),
    "events_request": ("request", "申請案"),
    "events_hold": ("hold", "影像保全"),
    "events_project": ("project", "專案"),
    "events_policy": ("policy", "管理規定"),
    "events_camera": ("camera", "攝影機"),
    "events_copy": ("copy", "複本"),
    "events_viewing": ("viewing", "閱覽"),
    "events_footage": ("footage of", "影像"),
    "events_due": ("what goes on", "應銷毀影像"),
    "events_type": ("the kind", "類別"),
    "events_log": ("the log:", "公開紀錄"),
    "events_newest": ("the newest", "最新"),
    "events_overdue": ("overdue footage", "逾期未銷毀影像"),
    "events_past_maximum": ("footage past its maximum, lawfully protected", "逾最長期限而受保護之影像"),
    "events_week": ("what is on its way out", "待銷毀影像"),
    "events_note": (
        "As they stand on the log, the newest first. Nothing on it can be changed or taken away.",
        "依紀錄所載，最新在前；紀錄不得變更或移除。",
    ),
    "events_none": (
        "Nothing stands behind it now ({when}): nothing is counted, or the audit log hasn't taken it in yet.",
        "目前無紀錄（{when}）：無計入事項，或公開紀錄尚未收錄。",
    ),
    "events_of_segments": (
        "What the audit log has of each segment, with its place in it; a proof of any of them can be checked.",
        "公開紀錄所載各影像段及其位置；各筆均可驗證。",
    ),
    "events_some": ("There are more; the first of them are listed.", "另有其他，僅列前段。"),
    "events_all": ("All events, with their place on the log", "全部紀錄及其位置"),
    "place_on_log": ("Place on the log", "紀錄位置"),
    "as_recorded": ("as recorded", "紀錄原文"),
    "nth": ("no. {number}", "第 {number} 筆"),
    "nth_of_audit": ("audit log no. {number}", "公開紀錄第 {number} 筆"),
    "events_behind": ("events", "紀錄"),
}
