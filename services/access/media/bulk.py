"""Watches how much one person opens. Past what the settings name it is told, once a window; the viewing goes on.

A grant may be right and its use still worth a look: an alarm is for people, a refusal would be for a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import select

from services.access.ledger import Ledger, access_stream
from services.access.media.settings import MediaSettings, limits
from services.access.tables import fact
from services.kernel.events import BulkViewingFound, FootageViewed

LOOKED_AT_MAX: Final = 5_000
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What one person opened in a window."""

    viewings: int
    clips: int
    footage: timedelta

    def passes(self, settings: MediaSettings) -> bool:
        return self.clips > settings.bulk_clips or self.footage > timedelta(hours=settings.bulk_hours)


async def watch(ledger: Ledger, event: FootageViewed) -> None:
    """Tell if this viewing, in the transaction that opens it, is the one that passes a limit."""
    settings = limits()
    since = ledger.now - timedelta(hours=settings.bulk_window_hours)
    opened = added_up(event.person, await _events(ledger, FootageViewed, since))
    if not opened.passes(settings):
        return
    told = await _events(ledger, BulkViewingFound, since)
    if any(each.person == event.person for each in told):
        return
    await ledger.append(access_stream(event.request_id), _found(event, since, opened, settings), str(event.request_id))


def added_up(person: str, events: Iterable[FootageViewed]) -> Opened:
    """Add up a person's viewings: clips, and the interval of each for every camera that it shows."""
    own = [each for each in events if each.person == person]
    return Opened(
        viewings=len(own),
        clips=sum(len(line.offsets_us) for each in own for line in each.footage),
        footage=sum((_footage(each) for each in own), timedelta()),
    )


def _footage(event: FootageViewed) -> timedelta:
    return (event.footage_to - event.footage_from) * len({line.camera_id for line in event.footage})


async def _events(ledger: Ledger, kind: type[E], since: datetime) -> Sequence[E]:
    wanted = select(fact.c.value).where(fact.c.event_type == kind.__name__, fact.c.recorded_at >= since)
    rows = await ledger.tx.scalars(wanted.order_by(fact.c.recorded_at.desc()).limit(LOOKED_AT_MAX))
    found = [ledger.codec.decode(value).event for value in rows]
    return [event for event in found if isinstance(event, kind)]


def _found(event: FootageViewed, since: datetime, opened: Opened, settings: MediaSettings) -> BulkViewingFound:
    return BulkViewingFound(
        request_id=event.request_id,
        viewing_id=event.viewing_id,
        person=event.person,
        window_from=since,
        viewings=opened.viewings,
        clips=opened.clips,
        footage_s=round(opened.footage.total_seconds()),
        clips_max=settings.bulk_clips,
        footage_s_max=settings.bulk_hours * 3600,
    )
