"""What ``camledger hold`` says of a protection: the words of the status page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.access.status import words
from services.cli.cells import INSTANT, member
from services.cli.client import Json
from services.cli.terminal import Lang

HEADINGS: Final[Mapping[str, tuple[str, str]]] = {
    "hold_id": ("hold id", "保全編號"),
    "matter": ("matter", "案號"),
}
# What the API's members are called in Chinese; in English they are read as they are named.
MEMBERS: Final[Mapping[str, str]] = {
    "hold_id": "保全編號",
    "kind": "種類",
    "hold_kind": "保全類別",
    "state": "狀態",
    "securing": "保全處理中",
    "released": "已解除",
    "seq": "紀錄序號",
    "scopes": "範圍",
    "cameras": "攝影機",
    "area": "區域",
    "officer": "員警",
    "incident": "案件",
    "from": "起",
    "to": "迄",
    "matter": "案號",
    "authority": "命令機關及依據",
    "request_id": "申請編號",
    "placed_by": "辦理者",
    "placed_at": "辦理時間",
    "review_by": "複查日",
    "review_due": "逾期未複查",
    "release_proposed_by": "提議解除者",
    "protects_until": "保全至",
    "in_flight": "先前已放行之銷毀",
    "parked": "待二人處理之紀錄",
    "parked_id": "紀錄位置",
    "error": "無法讀取之原因",
    "batch_id": "批次編號",
    "lines": "各時段",
    "camera_id": "攝影機",
    "hour": "時段序號",
    "generation": "代次",
    "offsets_us": "時段內起點（微秒）",
    "secured": "已保全",
    "secured_segments": "已保全片段數",
    "segments": "片段數",
    "first_started_at": "首段起",
    "last_started_at": "末段起",
    "digest": "雜湊值",
    "destroying": "銷毀中",
    "gone": "已銷毀",
    "matches_nothing": "無現存影像符合",
    "effective_since": "生效時間",
    "answered_seq": "回覆之紀錄序號",
    "amended": "其後之更正",
    "newly_secured": "新增保全",
    "found_gone": "發現已銷毀",
    "fact": "所據事實",
    "at": "時間",
}
YES, NO = "是", "否"
LISTED: Final = ("hold_id", "kind", "matter", "state", "review", "until")
COLON: Final = (": ", "：")
NOTHING_BEFORE: Final = ("nothing goes before {date}", "{date} 前不得銷毀")


def row(hold: Mapping[str, Json], lang: Lang) -> dict[str, Json]:
    """Return a protection as a row of the list, under headings of the language."""
    told = {
        "hold_id": hold["hold_id"],
        "kind": words.kind(hold["kind"], lang),
        "matter": hold["matter"],
        "state": state(hold, lang),
        "review": words.review(hold, lang),
        "until": words.instant(hold["protects_until"], lang) or words.word("until_released", lang),
    }
    return {_heading(name, lang): told[name] for name in LISTED}


def whole(hold: Mapping[str, Json], lang: Lang) -> dict[str, Json]:
    """Return a protection with everything that the API tells of it, its state in words, its members in the language."""
    said = dict(hold) | {"kind": words.kind(hold["kind"], lang), "state": state(hold, lang)}
    if hold["protects_until"]:
        until = words.instant(hold["protects_until"], lang)
        said["state"] += f"{COLON[_number(lang)]}{NOTHING_BEFORE[_number(lang)].format(date=until)}"
    return said if lang is Lang.EN else _in_chinese(said)


def _in_chinese(members: Mapping[str, Json]) -> dict[str, Json]:
    return {MEMBERS.get(name, name): _said(name, value) for name, value in members.items()}


def _said(name: str, value: Json) -> Json:
    match value:
        case bool():
            return YES if value else NO
        case Mapping():
            return _in_chinese(value)
        case list():
            return [_said(name, each) for each in value]
        case str() if INSTANT.match(value):
            return words.instant(value, Lang.ZH_HANT)
        case str() if value:
            # Hashes are shortened by the name of their member, which is another one from here on.
            return member(name, value)
        case _:
            return value


def state(hold: Mapping[str, Json], lang: Lang) -> str:
    """Return the word of a protection's state: a released hold is released, however custody answered it before."""
    return words.state("released" if hold["released"] else hold["state"], lang)[1]


def _heading(name: str, lang: Lang) -> str:
    return HEADINGS[name][_number(lang)] if name in HEADINGS else words.word(name, lang)


def _number(lang: Lang) -> int:
    return list(Lang).index(lang)
