"""What protects one segment, and what ever did: the holds, requests and rescues that cover it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel.events import ProtectionKind
from services.kernel.mark import CLOCK_MARGIN
from services.kernel.protection import Protection, is_active, protected_until
from services.kernel.scope import Covers, FootageFacts, covers
from services.retention.bucket import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """Protections that cover one segment: those that stand, and the end that counts once all are released."""

    standing: tuple[Protection, ...] = ()
    past: tuple[Protection, ...] = ()  # every one that ever covered it: the maximum moves by them (decision 8)

    @property
    def until(self) -> datetime | None:
        """The end of the last standing protection; None while one has no end."""
        return protected_until(self.standing)

    @property
    def released(self) -> bool:
        """Only released holds stand: what is left of them is a recovery window."""
        return bool(self.standing) and all(
            p.kind == ProtectionKind.HOLD and p.protects_until is not None for p in self.standing
        )


def shield(facts: FootageFacts, protections: Iterable[Protection], now: datetime) -> Shield:
    """Return what protects one segment; judged at the earlier end of the clock margin, as custody does."""
    past = tuple(p for p in protections if any(covers(scope, facts) is not Covers.NO for scope in p.scopes))
    return Shield(past=past, standing=tuple(p for p in past if is_active(p, now - CLOCK_MARGIN)))


def may_cover(bucket: Bucket, protections: Sequence[Protection]) -> list[Protection]:
    """Return what may cover something here, by camera and time alone: the cheap half of the predicate."""
    whole = FootageFacts(camera_id=bucket.key.camera_id, started_at=bucket.started_at(0), ended_at=bucket.last_end)
    return [p for p in protections if any(covers(scope, whole) is not Covers.NO for scope in p.scopes)]
