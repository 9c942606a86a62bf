"""A register as a spreadsheet opens it: UTF-8 with its mark, one line a row, and nothing that a cell would execute."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from services.analytics.registers.columns import Heading, Language
from services.analytics.registers.titles import titled
from services.kernel.policy import Pack

BYTE_ORDER_MARK = "\ufeff"  # Without it Excel reads UTF-8 as the system's own code page.
CHUNK_CHARACTERS = 32_768

# A cell that begins like this is a formula to a spreadsheet (OWASP, CSV injection); an apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def sheet(
    columns: Sequence[Heading],
    rows: AsyncIterable[Mapping[str, Any]],
    *,
    zone: tzinfo,
    language: Language,
    packs: Mapping[str, Pack],
) -> AsyncIterator[str]:
    """Yield the register as CSV text (RFC 4180), some kilobytes at a time; ``packs`` by reference title its rules."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(heading.text(language) for heading in columns)
    async for row in rows:
        writer.writerow(cell(titled(packs, row, heading.name, language), zone) for heading in columns)
        if buffer.tell() >= CHUNK_CHARACTERS:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(value: object, zone: tzinfo) -> str | int:
    """Return a value as it stands in a cell: times to the second in the agency's zone, lists joined (DAAN-11)."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return value
        case datetime():
            return value.astimezone(zone).isoformat(sep=" ", timespec="seconds")
        case list() | tuple():
            return inert("; ".join(map(str, value)))
        case _:
            return inert(str(value))


def inert(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
