"""``camledger report``: the deletion and hold statistic, on screen, as JSON or as the printed page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli.client import REFUSED, Client, console
from services.cli.show import AsJson, AsPerson, answer, listed, pairs
from services.cli.typed import From, To

report_app = typer.Typer(help="Reports.", no_args_is_help=True)

COLUMNS = (
    "day",
    "camera",
    "recorded",
    "destroyed",
    "held",
    "protected",
    "past_maximum_protected",
    "overdue",
    "refused",
    "receipts_missing",
)


@report_app.callback()
def reports() -> None:
    """Keep ``statistic`` a verb of its own while it is the only report."""


@report_app.command()
def statistic(
    person: AsPerson = "auditor-fong",
    from_: From = None,
    to: To = None,
    policy: Annotated[str | None, typer.Option(help="Only footage under this policy.")] = None,
    zone: Annotated[str, typer.Option(help="Time zone that days are counted in.")] = "UTC",
    html: Annotated[Path | None, typer.Option(help="Write the page for printing into this file.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the page: en or zh-Hant.")] = "zh-Hant",
    as_json: AsJson = False,
) -> None:
    """Recorded, destroyed with receipt, held, overdue. Exit code 1 when a receipt is missing."""
    client = Client(person)
    asked = {"from": from_, "to": to, "policy": policy, "zone": zone}
    if html is not None:
        size = html.write_text(client.text("analytics", "/statistics.html", **asked, lang=lang), "utf-8")
        console.print(f"{html}: {size} characters")
        return
    found = client.get("analytics", "/statistics", **asked)
    if as_json:
        answer(found, as_json)
    else:
        console.print(listed([line | line["counts"] for line in found["lines"]], COLUMNS))
        console.print(pairs(found["total"]))
    if found["total"]["receipts_missing"]:
        raise typer.Exit(REFUSED)
