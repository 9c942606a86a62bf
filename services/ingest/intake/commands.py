"""The order to take a file in, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from services.kernel.batches import SegmentKey


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIn:
    """Take one file in for a camera. ``started_at`` is a person's word, ``attested`` the source's standing one."""

    path: Path
    camera_id: str
    source_id: str
    source_path: str = ""  # as the source names it, if the bytes lie elsewhere by now
    takeover_id: str = ""
    started_at: datetime | None = None
    shift: str = ""
    officer: str = ""
    attested: bool = False
    analytics: tuple[str, ...] = ()  # kinds of recognition whose results come with it, as the pack names them


class Came(StrEnum):
    """What became of a file."""

    RECORDED = "recorded"
    ALREADY_HAVE = "already_have"
    REFUSED = "refused"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to TakeIn. A refusal has its word, explanation and clause; it was recorded as an event."""

    came: Came
    key: SegmentKey | None = None
    sha256: str = ""
    size_bytes: int = 0
    refusal: str = ""
    explanation: str = ""
    clause: str = ""
    remedy: str = ""
    quarantined_at: str = ""
    treatment: str = ""
    message: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_pass(self) -> bool:
        """True when the same file may well be taken later: no room, no store, or nobody has bound the camera yet."""
        return self.came is Came.NO_ROOM or self.refusal in {"NoPolicyBinds", "StoreUnreachable", "TookTooLong"}
