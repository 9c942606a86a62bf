"""Words of handing in a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "takes_no_requests": ("This policy takes no requests.", "本規定不受理申請。"),
    "for_classes": ("for: {classes}", "適用：{classes}"),
    "requester_part": ("Applicant", "申請人"),
    "request_part": ("Request", "申請事由"),
    "footage_part": ("When and where", "日期時間及地點範圍"),
    "documents_part": ("Documents", "文件"),
    "document_hint": ("Tick what you hand in with the form.", "請勾選隨表所附文件。"),
    "without_refused": ("Without it the request is refused.", "未附者不予受理。"),
    "only_if": ("only if: {when}", "僅適用：{when}"),
    "personal_hint": (
        "Goes to the vault under a key of its own, never on the log.",
        "以專屬金鑰存於個資保險庫，不記入紀錄。",
    ),
    "chain_hint": ("Signs: {steps}.", "核章：{steps}。"),
    "hand_in": ("Hand in the request", "送出申請"),
    "other_kind": ("Another kind", "改選類別"),
    "no_cameras": ("No camera is bound to this policy yet.", "尚無適用本規定之攝影機。"),
    "camera_ids": ("Camera numbers, separated by commas", "攝影機編號，以逗號分隔"),
    "not_answered": ("{question} is not answered", "{question}：未填寫"),
    "check_footage": ("Is there footage?", "查詢影像是否存在"),
    "footage_there": ("{kept} segments are kept for this time.", "該期間保存中之影像計 {kept} 段。"),
    "footage_gone": ("{gone} segments are destroyed already.", "其中 {gone} 段已銷毀。"),
    "footage_none": ("No footage of these cameras is recorded for this time.", "該期間無所選攝影機之影像紀錄。"),
    "footage_incomplete": ("Choose cameras, from and to first.", "請先選擇攝影機及起迄時間。"),
    "no_answer": ("not stated", "未填"),
}
