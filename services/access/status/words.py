"""The words of the status page in both languages; states are named as the glossary names them (decision 23)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LANGUAGES: Final = ("en", "zh-Hant")

STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    # word: symbol, English, Traditional Chinese
    "received": ("◌", "received", "已收件"),
    "accepted": ("◐", "accepted, securing", "已受理，保全處理中"),
    "parked": ("◐", "securing: waits for two persons", "保全處理中：待二人處理"),
    "effective": ("■", "effective", "保全生效"),
    "released": ("□", "released", "已解除保全"),
    "in_chain": ("◌", "in the chain of signatures", "簽核中"),
    "routed": ("→", "routed to another office", "移送權責機關"),
    "returned": ("↩", "returned to the applicant for correction", "退回補正中"),
    "granted": ("✓", "granted", "已核准"),
    "denied": ("⊘", "denied", "駁回"),
    "refused": ("⊘", "refused (not accepted)", "不予受理"),
    "withdrawn": ("–", "withdrawn", "撤回"),
    "fulfilled": ("✓", "fulfilled", "已辦結"),
    "expired": ("–", "term over", "期限屆滿"),
}
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "hold": ("hold", "影像保全"),
    "request": ("open request", "申請處理中"),
    "rescue": ("rescue", "恢復"),
}
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("State of the system", "系統狀態"),
    "console": ("Console", "管理介面"),
    "skip": ("Skip to the content", "跳至內容"),
    "as_of": ("by the database clock", "依資料庫時鐘"),
    "calm": ("Every service answers and nothing is overdue.", "各服務正常，無逾期未銷毀。"),
    "not_calm": ("Something needs a person", "有事項待處理"),
    "services": ("Services", "服務"),
    "service": ("Service", "服務"),
    "state": ("State", "狀態"),
    "says": ("What it says", "內容"),
    "answers": ("answers", "正常"),
    "silent": ("does not answer", "無回應"),
    "still": ("answers, but stands still in part:", "有回應，惟部分停止運作："),
    "unset": ("no address set", "未設定位址"),
    "zero": ("Must stay zero", "應維持為零"),
    "as_it_must": ("as it must be", "符合"),
    "must_be_zero": ("must be zero", "應為零"),
    "overdue": ("overdue", "逾期未銷毀"),
    "parked_records": ("records of the protection log that can't be read", "無法讀取之保全紀錄"),
    "unanswered": ("services that do not answer or stand still", "無回應或停止運作之服務"),
    "footage": ("Footage", "影像"),
    "segments": ("segments recorded", "已收錄片段"),
    "destroying": ("being destroyed", "銷毀中"),
    "gone": ("gone, with receipt", "已銷毀，有收據"),
    "past_maximum_protected": ("past maximum and protected", "逾最長期限而受保全"),
    "log": ("Protection log", "保全紀錄"),
    "decided": ("decided", "已決定"),
    "published": ("acknowledged by the broker", "已由訊息系統確認"),
    "open_clearances": ("clearances without an outcome", "未有結果之銷毀放行"),
    "protections": ("Holds and other protections", "影像保全"),
    "none_protected": ("Nothing is protected now.", "目前無保全。"),
    "kind": ("Kind", "種類"),
    "cameras": ("Cameras", "攝影機"),
    "from_to": ("From / to", "起迄"),
    "any": ("any", "不限"),
    "open_end": ("open", "未定"),
    "secured": ("Secured", "已保全"),
    "until": ("Not before", "不早於"),
    "review": ("Review by", "複查日"),
    "review_over": ("{date}, overdue", "{date}，逾期未複查"),
    "requests": ("Requests", "申請"),
    "none_requests": ("No request has been handed in yet.", "尚無申請。"),
    "number": ("Number", "件數"),
    "events": ("Last decisions on the log", "最近之決定"),
    "none_events": ("The log is empty.", "尚無紀錄。"),
    "when": ("When", "時間"),
    "event": ("Event", "事件"),
    "about": ("About", "對象"),
    "who": ("By", "辦理者"),
    "until_released": ("until released", "至解除為止"),
    "one_officer": ("one officer", "特定員警"),
    "one_incident": ("one incident", "特定案件"),
    "language": ("Language", "語言"),
    "refresh": ("This page renews itself every few seconds.", "本頁每數秒自動更新。"),
    "stop": ("Stop renewing", "停止更新"),
    "go_on": ("Renew again", "繼續更新"),
}


def word(name: str, language: str) -> str:
    """Return a word of the page; the name itself where it has none, so that nothing is hidden."""
    found = WORDS.get(name)
    return name if found is None else found[LANGUAGES.index(language)]


def state(name: str, language: str) -> tuple[str, str]:
    """Return symbol and word of a state."""
    found = STATES.get(name)
    return ("?", name) if found is None else (found[0], found[1 + LANGUAGES.index(language)])


def instant(told: str | None, language: str, *, seconds: bool = False) -> str:
    """Return an instant of the API as people write it here: the year of the Republic in Chinese, always UTC."""
    if told is None:
        return ""
    year, month, day = told[:4], told[5:7], told[8:10]
    clock = told[11 : 19 if seconds else 16]
    if language == "zh-Hant":
        return f"{int(year) - 1911}年{int(month)}月{int(day)}日 {clock} UTC"
    return f"{year}-{month}-{day} {clock} UTC"


def review(hold: Mapping[str, Any], language: str) -> str:
    """Return a protection's review date as the API tells it, with a word where nobody has looked at it since."""
    date = instant(hold["review_by"], language)
    return word("review_over", language).format(date=date) if hold["review_due"] else date


def kind(name: str, language: str) -> str:
    """Return the word for a kind of protection."""
    found = KINDS.get(name)
    return name if found is None else found[LANGUAGES.index(language)]


def language_of(asked: str, accepts: str) -> str:
    """Return the page's language: as asked, else as the browser prefers, else English."""
    if asked in LANGUAGES:
        return asked
    for part in accepts.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-Hant"
        if tag.startswith("en"):
            return "en"
    return "en"
