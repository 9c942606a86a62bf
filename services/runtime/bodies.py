"""What a request may bring: a field that nobody knows is an error, text has an end, an instant names its offset."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.kernel.ids import EARLIEST, LATEST, is_in_time

LINE_CHARS_MAX, TEXT_CHARS_MAX, ITEMS_MAX = 200, 2_000, 100

Line = Annotated[str, Field(max_length=LINE_CHARS_MAX)]
"""An id, a name, a number of a permit."""
Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX)]
"""Words of a person."""
Lines = Annotated[tuple[Line, ...], Field(max_length=ITEMS_MAX)]


def _zoned(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("without an offset it may mean two instants: write it as 2026-11-22T00:00:00Z")
    if not is_in_time(instant):
        raise ValueError(f"an instant lies between {EARLIEST:%Y} and {LATEST:%Y}")
    return instant


Instant = Annotated[datetime, AfterValidator(_zoned)]
"""ISO 8601 with an offset: without one it would be read by the clock of whoever reads it."""


class Body(BaseModel):
    """A command as JSON; an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)
