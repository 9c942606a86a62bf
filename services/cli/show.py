"""Answers on the terminal: a table for people, the untouched JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from services.cli.cells import DATED, KEYS, heading, member, stated, text
from services.cli.client import Json, console

AsPerson = Annotated[str, typer.Option("--as", envvar="CAMLEDGER_AS", help="Account that acts (see client.json).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]

CELL_CHARACTERS_MAX = 60
MEMBERS_ON_A_LINE_MAX = 8
GAP = 2  # columns between two of a table


def answer(value: Json, as_json: bool, columns: Sequence[str] = (), rows: str = "") -> None:
    """Print an answer: JSON untouched, a list of objects as a table of ``columns``, one object as name and value.

    ``rows`` names the member that holds the list, where the answer wraps it.
    """
    if rows:
        value = value[rows]
    if as_json:
        console.print_json(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, list):
        console.print(listed(value, columns))
    elif isinstance(value, Mapping):
        console.print(pairs(value))
    elif value is not None:
        console.print(value)


def listed(rows: Sequence[Mapping[str, Json]], columns: Sequence[str] = ()) -> RenderableType:
    """Return rows as a table or, where a terminal is too narrow for one without broken words, one below the other."""
    if not rows:
        return "none"
    wanted = tuple(columns) or tuple(rows[0])
    columns_of_cells = [[_short(member(name, row.get(name))) for row in rows] for name in wanted]
    widths = _widths(wanted, columns_of_cells, console.width)
    if widths is None:
        return Group(*(_block({name: row.get(name) for name in wanted}) for row in rows))
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for name, width in zip(wanted, widths, strict=True):
        drawn.add_column(heading(name), width=width, overflow="fold")
    for row in zip(*columns_of_cells, strict=True):
        drawn.add_row(*map(escape, row))
    return drawn


def _widths(wanted: Sequence[str], columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the columns' widths, none narrower than its longest key, date or word; None if there is no room."""
    headings = [heading(name) for name in wanted]
    least = [_least(*each) for each in zip(wanted, headings, columns, strict=True)]
    spare = room - sum(least) - GAP * (len(least) - 1)
    if spare < 0:
        return None
    for number, column in enumerate(columns):
        more = min(spare, max(map(cell_len, [headings[number], *column])) - least[number])
        least[number] += more
        spare -= more
    return least


def _least(name: str, title: str, column: Sequence[str]) -> int:
    whole = [cell for cell in column if name in KEYS or DATED.search(cell)]
    words = [word for cell in (title, *column) for word in cell.split()]
    return max(map(cell_len, [*whole, *words]))


def pairs(value: Mapping[str, Json]) -> Table:
    """Return one object as a table of names and values; a list of objects has a line for each."""
    # One space between: a hash of 64 characters finds room on a terminal of 80.
    drawn = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    drawn.add_column(no_wrap=True, style="bold")
    drawn.add_column(overflow="fold")
    for name, one in value.items():
        drawn.add_row(escape(heading(name)), _value(name, one))
    return drawn


def _value(name: str, value: Json) -> RenderableType:
    if isinstance(value, Mapping) and value:
        return pairs({each: one for each, one in value.items() if stated(one)})
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        return Group(*(_entry(one) for one in value))
    # Alone on its line a hash is shown whole: somebody may compare it.
    return escape(member(name, value) if name in KEYS else text(value))


def _entry(value: Json) -> RenderableType:
    if isinstance(value, Mapping) and len([one for one in value.values() if stated(one)]) > MEMBERS_ON_A_LINE_MAX:
        return pairs({each: one for each, one in value.items() if stated(one)})
    return escape(text(value))


def _block(row: Mapping[str, Json]) -> RenderableType:
    """One row of a list that is too wide: its first value on top, what else it says below."""
    name, first = next(iter(row.items()))
    said = {heading(each): member(each, one) for each, one in row.items() if each != name and stated(one)}
    drawn = Table(box=None, show_header=False, pad_edge=False)
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for each, one in said.items():
        drawn.add_row(f"  {escape(each)}", escape(one))
    return Group(f"[bold]{escape(member(name, first))}[/bold]", drawn)


def _short(cell: str) -> str:
    return cell if len(cell) <= CELL_CHARACTERS_MAX else cell[: CELL_CHARACTERS_MAX - 1] + "…"
