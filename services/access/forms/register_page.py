"""A register laid out on A4, across: the agency's columns, each cell whole, on every page who printed it and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.access.forms.register_columns import asked_columns, clauses_of, printed
from services.access.forms.register_words import Reader
from services.kernel.policy import Pack
from services.runtime import printing

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "catalog": "Catalog of recordings",
        "requests": "Register of requests",
        "access": "Register of views and copies",
        "policy": "Policy",
        "period": "Period",
        "whole": "all that is kept",
        "since": "from {start}",
        "until": "until {end}",
        "between": "{start} – {end}",
        "camera": "Camera",
        "request": "Request",
        "search": "Search",
        "rows": "Entries",
        "zone": "Times: {zone}",
        "by": "Printed by {name} ({person}), {at}",
        "page": "Page",
        "none": "No entries in this period.",
    },
    "zh-Hant": {
        "catalog": "目錄清冊",
        "requests": "申請紀錄清冊",
        "access": "調閱及複製紀錄清冊",
        "policy": "適用規定",
        "period": "期間",
        "whole": "現存全部",
        "since": "{start} 起",
        "until": "至 {end}",
        "between": "{start} 至 {end}",
        "camera": "攝影機",
        "request": "申請編號",
        "search": "搜尋",
        "rows": "筆數",
        "zone": "時間：{zone}",
        "by": "列印人：{name}（{person}），{at}",
        "page": "頁次",
        "none": "本期間無紀錄。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of which register is printed, by whom and when; ``pack`` gives agency and clauses."""

    register: str
    pack: Pack | None
    person_id: str
    name: str
    at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    camera: str = ""
    request: str = ""
    search: str = ""


def pdf(asked: Asked, columns: Sequence[Mapping[str, str]], rows: Sequence[Mapping[str, Any]], reader: Reader) -> bytes:
    """Return the register as PDF. ``columns`` and ``rows`` are as analytics tells them. Raises as printing does."""
    return printing.pdf(html(asked, columns, rows, reader))


def html(asked: Asked, columns: Sequence[Mapping[str, str]], rows: Sequence[Mapping[str, Any]], reader: Reader) -> str:
    """Return the page that is printed."""
    by_clause = asked_columns(asked.register, asked.pack)
    headings = {each["name"]: each["zh" if reader.language == "zh-Hant" else "en"] for each in columns}
    wanted = ([name for name in cell if name in headings] for cell in printed(asked.register, by_clause))
    cells = [cell for cell in wanted if cell]
    heads = [{"names": [headings[name] for name in cell], "clauses": clauses_of(cell, by_clause)} for cell in cells]
    lines = [[[reader.cell(row, name) for name in cell] for cell in cells] for row in rows]
    t = TEXTS[reader.language]
    at = reader.dates.instant(asked.at, seconds=True)
    return _template().render(
        t=t,
        language=reader.language,
        title=t[asked.register],
        agency=_agency(asked.pack, reader.language),
        facts=_facts(asked, reader, len(rows)),
        heads=heads,
        rows=lines,
        by=t["by"].format(name=asked.name, person=asked.person_id, at=at),
    )


def _agency(pack: Pack | None, language: str) -> str:
    if pack is None:
        return ""
    return pack.agency_name.get(language) or pack.agency_name.get(pack.language) or pack.agency


def _facts(asked: Asked, reader: Reader, rows: int) -> list[tuple[str, str]]:
    t = TEXTS[reader.language]
    told = [
        (t["period"], _period(asked, reader)),
        (t["policy"], asked.pack.reference if asked.pack is not None else ""),
        (t["camera"], asked.camera),
        (t["request"], asked.request),
        (t["search"], asked.search),
        (t["rows"], str(rows)),
    ]
    return [*((label, said) for label, said in told if said), ("", t["zone"].format(zone=reader.dates.zone.key))]


def _period(asked: Asked, reader: Reader) -> str:
    which = {(False, False): "whole", (True, False): "since", (False, True): "until", (True, True): "between"}
    said = TEXTS[reader.language][which[asked.starts_at is not None, asked.ends_at is not None]]
    return said.format(start=reader.dates.instant(asked.starts_at), end=reader.dates.instant(asked.ends_at))


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "register.html"
    )
