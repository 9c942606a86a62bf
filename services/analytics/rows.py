"""One fact as it lands in one table. Facts commute: in whatever order topics are read, the tables end equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Columns that one event states about one row; other events of the same row state other columns.

    ``newest`` names a column that only grows: the row is left alone when the table already has a later one.
    """

    table: str
    values: Mapping[str, object]
    newest: str = ""


Rows = tuple[Row, ...]
