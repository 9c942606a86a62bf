"""The words of an explanation in English and Traditional Chinese; the states are called as the glossary has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EN: Final = "en"
ZH: Final = "zh-Hant"

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "kept": ("kept", "保存中"),
    "queued": ("queued", "待銷毀"),
    "commanded": ("commanded", "已提議銷毀"),
    "cleared": ("cleared", "已放行"),
    "destroying": ("destroying", "銷毀中"),
    "gone": ("gone", "已銷毀"),
    "held": ("held", "保全中"),
    "rescued": ("rescued", "已恢復"),
    "blocked_by_request": ("blocked by a request", "因申請案保留"),
    "overdue": ("overdue", "逾期未銷毀"),
    "past_maximum_protected": ("past maximum, protected", "逾最長期限（依法保留）"),
}

WHY: Final[Mapping[str, tuple[str, str]]] = {
    "kept": ("It is inside its retention period.", "仍在保存期限內。"),
    "queued": (
        "It is in the recovery window before its destruction; anybody entitled may still protect it.",
        "處於銷毀前的恢復期，有權者仍可聲請保全。",
    ),
    "commanded": (
        "Retention has proposed its destruction; access has not cleared the batch yet.",
        "已提議銷毀，調閱服務尚未放行該批次。",
    ),
    "cleared": (
        "The batch is cleared; custody judges each segment of it once more before anything goes.",
        "該批次已放行，保管服務銷毀前將逐段再次查核。",
    ),
    "destroying": (
        "The point of no return is passed: it is destroyed and a receipt follows.",
        "已進入銷毀程序且不可回復，完成後開立銷毀收據。",
    ),
    "gone": (
        "It was destroyed; the receipt names when, how and under which rule.",
        "已銷毀，收據載明時間、方式與依據。",
    ),
    "held": ("A hold covers it; nothing that a hold covers is destroyed.", "影像保全涵蓋此影像，保全期間不予銷毀。"),
    "rescued": ("It was taken out of the queue until a stated end.", "已自待銷毀清單恢復，保留至所定期限。"),
    "blocked_by_request": ("An open request covers it, inside its term.", "有進行中的申請案，於其期限內保留。"),
    "overdue": (
        "It is past its maximum and nothing protects it: this is an alarm.",
        "已逾最長保存期限且無任何保全，屬警示事項。",
    ),
    "past_maximum_protected": (
        "It is past its maximum and lawfully kept by what protects it.",
        "已逾最長保存期限，因保全而依法保留。",
    ),
    "unbound": (
        "No policy binds its camera, or its version is not installed: without a rule nothing goes.",
        "尚無政策適用於此攝影機，或該版本未安裝；無規則即不予銷毀。",
    ),
}

NEXT: Final[Mapping[str, tuple[str, str]]] = {
    "queue": ("It enters the recovery window.", "進入銷毀前的恢復期。"),
    "command": ("Its destruction is proposed.", "提議銷毀。"),
    "protection_ends": ("The last protection that covers it ends.", "最後一項保全屆滿。"),
    "release": (
        "Two persons release the hold; a whole recovery window follows.",
        "須由二人解除保全，其後另有完整恢復期。",
    ),
    "clear": ("Access clears the batch.", "調閱服務放行該批次。"),
    "mark": ("Custody judges it and destroys it or refuses with a reason.", "保管服務查核後銷毀，或附理由拒絕。"),
    "receipt": ("The receipt is written once every location answers absent.", "所有儲存位置確認不存在後開立收據。"),
    "wait": ("Custody refused; it is proposed again no earlier than this.", "保管服務已拒絕，不早於此時再行提議。"),
    "breaker": ("Two persons reset the breaker.", "須由二人重設銷毀斷路器。"),
    "bind": ("A policy is bound to its camera.", "須將政策適用於此攝影機。"),
    "never": ("Nothing: its policy never disposes of it by time.", "無：其政策不因時間經過而銷毀。"),
    "none": ("Nothing; it is gone.", "無，已銷毀。"),
}


def said(words: Mapping[str, tuple[str, str]], key: str, language: str) -> str:
    """Return what ``key`` is called in ``language``; English where the language is unknown."""
    english, chinese = words[key]
    return chinese if language.lower().startswith("zh") else english
