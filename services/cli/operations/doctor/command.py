"""``camledger doctor``: what is unsafe here, by name, with its remedy. Only looks."""

from __future__ import annotations

import asyncio
from logging import NullHandler
from typing import Annotated, Literal

import typer

from services.cli.client import DONE, REFUSED, console
from services.cli.operations.doctor.finding import CHINESE, DANGER, Finding
from services.cli.operations.installed import AtData, installed
from services.cli.show import AsJson
from services.runtime.consumer import LIBRARY
from services.runtime.settings import Settings

LEVELS = {"en": {"danger": "danger", "warning": "warning"}, CHINESE: {"danger": "危險", "warning": "注意"}}
NOTHING = {"en": "nothing unsafe was found", CHINESE: "沒有發現不安全的設定"}
Language = Annotated[Literal["en", "zh-Hant"], typer.Option("--lang", help="Language of the findings.")]


def doctor(lang: Language = "en", data: AtData = None, as_json: AsJson = False) -> None:
    """Look for unsafe settings of broker, database, clocks, storage and people, and for parts that stand still.

    Exit code 1 if there are any.
    """
    # The library tells on stderr, in its own form, what the findings say in ours.
    LIBRARY.addHandler(NullHandler())
    with installed(data) as settings:
        found = sorted(asyncio.run(findings(settings)), key=lambda one: (one.level != DANGER, one.name, one.where))
    if as_json:
        console.print_json(data={"findings": [_told(one, lang) for one in found]})
    else:
        for one in found:
            console.print(_lines(one, lang), highlight=False)
        if not found:
            console.print(NOTHING[lang])
    raise typer.Exit(REFUSED if found else DONE)


async def findings(settings: Settings) -> list[Finding]:
    """Return everything that is unsafe."""
    from services.cli.operations.doctor.broker import broker_findings
    from services.cli.operations.doctor.clock import clock_findings
    from services.cli.operations.doctor.database import database_findings
    from services.cli.operations.doctor.parts import parts_findings
    from services.cli.operations.doctor.people import people_findings
    from services.cli.operations.doctor.storage import storage_findings
    from services.ingest.settings import IngestSettings

    # The embedded broker listens on this machine alone, and is one node on purpose.
    embedded = (settings.home / "stack").exists()
    return [
        *broker_findings(settings, embedded=embedded),
        *await database_findings(settings),
        *await clock_findings(settings),
        *storage_findings(settings, IngestSettings()),
        *people_findings(settings.people),
        *parts_findings(settings),
    ]


def _told(one: Finding, lang: str) -> dict[str, str]:
    head = {"name": one.name, "level": one.level, "where": one.where, "found": one.found}
    return head | {"why": one.why(lang), "remedy": one.remedy(lang)}


def _lines(one: Finding, lang: str) -> str:
    colour = "red" if one.level == DANGER else "yellow"
    seen = "  ".join(part for part in (one.where, one.found) if part)
    head = f"[bold {colour}]{LEVELS[lang][one.level]}[/bold {colour}]  [bold]{one.name}[/bold]  {seen}"
    return f"{head}\n  {one.why(lang)}\n  {one.remedy(lang)}"
