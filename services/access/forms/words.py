"""What a form says besides the pack's own words, in both languages: decisions, states, and why a place is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# By the act of a step: what its signature is called.
SIGNED: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "sign": "signed",
        "endorse": "endorsed",
        "review": "reviewed",
        "decide": "approved",
        "consult": "opinion given",
        "establish": "set up",
        "execute": "carried out",
    },
    "zh-Hant": {
        "sign": "簽名",
        "endorse": "核章",
        "review": "審查",
        "decide": "核准",
        "consult": "會辦",
        "establish": "成立",
        "execute": "設定",
    },
}
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "lang": "en",
        "approved": "approved",
        "returned": "returned for correction",
        "denied": "denied",
        "for": "for",
        "withheld": "(not shown to this reader)",
        "destroyed": "(personal data destroyed)",
        "continued": "(see the annexed page)",
        "annexed": "Annexed page",
        "number": "Number",
        "version": "Policy version",
        "separator": ", ",
        "refused": "refused",
        "in_chain": "being signed",
        "routed": "routed",
        "granted": "approved",
        "fulfilled": "carried out",
        "expired": "term over",
        "withdrawn": "withdrawn",
        "handed": "signed for",
        "hold": "held as",
        "yes": "yes",
        "no": "no",
    },
    "zh-Hant": {
        "lang": "zh-Hant",
        "approved": "核章",
        "returned": "退回補正",
        "denied": "駁回",
        "for": "代",
        "withheld": "（對此閱覽者不顯示）",
        "destroyed": "（個人資料已銷毀）",
        "continued": "（詳附頁）",
        "annexed": "附頁",
        "number": "編號",
        "version": "規定版本",
        "separator": "、",
        "refused": "不予受理",
        "in_chain": "簽核中",
        "routed": "已移轉",
        "granted": "已核准",
        "fulfilled": "已辦畢",
        "expired": "期限屆滿",
        "withdrawn": "已撤回",
        "handed": "簽收",
        "hold": "影像保全",
        "yes": "是",
        "no": "否",
    },
}


def texts(language: str) -> Mapping[str, str]:
    """Return the words of a language; a language that nobody has written yet is served in English."""
    return TEXTS.get(language, TEXTS["en"])


def signed(act: str, language: str) -> str:
    """Return what the signature of a step is called."""
    return SIGNED.get(language, SIGNED["en"]).get(act, texts(language)["approved"])
