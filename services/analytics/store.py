"""Rows into tables, inside the worker's transaction. Each statement may run twice and leaves the same row."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import groupby

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.rows import Row
from services.analytics.tables import METADATA

_Statement = tuple[str, tuple[str, ...], str]


async def write(tx: AsyncConnection, rows: Iterable[Row]) -> None:
    """Insert or complete the rows. Raises KeyError for a table that analytics doesn't own: our bug."""
    # One order of keys for everybody: two workers that touch the same request wait for each other, never in a circle.
    ordered = sorted(rows, key=lambda row: (row.table, _key(row)))
    for (table, columns, newest), run in groupby(ordered, key=_statement):
        await tx.execute(_upsert(table, columns, newest), [dict(row.values) for row in run])


def _statement(row: Row) -> _Statement:
    return row.table, tuple(sorted(row.values)), row.newest


def _key(row: Row) -> tuple[str, ...]:
    return tuple(str(row.values[column.name]) for column in METADATA.tables[row.table].primary_key)


@cache
def _upsert(name: str, columns: tuple[str, ...], newest: str) -> Insert:
    table: Table = METADATA.tables[name]
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    others = {column: statement.excluded[column] for column in columns if column not in keys}
    if not others:
        return statement.on_conflict_do_nothing(index_elements=keys)
    guard = table.c[newest].is_(None) | (statement.excluded[newest] >= table.c[newest]) if newest else None
    return statement.on_conflict_do_update(index_elements=keys, set_=others, where=guard)
