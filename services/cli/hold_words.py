"""What ``camledger hold`` says of a protection: the words of the status page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.access.status import words
from services.cli.client import Json
from services.cli.terminal import Lang

HEADINGS: Final[Mapping[str, tuple[str, str]]] = {
    "hold_id": ("hold id", "保全編號"),
    "matter": ("matter", "案號"),
}
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
        "review": words.instant(hold["review_by"], lang),
        "until": words.instant(hold["protects_until"], lang) or words.word("until_released", lang),
    }
    return {_heading(name, lang): told[name] for name in LISTED}


def whole(hold: Mapping[str, Json], lang: Lang) -> dict[str, Json]:
    """Return a protection with everything the API tells of it, its state in words."""
    said = dict(hold) | {"kind": words.kind(hold["kind"], lang), "state": state(hold, lang)}
    if hold["protects_until"]:
        until = words.instant(hold["protects_until"], lang)
        said["state"] += f"{COLON[_number(lang)]}{NOTHING_BEFORE[_number(lang)].format(date=until)}"
    return said


def state(hold: Mapping[str, Json], lang: Lang) -> str:
    """Return the word of a protection's state: a released hold is released, however custody answered it before."""
    return words.state("released" if hold["released"] else hold["state"], lang)[1]


def _heading(name: str, lang: Lang) -> str:
    return HEADINGS[name][_number(lang)] if name in HEADINGS else words.word(name, lang)


def _number(lang: Lang) -> int:
    return list(Lang).index(lang)
