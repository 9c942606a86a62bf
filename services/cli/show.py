"""Answers on the terminal: a table for people, the untouched JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from services.cli.client import Json, console

AsPerson = Annotated[str, typer.Option("--as", envvar="CAMLEDGER_AS", help="Account that acts (see client.json).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]

CELL_CHARACTERS_MAX = 60
HASH_CHARACTERS_SHOWN = 9
INSTANT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)$")
KEYS = {"camera_id", "source_id", "started_at", "hold_id", "request_id", "kind", "action", "state"}
"""Columns that the next command is asked with, and words: never cut or broken, the others give way."""


def answer(value: Json, as_json: bool, columns: Sequence[str] = (), rows: str = "") -> None:
    """Print an answer: JSON untouched, a list of objects as a table of ``columns``, one object as name and value.

    ``rows`` names the member that holds the list, where the answer wraps it.
    """
    if rows:
        value = value[rows]
    if as_json:
        console.print_json(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, list):
        console.print(table(value, columns) if value or columns else "none")
    elif isinstance(value, Mapping):
        console.print(pairs(value))
    elif value is not None:
        console.print(value)


def table(rows: Sequence[Mapping[str, Json]], columns: Sequence[str]) -> Table:
    """Return rows as a table; without ``columns`` those of the first row."""
    wanted = tuple(columns) or tuple(rows[0]) if rows else tuple(columns)
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for name in wanted:
        drawn.add_column(name.replace("_", " "), no_wrap=name in KEYS, overflow="fold")
    for row in rows:
        drawn.add_row(*(escape(_cell(name, row.get(name))) for name in wanted))
    drawn.caption = None if rows else "none"
    return drawn


def pairs(value: Mapping[str, Json]) -> Table:
    """Return one object as a table of names and values."""
    drawn = Table(box=None, show_header=False, pad_edge=False)
    for name, one in value.items():
        drawn.add_row(f"[bold]{name.replace('_', ' ')}[/bold]", escape(_long(one)))
    return drawn


def _cell(name: str, value: Json) -> str:
    text = _long(value)
    if name not in KEYS:
        # To the second and with a space: a narrow column breaks it into day and time and cuts nothing.
        text = INSTANT.sub(r"\1 \2Z", text)
    most = HASH_CHARACTERS_SHOWN if name == "sha256" else CELL_CHARACTERS_MAX
    return text if len(text) <= most else text[: most - 1] + "…"


def _long(value: Json) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
