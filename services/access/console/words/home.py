"""Words of the first page: tasks and how the system stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "system_state": ("System state", "系統狀態"),
    "all_answer": ("Every service answers", "各服務正常"),
    "not_all_answer": ("{services} not answering", "{services} 無回應"),
    "stands_still": (
        "{service} answers, but stands still in part: {parts}",
        "{service}有回應，惟部分停止運作：{parts}",
    ),
    "overdue_count": ("Overdue: {number}", "逾期未銷毀：{number}"),
    "overdue_unknown": ("Overdue: not known now", "逾期未銷毀：目前無法查知"),
    "breaker_open": ("Deletion is stopped by a breaker", "銷毀作業：自動停止裝置已動作"),
    "deletion_runs": ("Deletion: allowed to run", "銷毀作業：可執行"),
    "deletion_unknown": ("Deletion: not known now", "銷毀作業：目前無法查知"),
    "parked_count": ("Records that can't be read: {number}", "無法讀取之紀錄：{number}"),
    "log_behind": ("{number} decisions wait for the broker", "{number} 項決定待訊息系統確認"),
    "my_tasks": ("My tasks, first to run out first", "我的待辦，先到期者在前"),
    "tasks_count": (
        "Tasks: {number} · one shared axis: the next seven days",
        "{number} 件 ・ 共用同一時間軸：未來七日",
    ),
    "no_tasks": ("Nothing waits for you. Looked at {when}.", "目前無待辦事項（{when} 查核）。"),
    "urgent": ("Urgent", "最速件"),
    "soon": ("Soon", "速件"),
    "normal": ("Normal", "普通件"),
    "task_sign": ("Request {number}: waiting for your signature", "申請案 {number}：待您核章"),
    "task_own": ("Request {number}: {step}", "申請案 {number}：{step}"),
    "task_own_granted": ("Request {number}: granted", "申請案 {number}：已核准"),
    "task_runs_out": (
        "Request {number}: its footage can be deleted from {when}",
        "申請案 {number}：所請影像 {when} 起可銷毀",
    ),
    "task_confirm": ("Request {number}: more footage than one request protects", "申請案 {number}：逾單一申請保護範圍"),
    "task_review": ("Hold of {matter}: review date", "保全（{matter}）：複查日"),
    "task_review_over": ("Hold of {matter}: review is overdue", "保全（{matter}）：逾期未複查"),
    "with": ("with: {who}", "目前：{who}"),
    "no_hold_yet": ("no hold yet", "尚未保全"),
    "left": ("{length} left", "剩 {length}"),
    "over": ("over", "已屆"),
    "open": ("Open", "檢視"),
    "review_it": ("Review", "審核"),
    "place_hold": ("Place hold", "申請保全"),
    "axis_note": (
        (
            "The black line is now. Red bars are spoliation clocks: at their end the request no longer protects and "
            "the minimum is over. A hold keeps the footage until two persons release it."
        ),
        "粗黑線為現在。紅色為滅失時鐘：到時申請不再保護且已達最短保存期限。保全則至二人解除為止。",
    ),
    "lately_by_itself": ("What the system did by itself", "系統自行辦理事項"),
    "lately_refused": ("Lately refused", "近期不予受理"),
    "hold": ("Hold", "保全"),
    "times_done": ("Times", "次數"),
    "by_itself_of": ("Counted among the newest {number} events of this kind.", "就最近 {number} 筆自行辦理紀錄計算。"),
    "none_by_itself": ("Nothing so far.", "尚無。"),
    "none_refused": ("Nothing was refused.", "尚無不予受理案件。"),
    "reason": ("Reason", "理由"),
    "under": ("Under", "依據"),
}
