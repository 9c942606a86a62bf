"""A source of footage: one camera's recorder, the folder that it writes to, its clock, and who deletes its files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from services.ingest.media.names import NamePattern


class Afterwards(StrEnum):
    """What becomes of a source's file once its footage is stored. Every source states it."""

    LEAVE = "leave"  # the source deletes by a rule of its own
    MOVE = "move"  # into ``taken/``, for somebody to delete
    REMOVE = "remove"  # camledger removes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder that one camera's recorder writes to, with its clock's zone and who deletes.

    One that isn't ``watched`` has no folder: its files are handed over, and named by the same clock.
    """

    source_id: str
    camera_id: str
    folder: Path
    zone: ZoneInfo
    name_pattern: str = ""
    afterwards: Afterwards = Afterwards.LEAVE
    attested: bool = False
    watched: bool = True

    @property
    def pattern(self) -> NamePattern | None:
        """How its names tell the start. Raises BadPattern."""
        return NamePattern(text=self.name_pattern, zone=self.zone) if self.name_pattern else None
