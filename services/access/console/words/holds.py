"""Words of the hold board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "holds_count": (
        "holds: {number} · effective: {effective} · securing: {securing} · waiting for a second person: {second}",
        "{number} 件 ・ 生效 {effective} ・ 處理中 {securing} ・ 待第二人 {second}",
    ),
    "no_holds": ("Nothing is held. Looked at {when}.", "目前無保全（{when} 查核）。"),
    "list_of_holds": ("List of holds", "保全清單"),
    "new_hold": ("Place a hold", "新增保全"),
    "matter": ("Matter or case number", "案件或案號"),
    "authority": ("Who orders it, and under which rule", "命令機關及依據"),
    "matter_and_authority": ("Matter, authority", "案件與依據"),
    "matter_of_request": ("request {number}", "申請案 {number}"),
    "decided_under": ("{rule}, decided by {name}", "{rule}，{name} 核定"),
    "scope": ("Scope", "範圍"),
    "scope_lists": ("Scope: secured, in destruction, already gone", "範圍：已保全／銷毀中／已不存在"),
    "review_by": ("Review date", "複查日"),
    "release": ("Release (two persons)", "解除（二人）"),
    "secured_segments": ("Secured segments: {number}", "已保全 {number} 段"),
    "destroying_segments": ("In destruction before the hold: {number}", "保全前已進入銷毀：{number} 段"),
    "gone_segments": ("Already gone, with receipt: {number}", "已銷毀，有收據：{number} 段"),
    "matches_nothing": (
        "Matched nothing stored when custody answered. Check area, officer and incident; what comes later is held.",
        "保管服務回覆時，無任何現存影像符合。請核對區域、人員與事件編號；日後到達且符合者仍予保全。",
    ),
    "not_answered_yet": ("Custody has not answered yet: not effective.", "保管服務尚未回覆，未生效。"),
    "in_flight": (
        "Batches cleared before it: {number}; custody decides on each.",
        "其前已放行 {number} 批，由保管服務逐批判斷。",
    ),
    "effective_since": ("effective since {when}", "{when} 起生效"),
    "propose_release": ("Propose release", "提議解除"),
    "agree_release": ("Agree: release for good", "同意解除"),
    "proposed_by": ("Proposed by {name}", "{name} 提議解除"),
    "your_own_proposal": ("You proposed it: another person agrees.", "係您提議，須由他人同意。"),
    "move_review": ("Move the review date", "展延複查日"),
    "released_until": (
        "Released. Kept until {when}, then its policy counts again.",
        "已解除。保存至 {when}，其後依規定辦理。",
    ),
    "release_says": (
        "After a release nothing goes before the recovery window is over.",
        "解除後，復原期間屆滿前不銷毀。",
    ),
    "hold_beats": ("A hold beats deletion", "保全先於銷毀"),
    "hold_beats_says": (
        (
            "Accepted once it is on the log: from then on nothing in its scope enters destruction but batches cleared "
            "before, which the answer names. Effective once custody has applied it."
        ),
        "記入紀錄即受理，其範圍內不再進入銷毀；先前已放行之批次於回覆中列明。保管服務套用後始為生效。",
    ),
    "why_two": ("Why two persons", "為何要二人"),
    "why_two_says": (
        "After a release the footage goes as its policy says, for good. Proposer and approver are never one person.",
        "解除後影像將依規定銷毀，無法復原。提議人與同意人不得為同一人。",
    ),
    "kinds_shown": ("Protections of requests and rescues", "申請案及恢復之保護"),
    "kind_hold": ("hold", "影像保全"),
    "kind_request": ("request", "申請案"),
    "kind_rescue": ("rescue", "恢復"),
    "waits_second": ("release waits for a second person", "解除待第二人"),
    "in_days": ("in {length}", "{length}後"),
    "review_over": ("review is overdue", "逾期未複查"),
    "one_officer": ("one officer's cameras", "特定員警之攝影機"),
    "one_incident": ("one incident", "特定案件"),
    "hold_everything": (
        "Hold everything: no camera is named, so it covers every segment, {number} today.",
        "確認保全全部影像：未指定攝影機，目前共 {number} 段。",
    ),
    "hold_everything_uncounted": (
        "Hold everything: no camera is named, and how many segments it covers can't be counted now.",
        "確認保全全部影像：未指定攝影機，目前無法計數。",
    ),
    "open_end_allowed": ("Leave empty for an open end", "留空為未定"),
}
